# The bot alone; training wants requirements.txt.
FROM python:3.12-slim AS compiled
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /mimic
COPY requirements-bot.lock .
RUN python -m venv --without-pip .venv && pip --python .venv/bin/python install --no-cache-dir --require-hashes -r requirements-bot.lock
COPY bot bot
COPY model model
RUN .venv/bin/python -m model.persona.kernel

FROM python:3.12-slim
WORKDIR /mimic
COPY --from=compiled /mimic /mimic
COPY personas personas
USER nobody
ENTRYPOINT [".venv/bin/python", "-m", "bot"]
