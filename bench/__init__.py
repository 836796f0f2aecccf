"""Timings of the reference, side by side with textbook versions of the same thing: `python -m bench`."""
