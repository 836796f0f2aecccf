"""Correct work that looks different, one page a topic. Importing this package fills `corpus.VARIANTS`."""

from importlib import import_module
from pathlib import Path

for page in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    import_module(f"{__name__}.{page.stem}")
