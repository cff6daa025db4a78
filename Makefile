# The whole contributor interface. Every target sets up what it needs by itself.
.PHONY: run test check format lock train wheel clean

run: ## start the proxy and the console with the embedded defaults
	@scripts/bootstrap run
	@exec .venv/bin/safeguard proxy $(ARGS)

test: ## run the tests
	@scripts/bootstrap dev
	.venv/bin/python -m pytest $(ARGS)

check: ## everything that must be green: format, lint, types, walls, tests
	@scripts/bootstrap dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/python -m pytest

format: ## put the code in order
	@scripts/bootstrap dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

train: ## make the text model anew from the corpus
	@scripts/bootstrap dev
	.venv/bin/safeguard train $(ARGS)

wheel: ## build dist/*.whl
	@scripts/bootstrap dev
	.venv/bin/python -m hatchling build

lock: ## resolve the dependencies anew
	scripts/lock

clean:
	rm -rf .venv dist .mypy_cache .pytest_cache .ruff_cache
