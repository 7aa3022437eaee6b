"""The array twin: many portfolios in one pass of the bars, by the planner and the rules of ``TopK``."""
