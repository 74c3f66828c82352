"""Points learnt from what became of the leads: docs/calibration.md.

`records` says what goes in and what comes out, without numpy, so that a page can show a calibration. `calibrate` does
the work and brings numpy along (70 MB, a tenth of a second): import it where leads are calibrated and nowhere else.
"""
