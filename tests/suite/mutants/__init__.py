"""The corpus of known mistakes, one page a module of the contract. Importing this package fills `corpus.MUTANTS`."""

from importlib import import_module
from pathlib import Path

from tests.suite.corpus import MUTANTS as MUTANTS

for page in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"{__name__}.{page.stem}")
