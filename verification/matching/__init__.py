"""Are two records one person? Fellegi and Sunter's weights in log2 odds, with a reason for each.

`records` folds a record, `blocking` says under which keys it is found, `judge` weighs two of them, `bulk` does a whole
file. Pure: rows in, numbers and reasons out. docs/identity-matching.md explains it with an example.
"""
