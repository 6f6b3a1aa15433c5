"""What the bot does, in numbers for Prometheus, on this machine alone and only where it is asked for."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.imitator import BUCKETS, Imitator
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.client import Client

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
