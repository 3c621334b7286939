# Two commands are the whole set-up on a fresh machine: `make demo` and `make test`.
# The environment is made by the first command that needs it, and again when what is locked has changed.

PYTHON ?= python3
PYTEST ?= -n 2 --dist worksteal
export PYTHON

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed-$(shell cat pyproject.toml requirements/dev.txt scripts/setup | cksum | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: demo test check regenerate bench build lock clean help

demo: $(STAMP) ## assess an emulated account and write its reports into eksaminer-demo/
	$(BIN)/python -m eksaminer demo

test: $(STAMP) ## run the tests
	$(BIN)/pytest $(PYTEST) --ignore=tests/benchmarks

check: $(STAMP) ## lint, format, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	@command -v node >/dev/null || $(BIN)/python -m pip install --quiet --require-hashes -r requirements/node.txt
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

regenerate: $(STAMP) ## write the generated files anew: catalogue, schema, sample reports; review the diff
	UPDATE=1 $(BIN)/pytest tests/test_generated_files.py

bench: $(STAMP) ## measure what the budgets bound
	for script in tests/benchmarks/bench_*.py; do $(BIN)/python $$script; done

build: $(STAMP) ## build the sdist, and the wheel from it, into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation

lock: $(STAMP) ## write requirements/*.txt anew
	scripts/lock

clean: ## remove what the commands left, except the environment
	rm -rf dist build eksaminer-demo .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src checks report_templates tests -name __pycache__ -prune -exec rm -rf {} +

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

$(STAMP):
	scripts/setup $(VENV)
	@rm -f $(VENV)/installed-*
	@touch $@
