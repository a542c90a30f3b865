# Two commands for a fresh machine with Python 3.11, g++, make and perl: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
USABLE := $(VENV)/.usable
READY := $(VENV)/.ready
JOBS ?= $(shell nproc)

.PHONY: install demo test lint docs verify coverage bench bench-quick clean

# What a benchmark reads: the data sets' folder, and the one of what others published.
INPUTS := $(if $(DATA),--data-dir $(DATA)) $(if $(REFERENCES),--references $(REFERENCES))

install: $(USABLE)  ## What commands need, in .venv.

demo: $(USABLE)  ## The shipped network becomes a verified ULX3S bitstream.
	$(BIN)/python -m hw.build --checkpoint examples/mnist/net.pt --board ulx3s

# Tools that are WebAssembly compile themselves when they are first used; two at once may collide.
TOOLS := yosys nextpnr-ecp5 nextpnr-ice40 nextpnr-himbaechel-gowin nextpnr-himbaechel-gatemate gmpack

test: $(READY)  ## Every quick test, co-simulations included.
	@for tool in $(TOOLS); do $(BIN)/yowasp-$$tool --version > /dev/null 2>&1 || true; done
	$(BIN)/python -m pytest sim tests -n $(JOBS) --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## Style and types, as CI asks for them.
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(READY)  ## These pages as a site in build/site; a broken link, or a page in no list, ends it.
	$(BIN)/sphinx-build -q -W --keep-going -c docs . build/site

verify: $(READY)  ## The long checks, some hours: make verify DATA=folder REFERENCES=folder
	$(BIN)/python -m pytest tests sim -m long -n $(JOBS) --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m benchmarks.proofs $(INPUTS)
	$(BIN)/python -m benchmarks.reproducible
	$(BIN)/python -m benchmarks.link
	$(BIN)/python -m benchmarks.hostile
	$(BIN)/python -m benchmarks.fuzz --seconds 60
	$(BIN)/python -m benchmarks.random_networks --count 500 --netlists 20
	$(BIN)/python -m benchmarks.mutants

coverage: $(READY)  ## Branches that the tests take, by room, written to docs/verification.md
	$(BIN)/python -m benchmarks.coverage

bench: $(READY)  ## Every table, in a day: make bench DATA=folder REFERENCES=folder DA4ML=python
	$(BIN)/python -m benchmarks.energy
	$(BIN)/python -m benchmarks.lanes
	$(BIN)/python -m benchmarks.constants $(if $(DA4ML),--da4ml $(DA4ML))
	$(BIN)/python -m benchmarks.steps
	$(BIN)/python -m benchmarks.stages
	$(BIN)/python -m benchmarks.cells
	$(BIN)/python -m benchmarks.fit
	$(BIN)/python -m benchmarks.boards
	$(if $(DATA),$(BIN)/python -m benchmarks.mnist --data-dir $(DATA))
	$(if $(and $(DATA),$(REFERENCES)),$(BIN)/python -m benchmarks.simulator $(INPUTS))
	$(BIN)/python -m benchmarks.results $(INPUTS)
	$(if $(DATA),$(BIN)/python -m benchmarks.accuracy --data-dir $(DATA))

bench-quick: $(READY)  ## Ten minutes on four cores: small networks and units, nothing kept
	$(BIN)/python -m benchmarks.lanes --quick
	$(BIN)/python -m benchmarks.results --quick $(INPUTS)

$(USABLE): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e .
	touch $@

# What tests, checks of style and pages need beside it.
$(READY): $(USABLE)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:  ## Everything that can be made again, except the virtual environment.
	rm -rf build .pytest_cache .mypy_cache .ruff_cache *.egg-info
