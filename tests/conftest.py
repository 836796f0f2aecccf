"""Checks run under the plugin `grading.pytest_plugin`, which brings the `submission` fixture."""
