# `make help` lists what there is to do. Everything it prepares goes to .venv/ and build/.

PYTHON ?= python3
URL ?=
PORT ?=
BAUD ?= 460800

VENV = .venv/bin
MPY64 = $$($(VENV)/python firmware/unix.py)

# The value of a variable as one word for the shell, whatever it holds; and whether it is set.
quote = '$(subst ','\'',$(value $(1)))'
set = $(filter-out 0,$($(1)))

# MicroPython looks for `http` in its firmware first, then in lib/.
export MICROPYPATH = .frozen:lib

.PHONY: help run test test-device install repl example virtual-board firmware flash ca bench lint \
    dist clean

help:
	@echo "make run                run examples/tour.py on the unix port, against a local httpbin"
	@echo "make run URL=...        fetch a URL; print code, headers and the start of the body"
	@echo "make test [ARGS=...]    run the tests, on the unix port and on a virtual board; those that"
	@echo "                        ARGS chooses, as pytest has it"
	@echo "make bench [REQUESTS=path]"
	@echo "                        measure the heap and the time that http needs, into docs; with"
	@echo "                        the source of micropython-lib's requests, that of requests too"
	@echo "make lint               check the style of all Python code, and the workflows"
	@echo "make dist [ADDRESS=...] [EARLIER=folder] [TAG=...] [NOTES=file] [OUT=dist]"
	@echo "                        make dist/: the index from which mip installs http, and the stubs"
	@echo "                        for pip; ADDRESS is where it will be, EARLIER what is there now"
	@echo "make clean              remove what the others prepared"
	@echo
	@echo "On a board; PORT is what mpremote connects to: /dev/ttyUSB0, socket://host:port, ..."
	@echo "make install PORT=... [ROMFS=1] [FORCE=1]"
	@echo "                        put http on it, or into its ROM file system"
	@echo "make repl PORT=...      its REPL, with lib/ mounted; without PORT that of the unix port"
	@echo "make example PORT=... NAME=... [URL=...] [WIFI_SSID=... WIFI_PASSWORD=...]"
	@echo "     [SETTINGS='NAME=value ...']"
	@echo "                        run a script of examples/ on it"
	@echo "make test-device [PORT=...] [INSTALLED=1] [WIFI_SSID=... WIFI_PASSWORD=...] [HOST=...]"
	@echo "     [BIND=...]         run the tests for boards, without PORT on a virtual one; HOST"
	@echo "                        is the address of this machine as the board sees it, BIND that"
	@echo "                        of the network the servers listen in, if it is not HOST"
	@echo "make virtual-board      print a PORT behind which there is one, until Ctrl-C"
	@echo "make firmware BOARD=... BASE=official.bin [MAIN=main.py] [FLASH=4MB] [OUT=...]"
	@echo "                        make one file to flash: MicroPython with http"
	@echo "make flash BOARD=... BASE=official.bin PORT=... [MAIN=main.py] [YES=1] [BAUD=460800]"
	@echo "                        the same, written to the board once you agree"
	@echo "make ca HOST=api.github.com [OUT=ca.pem] [PIN=1]"
	@echo "                        write the certificate with which a board verifies that server"
	@echo
	@echo "MICROPYTHON=path        use this interpreter, v1.24 or later (MICROPYTHON32: of 32 bits,"
	@echo "                        none: do without); firmware/unix.py --help tells what else is tried"

PIP = $(VENV)/python -m pip install -qq --disable-pip-version-check

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || \
	    { echo "Python 3.9 or later is needed, and $(PYTHON) is not: name one with PYTHON=..." >&2; \
	    exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) has no module venv; on Debian and Ubuntu: apt install python3-venv" >&2; \
	    exit 2; }
	@$(PYTHON) -m venv .venv
	@$(PIP) --upgrade "pip>=25.1"
	@touch $@

# What boards need, and with it what the tests need: the groups of pyproject.toml.
.venv/tools: .venv/made pyproject.toml
	@echo "preparing .venv for boards ..."
	@$(PIP) --group tools
	@touch $@

.venv/dev: .venv/tools pyproject.toml
	@echo "preparing .venv for tests ..."
	@$(PIP) --group dev
	@touch $@

.venv/lint: .venv/made pyproject.toml
	@echo "preparing .venv for lint ..."
	@$(PIP) --group lint
	@touch $@

run: .venv/dev
ifeq ($(URL),)
	@mpy=$(MPY64) && $(VENV)/python tests/host/servers.py \
	    "$$mpy" examples/tour.py "{httpbin}" "{httpsbin}" "{ca}"
else
	@mpy=$(MPY64) && "$$mpy" examples/fetch.py $(call quote,URL)
endif

test: .venv/dev
	@command -v openssl >/dev/null || \
	    { echo "make test needs the command openssl: apt install openssl" >&2; exit 2; }
	@$(VENV)/python -m pytest -n 4 --dist loadfile $(ARGS)

ifeq ($(ARGS),)
	@$(MAKE) -s test-device PORT= HOST= BIND= INSTALLED=
endif

test-device: .venv/dev
	@SERVER_HOST=$(call quote,HOST) SERVER_BIND=$(call quote,BIND) \
	    WIFI_SSID=$(call quote,WIFI_SSID) WIFI_PASSWORD=$(call quote,WIFI_PASSWORD) \
	    $(VENV)/python -m pytest tests/host --port $(if $(PORT),$(call quote,PORT),virtual) \
	    $(if $(call set,INSTALLED),--installed) $(ARGS)

install: .venv/tools port
	@$(VENV)/python firmware/install.py $(if $(call set,ROMFS),--romfs) \
	    $(if $(call set,FORCE),--force) $(call quote,PORT)

ifeq ($(PORT),)
repl: .venv/dev
	@mpy=$(MPY64) && $(VENV)/python tests/host/servers.py "$$mpy" -i -c \
	    'import http; URL = "{httpbin}"; print("http is imported; a local httpbin is at URL =", URL)'
else
repl: .venv/tools
	@$(VENV)/mpremote connect $(call quote,PORT) mount lib repl
endif

example: .venv/tools port
	@URL=$(call quote,URL) WIFI_SSID=$(call quote,WIFI_SSID) \
	    WIFI_PASSWORD=$(call quote,WIFI_PASSWORD) SETTINGS=$(call quote,SETTINGS) \
	    $(VENV)/python firmware/example.py $(call quote,PORT) $(call quote,NAME)

virtual-board: .venv/dev
	@$(VENV)/python tests/host/virtual_board.py

.PHONY: port
port:
ifeq ($(PORT),)
	@echo "say where the board is: PORT=/dev/ttyUSB0, or what else mpremote connects to" >&2; exit 2
endif

bench: .venv/dev
	@$(VENV)/python tests/bench/heap.py --write \
	    $(if $(REQUESTS),--requests $(call quote,REQUESTS))
	@echo
	@BENCH_COMMAND="make bench" $(VENV)/python tests/bench/speed.py --write

lint: .venv/lint
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-issue-forms \
	    .github/ISSUE_TEMPLATE/[!c]*.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-issue-config \
	    .github/ISSUE_TEMPLATE/config.yml
	$(VENV)/zizmor --offline --quiet --min-severity medium .github/workflows

dist: .venv/dev
	@$(VENV)/python firmware/dist.py --out $(call quote,OUT) --address $(call quote,ADDRESS) \
	    --earlier $(call quote,EARLIER) --tag $(call quote,TAG) --notes $(call quote,NOTES)

firmware: .venv/tools
	@$(VENV)/python firmware/image.py --board $(call quote,BOARD) --base $(call quote,BASE) \
	    --main $(call quote,MAIN) --flash $(call quote,FLASH) --out $(call quote,OUT)

flash: .venv/tools
	@$(VENV)/python firmware/flash.py --board $(call quote,BOARD) --base $(call quote,BASE) \
	    --main $(call quote,MAIN) --port $(call quote,PORT) --baud $(call quote,BAUD) \
	    $(if $(call set,YES),--yes)

ca: .venv/made
	@$(VENV)/python firmware/ca.py $(if $(call set,PIN),--pin) --out $(call quote,OUT) \
	    -- $(call quote,HOST)

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache
