"""Texts by which the content checks were tuned: one half is tuned on, the other is only reported on."""
