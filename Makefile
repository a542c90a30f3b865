# Two commands for a fresh machine with Python 3.11, g++, make and perl: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= $(shell nproc)

.PHONY: demo test lint bench clean

demo: $(READY)  ## The shipped network becomes a verified ULX3S bitstream.
	$(BIN)/python -m hw.build --checkpoint examples/mnist/net.pt --board ulx3s

test: $(READY)  ## Every quick test and every co-simulation.
	$(BIN)/python -m pytest tests sim -n $(JOBS) --dist worksteal

lint: $(READY)  ## Style and types, as CI asks for them.
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)  ## The long measurements; needs the data sets: make bench DATA=folder
	$(BIN)/python -m benchmarks.mnist --data-dir $(DATA)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:  ## Everything that can be made again, except the virtual environment.
	rm -rf build .pytest_cache .mypy_cache .ruff_cache *.egg-info
