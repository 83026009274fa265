# Two commands do all the set-up: `make try` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One worker more than there are cores: many tests wait for a server or a clock.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: try test lint types wheel bench check clean

try: $(VENV)/.try  ## the guided set-up, in a simulated account
	@$(BIN)/geos-setup --sandbox

test: $(VENV)/.test  ## every test
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

lint: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.test .typing
	@MYPYPATH=.typing $(BIN)/mypy -p geos.wizard -p geos.builder -p geos.benchmarks

wheel: $(VENV)/.test  ## a wheel from the sdist, installed elsewhere and started
	@$(BIN)/python tests/wheel.py

bench: $(VENV)/.test  ## the figures, side by side with the peers where one is named
	@$(BIN)/python -m tests.bench

check: test lint types wheel  ## what CI runs

# Type checkers cannot follow an editable install of mapped folders; four links can be followed.
.typing:
	@mkdir -p .typing/geos
	@for name in wizard builder benchmarks templates; do ln -sfn ../../$$name .typing/geos/$$name; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "geos needs Python 3.11 or newer; see the first line under Start in README.md"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Python's venv is missing; see the first line under Start in README.md"; exit 1; }

$(VENV)/.try: pyproject.toml | $(VENV)/bin/python
	@echo "Installing geos into $(VENV) (once, about a minute) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[sandbox]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	@echo "Installing geos and its test tools into $(VENV) (once, about a minute) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.try

clean:
	rm -rf $(VENV) .typing build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
