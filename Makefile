# Everything a newcomer needs: `make demo` runs the main job, `make test` passes the tests, `make proofs` those that take
# longer. Each sets itself up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

.PHONY: demo test proofs check format clean

demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not starts_programs"

# the proofs at the figures of a run, and the tests that start programs
proofs: export RULEKIT_PROOFS ?= run
proofs: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "starts_programs or proof"

check: $(READY)
	.ci/run

format: $(READY)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) build dist

$(READY): pyproject.toml requirements-dev.txt hatch_build.py grammar/rules.lark plugins/rulekit-audit/pyproject.toml plugins/rulekit-dns/pyproject.toml plugins/rulekit-git/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "rulekit needs Python 3.11 or later: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e . -e plugins/rulekit-audit -e plugins/rulekit-dns -e plugins/rulekit-git
	@touch $@
