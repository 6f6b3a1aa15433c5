import asyncio
import socket
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import imitator as imitator_module
from bot.client import Client
from bot.imitator import BusyError, Imitator
from bot.metrics import problem_of
from bot.personas import Personas
from bot.settings import Settings, SettingsError
from model.persona.sampler import Batch, Request
from tests import PATIENCE
from tests.discord_server import DiscordServer
from tests.test_client import joined


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def read(port: int) -> dict[str, float]:
    """Every sample that Prometheus would read, by its name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {"".join([s.name, *s.labels.values()]): s.value for family in families for s in family.samples}


async def test_prometheus_reads_what_the_bot_did(monkeypatch, personas_folder):
    server, port = DiscordServer(heartbeat_interval=20), free_port()
    await server.start(monkeypatch)
    async for _ in joined(server, Settings(personas=personas_folder, cooldown=0, length=100, metrics_port=port)):
        for _ in range(3):
            await server.write("!mimic my secret")
            await server.reply()
        while (samples := await asyncio.to_thread(read, port)).get("mimic_gateway_latency_seconds") is None:
            await asyncio.sleep(0.02)  # until the first heartbeat
        assert samples["mimic_requests_totalfinished"] == 3 and samples["mimic_characters_total"] == 300
        assert samples["mimic_reply_seconds_count"] == samples["mimic_reply_seconds_bucket+Inf"] == 3
        assert samples["mimic_reply_seconds_sum"] > 0 and samples["mimic_queue_length"] == 0
        assert samples["mimic_event_loop_lag_seconds"] >= 0
        assert not any("secret" in name for name in samples)
    await server.stop()
    with pytest.raises(urllib.error.URLError):  # it went with the bot
        await asyncio.to_thread(read, port)


async def test_the_running_bot_can_be_asked_for_its_health(monkeypatch, personas_folder):
    server, port = DiscordServer(), free_port()
    await server.start(monkeypatch)
    with pytest.raises(SettingsError, match="MIMIC_METRICS_PORT is 0"):
        problem_of(0)
    assert (await asyncio.to_thread(problem_of, port)).startswith(f"no bot answers on port {port}")
    async for client in joined(server, Settings(personas=personas_folder, cooldown=0, metrics_port=port)):
        await client.wait_until_ready()
        assert await asyncio.to_thread(problem_of, port) == ""
        with monkeypatch.context() as patch:
            patch.setattr(client, "is_ready", lambda: False)
            assert "not connected" in await asyncio.to_thread(problem_of, port)
    await server.stop()


async def test_a_port_that_is_taken_is_said(personas_folder, tmp_path):
    settings = Settings(metrics_port=free_port(), database=tmp_path / "mimic.sqlite")
    client = Client(settings, Imitator(Personas(personas_folder)))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", client.settings.metrics_port))
        listener.listen()
        async with client:
            with pytest.raises(SettingsError, match="Address already in use; choose another port"):
                await client.setup_hook()
    client.imitator.close()


async def test_the_tally_tells_how_requests_ended(personas_folder, monkeypatch):
    imitator = Imitator(Personas(personas_folder))
    await imitator.imitate(Request("x", 1.0, 10))
    stream = imitator.stream(Request("x", 1.0, 400))
    await anext(stream)
    await stream.aclose()
    monkeypatch.setattr(imitator_module, "WAITING_LIMIT", 0)
    with pytest.raises(BusyError):
        await imitator.imitate(Request("x", 1.0, 10))
    monkeypatch.undo()
    monkeypatch.setattr(Batch, "advance", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await imitator.imitate(Request("x", 1.0, 10))
    imitator.close()
    assert imitator.tally.outcomes == {"finished": 1, "given up": 1, "refused": 1, "failed": 1}
    assert sum(imitator.tally.waits) == 1 and not imitator._coming
