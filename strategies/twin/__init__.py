"""The array twin: many portfolios carried through one pass of the bars, by the planner and rules of ``TopK``."""
