"""The program as a child that hears Ctrl-C: what runs in a shell's background ignores it, and so would its children."""

HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
PROGRAM = f"{HEARD}; from grading.cli import main; main()"
"""To be run with `python -c`."""
