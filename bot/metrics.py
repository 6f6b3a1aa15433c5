"""What the bot does, in numbers for Prometheus, on this machine alone and only where it is asked for."""

import asyncio
import math
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from bot.imitator import BUCKETS, Imitator
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.client import Client

CONNECTED = "mimic_connected"
SECONDS_TO_ANSWER = 5.0  # for the running bot, when it is asked for its health
LOOK_INTERVAL = 0.1  # seconds between two looks at the event loop


class Metrics(Collector):
    """Read from the imitator and the client whenever Prometheus asks."""

    def __init__(self, client: "Client", imitator: Imitator) -> None:
        self._client = client
        self._imitator = imitator
        self._lag = 0.0  # seconds, the longest since Prometheus asked last

    def collect(self) -> Iterator[Metric]:
        """Yield each metric as it is now."""
        tally = self._imitator.tally
        requests = CounterMetricFamily("mimic_requests", "Replies asked for, by how they ended", labels=["outcome"])
        for outcome, count in tally.outcomes.items():
            requests.add_metric([outcome], count)
        yield requests
        yield CounterMetricFamily("mimic_characters", "Characters drawn", tally.characters)
        yield GaugeMetricFamily("mimic_queue_length", "Replies that wait for a place", self._imitator.queue_length)
        counts = list(tally.waits)
        below = [(f"{bound:g}", sum(counts[: place + 1])) for place, bound in enumerate(BUCKETS)]
        yield HistogramMetricFamily(
            "mimic_reply_seconds", "From request to last character", [*below, ("+Inf", sum(counts))], tally.seconds
        )
        lag, self._lag = self._lag, 0.0
        yield GaugeMetricFamily("mimic_event_loop_lag_seconds", "The longest wait for the event loop lately", lag)
        shards = self._client.shards.values()
        connected = self._client.is_ready() and not any(shard.is_closed() for shard in shards)
        yield GaugeMetricFamily(CONNECTED, "Whether Discord's gateway is connected: 1 or 0", int(connected))
        latency = self._client.latency
        if math.isfinite(latency):  # not before the first heartbeat
            yield GaugeMetricFamily("mimic_gateway_latency_seconds", "From heartbeat to answer", latency)

    @asynccontextmanager
    async def served(self, port: int) -> AsyncIterator[None]:
        """Answer Prometheus meanwhile.

        Raises:
            SettingsError: the port is taken.
        """
        registry = CollectorRegistry()
        registry.register(self)
        try:
            server, thread = start_http_server(port, "127.0.0.1", registry)
        except OSError as error:
            raise SettingsError(f"MIMIC_METRICS_PORT is {port}: {error.strerror}; choose another one") from None
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            thread.join()

    async def _watch(self) -> None:
        while True:
            due = time.monotonic() + LOOK_INTERVAL
            await asyncio.sleep(LOOK_INTERVAL)
            self._lag = max(self._lag, time.monotonic() - due)


def problem_of(port: int) -> str:
    """Ask the bot that runs on this machine whether it answers and is connected; return the problem, "" if none.

    Raises:
        SettingsError: the bot was not told to serve its numbers.
    """
    if not port:
        raise SettingsError("MIMIC_METRICS_PORT is 0, so the running bot can't be asked; set it to 9100, say")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS_TO_ANSWER) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
    except (OSError, ValueError) as error:
        return f"no bot answers on port {port} ({error})"
    samples = {sample.name: sample.value for family in families for sample in family.samples}
    return "" if samples.get(CONNECTED) == 1 else "the bot runs, but Discord's gateway is not connected"
