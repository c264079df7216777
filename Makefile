# Everything here is one line into tox; `make` alone prints what there is.
PYTHON ?= python3.11
TOX = .venv/tools/bin/tox -q
DEMO_SECONDS ?= 0
# CLOUD=zed: the release that Debian 12 packages, in a cloud of its own
# what `make test-bus` runs
BUS = tests/contract/test_bus.py tests/functional/bus tests/functional/service/test_bus.py \
  tests/functional/service/test_bus_options.py tests/chaos/test_bus.py \
  tests/unit/bus tests/unit/northbound/relay tests/unit/northbound/rpc tests/unit/client/test_reassembly.py
cloud = tools/cloud$(CLOUD:%=/%)

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

demo: .venv/tools/ready ## a demo cloud with churn, the synchronizer, a live view (DEMO_SECONDS=N ends by itself)
	@$(TOX) -q run -e demo --notest
	@DEMO_SECONDS=$(DEMO_SECONDS) .tox/demo/bin/synchronizer demo

test: .venv/tools/ready rabbitmq ## lint, unit, contract, functional, chaos and docs tests
	$(TOX) run -e lint,py311,docs

test-bus: .venv/tools/ready rabbitmq ## of these, what needs a RabbitMQ: the message bus as a door
	$(TOX) run -e py311 -- $(BUS)

lint: .venv/tools/ready ## ruff, mypy, import contracts, spelling, shell scripts, file length
	$(TOX) run -e lint

docs: .venv/tools/ready ## the documentation as HTML in docs/_build
	$(TOX) run -e docs

bench: .venv/tools/ready ## measure against named peers; prints a table, writes bench/results.json
	$(TOX) run -e bench

chaos: .venv/tools/ready ## the long fault runs: kill -9 two hundred times, a busy day on a lossy bus
	$(TOX) run -e chaos

test-simulation: .venv/tools/ready ## every interleaving of a small model; a thousand seeds of the whole in virtual time
	$(TOX) run -e simulation

test-vitrage: .venv/tools/ready ## Vitrage as a consumer; its own tests judge what it gets
	$(TOX) run -e vitrage

cloud-up: ## a real OpenStack on this machine, for test-cloud (CLOUD=zed: the one of 2022)
	$(cloud)/up.sh

cloud-down: ## stop it
	$(cloud)/down.sh

test-cloud: .venv/tools/ready ## the functional scenarios against the real OpenStack
	$(cloud)/up.sh && { CLOUD_STATE=$${CLOUD_STATE:-.cloud$(CLOUD:%=-%)} \
	$(TOX) run -e cloud; code=$$?; $(cloud)/down.sh; exit $$code; }

test-tempest: .venv/tools/ready ## the Tempest plugin against the real OpenStack (one that runs already goes on running)
	tools/tempest/with_cloud.sh $(TOX) run -e tempest

clean: ## remove what was built
	rm -rf .venv/tools .tox docs/_build .demo .tempest

.venv/tools/ready:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed; set PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip install -q --disable-pip-version-check "tox>=4.28" tox-uv
	@touch $@

# Tests that want a broker are skipped without one; whatever hinders its installation is printed.
rabbitmq:
	@tools/rabbitmq.sh || echo "the tests that want a RabbitMQ will be skipped" >&2

.PHONY: help demo test test-bus rabbitmq lint docs bench chaos cloud-up cloud-down test-cloud test-tempest test-simulation test-vitrage clean
.DEFAULT_GOAL := help
