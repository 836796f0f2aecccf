"""Never finishes being imported."""

import time

EXPECTED = "timeout"

time.sleep(3600)
