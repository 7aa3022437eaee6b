"""Sources that are files: tables, databases, qlib's folder and Backtrader's own CSV formats."""
