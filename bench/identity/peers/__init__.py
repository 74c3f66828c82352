"""Whom ours is measured beside: a file each, with `solve(rows)`. They run in an environment of their own."""
