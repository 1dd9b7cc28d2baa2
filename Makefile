# One door: demo · ui · test · check. The environment comes from requirements.lock.
PYTHON ?= python3.11
SOURCE ?= complete_journey
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(shell cksum < requirements.lock | cut -d' ' -f1)

# dbt, the solver and TensorFlow start in processes of their own: from source each takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help env demo ui test test-all check bench contracts lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

env: $(READY) ## Make the environment from the lock

$(READY): requirements.lock pyproject.toml
	@echo "making the environment in $(VENV) (a few minutes when packages must be downloaded)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## The whole walk for one decision week; SOURCE=simulated for the shop with known truth
	@$(BIN)/debut run --source $(SOURCE)

ui: $(READY) ## Dagster and MLflow on loopback, showing what the demo made
	@$(BIN)/debut ui --source $(SOURCE)

# Two processes, each with whole files, so that what a file's tests share is made once.
test: $(READY) ## Tests, in a few minutes
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not faults and not browser and not rehearsal and not walks and not real"

# In one process: the slow families take the whole machine, its ports and its memory.
test-all: $(READY) ## Every test, slow families included
	@$(BIN)/python -m pytest

check: $(READY) ## Style, types, imports, generated files, SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m contracts.render_dbt --check
	@$(BIN)/python -m orchestration.settings --check
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models

bench: $(READY) ## Measure the promised figures on the whole Complete Journey
	@$(BIN)/python -m benchmarks

contracts: $(READY) ## Write the generated files anew
	@$(BIN)/python -m contracts.render_dbt
	@$(BIN)/python -m orchestration.settings

lock: ## Resolve pyproject.toml into requirements.lock anew
	@$(BIN)/uv pip compile --quiet pyproject.toml --group dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" --output-file requirements.lock

clean: ## Remove what runs made; deliveries in .debut/landing stay
	@find .debut -mindepth 1 -maxdepth 1 ! -name landing -exec rm -rf {} + 2>/dev/null || true
