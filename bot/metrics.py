"""The imitator's tally and the client's state become numbers for Prometheus, served to this machine alone."""

import asyncio
import math
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from bot.imitator import BUCKETS, Imitator
from bot.settings import SettingsError

if TYPE_CHECKING:
    from bot.client import Client

LOCALHOST = "127.0.0.1"
CONNECTED = "mimic_connected"
SECONDS_TO_ANSWER = 5.0  # time that the running bot has to answer a question for its health
LOOK_INTERVAL = 0.1  # seconds between two looks at the event loop


class Metrics(Collector):
    """The bot's numbers, read from the imitator and the client whenever Prometheus asks."""

    def __init__(self, client: "Client", imitator: Imitator) -> None:
        self._client = client
        self._imitator = imitator
        self._lag = 0.0  # the event loop's longest delay since Prometheus asked last, in seconds

    def collect(self) -> Iterator[Metric]:
        """Yield each metric as it is now."""
        yield from self._reply_metrics()
        yield self._wait_metric()
        lag, self._lag = self._lag, 0.0
        yield GaugeMetricFamily(
            "mimic_event_loop_lag_seconds",
            "The event loop's longest delay since the last question",
            lag,
        )
        yield from self._gateway_metrics()

    def _reply_metrics(self) -> Iterator[Metric]:
        tally = self._imitator.tally
        requests = CounterMetricFamily(
            "mimic_requests",
            "Replies asked for, by outcome",
            labels=["outcome"],
        )
        for outcome, count in tally.outcomes.items():
            requests.add_metric([outcome], count)
        yield requests
        yield CounterMetricFamily(
            "mimic_characters",
            "Characters sampled",
            tally.characters,
        )
        yield GaugeMetricFamily(
            "mimic_queue_length",
            "Replies that wait for a place",
            self._imitator.queue_length,
        )

    def _wait_metric(self) -> Metric:
        tally = self._imitator.tally
        bounds = [f"{bound:g}" for bound in BUCKETS]
        bounds.append("+Inf")
        counts = accumulate(tally.waits)  # Prometheus' buckets count all replies up to their bound
        return HistogramMetricFamily(
            "mimic_reply_seconds",
            "Seconds from request to last character",
            list(zip(bounds, counts, strict=True)),
            tally.seconds,
        )

    def _gateway_metrics(self) -> Iterator[Metric]:
        closed = any(shard.is_closed() for shard in self._client.shards.values())
        connected = self._client.is_ready() and not closed
        yield GaugeMetricFamily(
            CONNECTED,
            "Whether Discord's gateway is connected: 1 or 0",
            int(connected),
        )
        latency = self._client.latency
        if math.isfinite(latency):  # it is not before the first heartbeat
            yield GaugeMetricFamily(
                "mimic_gateway_latency_seconds",
                "Seconds from heartbeat to answer",
                latency,
            )

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Answer Prometheus at a port until the context ends.

        Raises:
            SettingsError: the port is taken.
        """
        registry = CollectorRegistry()
        registry.register(self)
        try:
            server, thread = start_http_server(port, LOCALHOST, registry)
        except OSError as error:
            raise SettingsError(f"MIMIC_METRICS_PORT is {port}: {error.strerror}; choose another port") from None
        watch = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            thread.join()

    async def _watch(self) -> None:
        """Measure again and again how much later than wanted the event loop resumes a task."""
        while True:
            due = time.monotonic() + LOOK_INTERVAL
            await asyncio.sleep(LOOK_INTERVAL)
            lag = time.monotonic() - due
            self._lag = max(self._lag, lag)


def problem_of(port: int) -> str:
    """Ask the running bot on this machine for its health; return the problem, "" if there is none.

    Raises:
        SettingsError: the settings don't let the bot serve its numbers.
    """
    if not port:
        raise SettingsError("MIMIC_METRICS_PORT is 0, so the running bot can't be asked; set it to a port such as 9100")
    address = f"http://{LOCALHOST}:{port}/metrics"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS_TO_ANSWER) as answer:
            samples = _samples(answer.read().decode())
    except (OSError, ValueError) as error:
        return f"no bot answers on port {port} ({error})"
    if samples.get(CONNECTED) != 1:
        return "the bot runs, but is not connected to Discord"
    return ""


def _samples(text: str) -> dict[str, float]:
    """Return the values of Prometheus' text format by name."""
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples[sample.name] = sample.value
    return samples
