# `make help` lists what there is to do. Everything it prepares goes to .venv/ and build/.

PYTHON ?= python3
URL ?=

VENV = .venv/bin
MPY64 = $$($(VENV)/python firmware/unix.py)
MPY32 = $$($(VENV)/python firmware/unix.py --bits 32)

# `http` is looked for in lib/ after what is frozen into the firmware.
export MICROPYPATH = .frozen:lib

.PHONY: help run test bench lint clean

help:
	@echo "make run             run examples/tour.py on the unix port, against a local httpbin"
	@echo "make run URL=...     fetch a URL; print its code, headers and the start of its body"
	@echo "make test            run the tests, on the unix port of 64 and of 32 bits"
	@echo "make bench           measure the heap that http needs"
	@echo "make lint            check the style of all Python code"
	@echo "make clean           remove what the others prepared"
	@echo
	@echo "MICROPYTHON=path     use this interpreter, v1.20 or later (MICROPYTHON32: of 32 bits)"

.venv/ready: pyproject.toml
	@echo "preparing .venv ..."
	@$(PYTHON) -m venv .venv
	@$(VENV)/python -m pip install -qq --disable-pip-version-check --upgrade "pip>=25.1"
	@$(VENV)/python -m pip install -qq --disable-pip-version-check --group dev
	@touch $@

run: .venv/ready
ifeq ($(URL),)
	@mpy=$(MPY64) && $(VENV)/python tests/host/servers.py \
	    "$$mpy" examples/tour.py "{httpbin}" "{httpsbin}" "{ca}"
else
	@mpy=$(MPY64) && "$$mpy" examples/fetch.py "$(URL)"
endif

test: .venv/ready
	@mpy=$(MPY64) && mpy32=$(MPY32) && \
	    MICROPYTHON="$$mpy" MICROPYTHON32="$$mpy32" $(VENV)/python -m pytest -n 4 --dist loadfile $(ARGS)

bench: .venv/ready
	@$(VENV)/python tests/bench/heap.py

lint: .venv/ready
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

clean:
	rm -rf .venv build .pytest_cache .ruff_cache
