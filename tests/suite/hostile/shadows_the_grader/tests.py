import pathlib

pathlib.Path("/tmp/evidence-was-here").touch()
