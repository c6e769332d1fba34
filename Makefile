# make app    the dashboard                        make test            set-up, checks, docs and tests
# make docs   the pages of docs/ into build/docs   make install-check   the package in an empty environment
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: setup app test lint docs install-check adversary clean

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps -e .
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

# An hour and more of hostile input: uploads, gene sets, bombs, files kept, job records, saved views, requests.
adversary: $(VENV)/.installed-dev
	$(RUN) -m tests.adversary.uploads files --number 1000000 --seconds 1200
	$(RUN) -m tests.adversary.uploads sets --number 1000000 --seconds 300
	$(RUN) -m tests.adversary.uploads bombs --number 200
	$(RUN) -m tests.adversary.store artefacts --number 1000000 --seconds 1200
	$(RUN) -m tests.adversary.store jobs --number 1000000 --seconds 600
	$(RUN) -m tests.adversary.saved_views --number 200000
	$(RUN) -m tests.adversary.outside_requests --number 20000

# Installed as a stranger installs it: no checkout in sight, every dependency from the package's own list.
install-check:
	rm -rf build/empty && $(PYTHON) -m venv build/empty
	build/empty/bin/python -m pip install --quiet --disable-pip-version-check .
	cd build/empty && bin/leap --version && bin/leap models --home store \
		&& bin/python -c "import leap_core as leap; from leap_core.services.demo import demo_panels; \
		from leap_core.panel.demo import simulate_demo; panel = demo_panels(simulate_demo())['Demo drugs']; \
		print(leap.train(panel, name='mine', home='store', accuracy='none').table['status'].value_counts().to_dict())"

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
