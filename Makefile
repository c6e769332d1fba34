# make app   the dashboard            make test   set-up, checks, docs and tests            make docs   the pages of docs/ into build/docs
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: setup app test lint docs clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(RUN) -m leap_core.services.precompile
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-docs.txt requirements-server.txt requirements-cluster.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

app: $(VENV)/.installed
	$(RUN) -m streamlit run app.py

lint: $(VENV)/.installed-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

docs: $(VENV)/.installed-dev
	$(RUN) -m sphinx -q -W --keep-going -b html docs build/docs

test: lint docs
	$(RUN) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
