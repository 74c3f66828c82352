"""Which made-up people are for tuning and which for reporting. Whoever works on a matcher runs the first alone."""

TUNING_SEED = 20_261
REPORT_SEEDS = (31, 47, 83)
