"""Tests of the suite itself: its oracles, its boundary, its verdicts on known mistakes."""
