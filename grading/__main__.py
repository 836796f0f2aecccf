"""`python -m grading` is the program `evidence`."""

from grading.cli import main

main()
