"""Ends the process that imports it."""

raise SystemExit("示例：退出")
