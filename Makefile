# Two commands do everything: `make demo` and `make test`. Both install what they need and say what they do.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := $(CURDIR)/target/venv
PYTHON := $(VENV)/bin/python
QUERY_VENV := $(CURDIR)/target/venv-query
NODE_MODULES := conformance/node/node_modules
KONEKUTA := $(CURDIR)/target/quick/konekuta
say = @printf '\n== %s\n' "$(1)"

# What lints and unit tests are built as, what `quick` builds, and what xtask is. `make test` takes other ones, see there.
PROFILE := dev
SELECTED := --package konekuta --package xtask
XTASK := cargo xtask

.PHONY: help demo test check fmt lint tidy unit sim fuzz conformance bench quick article orders sdk tools browser aws-cli

help:
	@echo "make demo         the article's application from its preprocessor to its mails (KEEP=1: stay up)"
	@echo "make test         all tests, conformance included"
	@echo "make check        formatting, lints and unit tests only"
	@echo "make bench        speed and size against the ceilings of this machine (ROUNDS=3 SECONDS_EACH=3)"

tools:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs"; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: apt-get install build-essential"; exit 1; }
	@command -v python3 >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv"; exit 1; }
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { echo "python3 cannot make environments: apt-get install python3-venv"; exit 1; }

$(VENV)/complete: conformance/requirements.txt
	$(call say,Python packages for the tests: conformance/requirements.txt)
	python3 -m venv --clear $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement conformance/requirements.txt
	touch $@

# Debian's packages: a browser, its driver, and a font for Japanese.
browser: conformance/axe/node_modules/complete
	@if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then \
		echo "installing chromium and chromium-driver"; \
		$(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q chromium chromium-driver fonts-noto-cjk; \
	fi

# Version 2, which follows logs; pip has version 1 only.
aws-cli:
	@for aws in $$(type -ap aws); do case "$$("$$aws" --version 2>&1)" in aws-cli/2*) exit 0;; esac; done; \
	echo "installing awscli"; \
	$(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q awscli

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

conformance/axe/node_modules/complete: conformance/axe/package-lock.json
	@command -v npm >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q npm; }
	$(call say,axe checks the console for accessibility: conformance/axe)
	cd conformance/axe && npm ci --no-audit --no-fund
	touch $@

$(QUERY_VENV)/complete: conformance/requirements-query.txt
	$(call say,Python packages that speak the older protocol: conformance/requirements-query.txt)
	python3 -m venv --clear $(QUERY_VENV)
	$(QUERY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement conformance/requirements-query.txt
	touch $@

$(NODE_MODULES)/complete: conformance/node/package-lock.json
	$(call say,Node packages for the tests: conformance/node)
	@command -v npm >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -y -q npm; }
	cd conformance/node && npm ci --no-audit --no-fund
	touch $@

# What tests and the demo need; `cargo build --release` makes the fast one. In one go: each by itself would build what
# both use with other features, twice.
quick: tools
	$(call say,building konekuta)
	cargo build --profile quick $(SELECTED)

article: tools
	$(call say,building the article's functions in Rust)
	cd examples/article/rust && cargo build --release

orders: article
	$(call say,building the functions of the shop's orders)
	cd examples/orders && cargo build --release

sdk: article
	$(call say,building the AWS SDK for Rust and functions for the tests: conformance/rust)
	cd conformance/rust && cargo test --release --no-run
	cd conformance/rust-extension && cargo build --release

demo: quick article $(VENV)/complete
	$(call say,the article: section 3-3)
	KEEP=$(KEEP) $(PYTHON) examples/article/demo.py $(KONEKUTA)

fmt: tools
	$(call say,formatting)
	cargo fmt --all --check

lint: tools
	$(call say,lints)
	cargo clippy --profile $(PROFILE) --workspace --all-targets -- -D warnings

tidy: tools
	$(call say,who may use whom)
	$(XTASK) tidy

unit: tools
	$(call say,unit and in-process tests)
	cargo test --profile $(PROFILE) --workspace

SIM_RUNS := 3000
sim: quick
	$(call say,simulating the engine under crashes and failing disks: $(SIM_RUNS) runs)
	target/quick/xtask sim --runs $(SIM_RUNS)

FUZZ_SECONDS := 4
fuzz: tools
	@command -v c++ >/dev/null || { echo "a C++ compiler is missing: apt-get install build-essential"; exit 1; }
	$(call say,fuzzing every decoder for $(FUZZ_SECONDS) s each)
	fuzz/run.sh $(FUZZ_SECONDS)

check: fmt lint tidy unit

# As functions are built to be fast; for tests they are built sooner. `bench` has the same for what it brings up.
OPTIMISED := CARGO_PROFILE_RELEASE_OPT_LEVEL=3 CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1

ROUNDS := 3
SECONDS_EACH := 3
bench: tools $(VENV)/complete
	$(call say,building what measures and what is measured)
	cargo build --release --package konekuta --package bench
	cd examples/article/rust && $(OPTIMISED) cargo build --release --bin service
	cd bench/functions && cargo build --release
	$(call say,measuring: about fifteen minutes)
	target/release/bench --rounds $(ROUNDS) --seconds $(SECONDS_EACH) --python $(PYTHON) --json target/bench.json

# All is built before the tests begin: they run cargo themselves, which waits while another builds in its folder.
conformance: quick orders sdk browser aws-cli $(VENV)/complete $(QUERY_VENV)/complete $(NODE_MODULES)/complete
	$(call say,conformance: real clients against the program)
	KONEKUTA=$(KONEKUTA) $(PYTHON) -m pytest -q --numprocesses 3 --dist worksteal conformance
	$(call say,conformance: SQS in the Query protocol)
	KONEKUTA=$(KONEKUTA) $(QUERY_VENV)/bin/python -m pytest -q conformance/test_sqs.py conformance/test_models.py -k sqs
	$(call say,conformance: the AWS SDK for Rust)
	cd conformance/rust && KONEKUTA=$(KONEKUTA) cargo test --release

# One profile for everything, so that the program and its tests are built of the same crates, and lints share their build
# scripts and macros.
test: tools
	$(MAKE) PROFILE=quick SELECTED="--workspace --all-targets" XTASK=target/quick/xtask \
		fmt lint quick tidy unit sim fuzz conformance
