"""Asks for its whole module to be skipped."""

import pytest

EXPECTED = "missing"

pytest.skip("not today", allow_module_level=True)
