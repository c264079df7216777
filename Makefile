# Everything here is one line into tox; `make` alone prints what there is.
PYTHON ?= python3.11
TOX = .venv/tools/bin/tox -q
DEMO_SECONDS ?= 0

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: .venv/tools/ready ## a demo cloud with churn, the synchronizer, a live view (DEMO_SECONDS=N ends by itself)
	@DEMO_SECONDS=$(DEMO_SECONDS) $(TOX) run -e demo

test: .venv/tools/ready ## lint, unit, contract, functional, chaos and docs tests
	$(TOX) run -e lint,py311,docs

lint: .venv/tools/ready ## ruff, mypy, import contracts, spelling, file length
	$(TOX) run -e lint

docs: .venv/tools/ready ## the documentation as HTML in docs/_build
	$(TOX) run -e docs

bench: .venv/tools/ready ## measure against named peers; prints a table, writes bench/results.json
	$(TOX) run -e bench

chaos: .venv/tools/ready ## the long fault runs: kill -9 of any process, two hundred times
	$(TOX) run -e chaos

cloud-up: ## a real OpenStack on this machine, for test-cloud
	tools/cloud/up.sh

cloud-down: ## stop it
	tools/cloud/down.sh

test-cloud: .venv/tools/ready ## the functional scenarios against the real OpenStack
	tools/cloud/up.sh && { $(TOX) run -e cloud; code=$$?; tools/cloud/down.sh; exit $$code; }

clean: ## remove what was built
	rm -rf .venv/tools .tox docs/_build .demo

.venv/tools/ready:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip install -q --disable-pip-version-check "tox>=4.28" tox-uv
	@touch $@

.PHONY: help demo test lint docs bench chaos cloud-up cloud-down test-cloud clean
.DEFAULT_GOAL := help
