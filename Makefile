# `make report` and `make test` need python3 (3.11 or later, with venv), make and git; everything else they set up themselves.

PYTHON3 ?= python3
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/ready
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: report word test kernels bounds extras lint docs notebooks notebooks-check noninterference item-verdicts two-level browser engines fuzz synthetic population bench lock clean

report: $(READY) | build
	$(VENV)/bin/omstilling report data/synthetic/answers.csv --output build/report.html --results build/results.json

# The report as Word document, and what LibreOffice makes of it, to be looked at.
word: $(READY) | build
	@command -v soffice >/dev/null || { echo "make word: soffice is missing. On Debian and Ubuntu: apt-get install libreoffice-writer"; exit 1; }
	$(VENV)/bin/omstilling report data/synthetic/answers.csv --output build/report.docx
	soffice --headless --convert-to pdf --outdir build build/report.docx

test: $(READY)
	$(ONE_THREAD) $(PYTHON) -m pytest -n 2 -m "not browser and not engines"

# The last bits of a sum depend on the processor; no result may. The first other kernel that this one can run, if it has one.
kernels: $(READY)
	@kernel=$$($(PYTHON) tests/kernels.py | sed -n 1p); \
	if [ -z "$$kernel" ]; then echo "make kernels: this processor runs no other kernel of OpenBLAS"; exit 0; fi; \
	echo "make kernels: $$kernel"; \
	OPENBLAS_CORETYPE=$$kernel $(ONE_THREAD) $(PYTHON) -m pytest -n 2 tests/core tests/analysis tests/topics

# The built wheel with every direct dependency at its lower bound, and with each extra alone; uv is got for it.
bounds extras: $(READY) | build
	$(ONE_THREAD) .ci/environments $(if $(filter bounds,$@),lowest,notebooks spark dask)

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON3) >/dev/null || { echo "make: $(PYTHON3) is missing. On Debian and Ubuntu: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or later is needed, $$($(PYTHON3) --version) was found. Name another one: make PYTHON3=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON3) -c 'import venv, ensurepip' 2>/dev/null || { echo "make: $(PYTHON3) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(PYTHON3) -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements.lock
	$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $(READY)

build:
	mkdir -p build

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

docs: $(READY)
	$(VENV)/bin/sphinx-build -q -W -b html docs docs/_build

# The committed notebooks, executed anew.
notebooks: $(READY)
	$(PYTHON) tests/notebooks/committed.py write

# Do they still say what an execution says, and do they run on the other kinds of file that people have?
notebooks-check: $(READY)
	$(PYTHON) tests/notebooks/committed.py check
	$(PYTHON) tests/notebooks/committed.py kinds

browser: $(READY)
	$(ONE_THREAD) $(PYTHON) -m pytest -m browser tests/browser

# Damaged files of every format, and surveys of every shape; about half an hour of one core.
fuzz: $(READY)
	$(ONE_THREAD) $(PYTHON) tests/fuzzing.py files 1000 sav zsav dta
	$(ONE_THREAD) $(PYTHON) tests/fuzzing.py files 300 xlsx parquet csv toml
	$(ONE_THREAD) $(PYTHON) tests/fuzzing.py surveys 500

synthetic: $(READY)
	$(VENV)/bin/omstilling simulate --output data/synthetic

engines: $(READY)
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements-engines.lock
	$(ONE_THREAD) $(PYTHON) -m pytest -m engines tests/survey/test_frames.py

lock:
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --quiet \
	  --extra notebooks --extra dev pyproject.toml --output-file requirements.lock
	uv pip compile --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --quiet \
	  --extra spark --extra dask --constraints requirements.lock pyproject.toml --output-file requirements-engines.lock

clean:
	rm -rf build $(VENV) docs/_build

bench: $(READY)
	for one in battery classical irt factor_analysis omega reading two_level; do $(ONE_THREAD) $(PYTHON) benchmarks/$$one.py > docs/benchmarks/$$one.md; done

population: $(READY)
	$(PYTHON) -m omstilling_psychometrics.simulation.population

# Random surveys in which withheld people change: does anything that is written? About forty minutes of one core; it may be stopped,
# and goes on from there.
noninterference: $(READY) | build
	$(ONE_THREAD) $(PYTHON) -W ignore tests/noninterference.py > build/noninterference.md
	mv build/noninterference.md docs/studies/noninterference.md

# Is an item that is worse in a new form told apart from one that is only shifted? Some ten minutes of one core; it may be stopped, and
# goes on from there. What it prints is the end of docs/studies/item_verdicts.md.
item-verdicts: $(READY) | build
	$(ONE_THREAD) $(PYTHON) -W ignore studies/item_verdicts.py --leaders 800 --replications 250 --records build/item_verdicts.jsonl
	$(ONE_THREAD) $(PYTHON) -W ignore studies/item_verdicts.py --leaders 200 100 --replications 150 --records build/item_verdicts.jsonl

# Do the intervals and tests of the two-level model keep their level, and what is said of each leader? An hour and a half of one core; it may
# be stopped, and goes on from there. What it prints is the end of docs/studies/two_level.md and leader_comparisons.md.
two-level: $(READY) | build
	$(ONE_THREAD) $(PYTHON) -W ignore studies/two_level.py --records build/two_level.jsonl
	$(ONE_THREAD) $(PYTHON) -W ignore studies/leader_comparisons.py --records build/leader_comparisons.jsonl
