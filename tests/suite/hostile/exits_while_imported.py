"""Ends the process while it is imported."""

import os

EXPECTED = "died"

os._exit(0)
