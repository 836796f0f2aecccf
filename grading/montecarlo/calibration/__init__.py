"""Measured error rates of the Monte Carlo tests; `python -m grading.montecarlo.calibrate` runs it all."""
