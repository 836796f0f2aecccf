# make grade   set up .venv and grade the bundled examples
# make test    set up .venv and run every test
# make help    the rest

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OUT    ?= out
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help grade test lint checks suite bench calibrate docs pictures mutants seeds clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/ready: constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Evidence needs Python 3.11 or newer; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch==2.13.0
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[develop]'
	touch $@

grade: $(VENV)/ready  ## grade the bundled examples; ends with the path of the report
	$(BIN)/evidence grade grading/examples --out $(OUT)

test: lint suite  ## lint, types, all checks on the reference, and the tests of the suite itself

lint: $(VENV)/ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

checks: $(VENV)/ready  ## the checks on the reference submission, as a student runs them
	$(BIN)/pytest

suite: $(VENV)/ready
	$(BIN)/pytest -q -n 2 --dist loadscope tests

bench: $(VENV)/ready  ## timings, side by side with the textbook versions
	$(BIN)/python -m bench

calibrate: $(VENV)/ready  ## measured error rates of the random checks; resumable
	$(BIN)/python -m grading.montecarlo.calibrate --out $(OUT)/calibration
	$(BIN)/python -m grading.montecarlo.calibrate --out $(OUT)/calibration --write docs

seeds: $(VENV)/ready  ## the checks on the reference under many seeds; none may fail
	$(BIN)/python -m tests.seeds --seeds 300

mutants: $(VENV)/ready  ## kill table, and generated mutants of the reference; resumable
	$(BIN)/python -m tests.suite.kill_table
	$(BIN)/python -m tests.suite.generated_mutants --out $(OUT)/mutants.csv

docs: $(VENV)/ready  ## the pages in docs/_build/html, generated parts included
	$(BIN)/python docs/generate.py
	$(BIN)/python -m sphinx -q -W -b doctest docs docs/_build/doctest
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html
	@echo docs/_build/html/index.html

pictures: $(VENV)/ready  ## the screenshots in docs/pictures (needs Chromium)
	$(BIN)/python docs/pictures.py

clean:  ## remove the environment and what was made
	rm -rf $(VENV) $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
