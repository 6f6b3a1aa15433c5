"""Damage chat exports in every way that disks, downloads and editors do: each must give a table or one clear line.

python -m benchmarks.mutations [--count 20000] [--random-seed 0]
python -m benchmarks.mutations --only NUMBER [--random-seed 0]    one of them, with its traceback

A mutation is made from the random seed and its number alone. Each is read in a process that is watched: it may take
ten seconds and 500 MB, and open nothing outside its own folder. Linux only: the memory is what /proc says.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.packing import damaged, put
from model.chats import exports
from model.chats.exports import ChatExportError
from model.chats.exports.files import no_messages
from model.chats.messages import COLUMNS
from tests.chat_files import EXAMPLES

SECONDS, MEGABYTES = 10, 500  # that one input may take, of the processor and at its worst
PATIENCE = 3 * SECONDS  # on a busy computer
GROWS = "takes too much memory"
ENDING = {"hangs", "dies", GROWS}  # of the process
ADDRESS_SPACE = 8 << 30  # so that a fault in a reader is none of the computer
OPENING = {"open", "os.listdir", "os.scandir"}
FORBIDDEN = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod"}
FORBIDDEN |= {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect"}
LIBRARIES = tuple(f"{os.path.realpath(path)}/" for path in (sys.prefix, sys.base_prefix, "/usr/share/zoneinfo"))


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation."""

    number: int
    format: str
    kind: str  # "table", "error" or what is wrong
    seconds: float = 0.0
    megabytes: float = 0.0
    details: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether it is neither a table nor one clear line."""
        return self.kind not in ("table", "error")


def main() -> None:
    """Read them all and print one table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--random-seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    arguments = parser.parse_args()
    numbers = range(arguments.count) if arguments.only is None else [arguments.only]
    outcomes = []
    for outcome in outcomes_of(arguments.random_seed, numbers):
        outcomes.append(outcome)
        if outcome.is_fault or arguments.only is not None:
            print(f"{outcome.number} {outcome.format}: {outcome.kind}\n{outcome.details}", flush=True)
    print_table(outcomes)
    sys.exit(any(outcome.is_fault for outcome in outcomes))


def print_table(outcomes: list[Outcome]) -> None:
    """Print what became of each format's mutations."""
    formats: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        formats[outcome.format].append(outcome)
    print(f"{'format':32} {'mutations':>9} {'tables':>7} {'errors':>7} {'faults':>7} {'worst s':>8} {'worst MB':>8}")
    for name, found in (*formats.items(), ("all", outcomes)):
        kinds = [outcome.kind for outcome in found]
        counts = kinds.count("table"), kinds.count("error"), sum(outcome.is_fault for outcome in found)
        worst = max(outcome.seconds for outcome in found), max(outcome.megabytes for outcome in found)
        print(f"{name:32} {len(found):9,} " + "{:7,} {:7,} {:7,} {:8.2f} {:8.0f}".format(*counts, *worst))


def outcomes_of(random_seed: int, numbers: Iterable[int]) -> Iterator[Outcome]:
    """Yield what becomes of each mutation; a process that hangs, dies or grows is ended, and another goes on."""
    with ExitStack() as stack:
        end = None
        for number in numbers:
            end = end or _started(stack)
            outcome = _read_there(end, random_seed, number)
            yield outcome
            if outcome.kind in ENDING:
                stack.close()
                end = None


def _started(stack: ExitStack) -> Connection:
    spawn = multiprocessing.get_context("spawn")
    end, its = spawn.Pipe()
    process = spawn.Process(target=_work, args=(its,), daemon=True)
    process.start()
    its.close()
    stack.callback(process.join)
    stack.callback(process.kill)
    end.recv()  # it is ready
    return end


def _read_there(end: Connection, random_seed: int, number: int) -> Outcome:
    random = Random(f"{random_seed}/{number}")
    name = list(EXAMPLES)[number % len(EXAMPLES)]
    with tempfile.TemporaryDirectory() as folder:
        path = damaged(random, EXAMPLES[name].files, Path(folder))
        try:
            end.send((number, name, path))
            if end.poll(PATIENCE):
                received: Outcome = end.recv()
                return received
        except (EOFError, ConnectionError):
            return Outcome(number, name, "dies")
    return Outcome(number, name, "hangs", PATIENCE)


def _work(end: Connection) -> None:
    import resource  # not on every system, as this module is

    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for example in EXAMPLES.values():  # what is imported late, and the first time of everything
        with tempfile.TemporaryDirectory() as folder:
            exports.read([put(Random(0), example.files, Path(folder))], file_format=example.file_format)
    watch = _Watch()
    sys.addaudithook(watch)
    end.send("ready")
    while True:
        try:
            number, name, path = end.recv()
        except EOFError:  # all are read
            return
        _forget_peak()
        start = time.process_time()
        outcome = _read(watch, path, Outcome(number, name, ""))
        outcome = replace(outcome, seconds=time.process_time() - start, megabytes=_peak())
        if not outcome.is_fault and outcome.seconds > SECONDS:
            outcome = replace(outcome, kind="takes too long")
        if not outcome.is_fault and outcome.megabytes > MEGABYTES:
            outcome = replace(outcome, kind=GROWS)
        end.send(outcome)


def _read(watch: "_Watch", path: Path, outcome: Outcome) -> Outcome:
    try:
        with watch.over(path.parent):
            export = exports.read([path], file_format=EXAMPLES[outcome.format].file_format)
        shown = ascii(export.messages.head().to_dict("records"))[:2000]
        outcome = replace(outcome, kind=_wrong(export) or "table", details=shown)
    except ChatExportError as error:
        clear = str(error).isprintable()
        outcome = replace(outcome, kind="error" if clear else "not one printable line", details=ascii(str(error)))
    except Exception as error:  # what is looked for
        outcome = replace(outcome, kind=type(error).__name__, details=traceback.format_exc(limit=-8))
    strayed, watch.strayed = watch.strayed, []
    return replace(outcome, kind="leaves its folder", details=", ".join(strayed)) if strayed else outcome


def _wrong(export: exports.Export) -> str:
    """Say what is wrong with a table, "" if nothing."""
    messages = export.messages.drop(columns="format", errors="ignore")
    if list(messages.columns) != COLUMNS or list(messages.index) != list(range(len(messages))):
        return "other columns or index"
    if not messages.dtypes.equals(no_messages().dtypes):
        return "other types of columns"
    texts = messages.drop(columns=["sent_at", "is_bot"])
    if not all(type(value) is str for _, text in texts.items() for value in text):
        return "other types of texts"
    try:
        "".join(value for _, text in texts.items() for value in text).encode()
    except UnicodeEncodeError:
        return "half a character"
    if (messages["text"].str.strip() == "").any() or (messages["author_id"] == "").any():
        return "without author or text"
    moments = messages["sent_at"]
    timed = moments.dropna()
    in_order = timed.is_monotonic_increasing and moments[: len(timed)].notna().all()
    return "" if in_order else "not in order"


class _Watch:
    """Notes what is opened outside of a folder."""

    def __init__(self) -> None:
        self.strayed: list[str] = []
        self._folder = ""

    @contextmanager
    def over(self, folder: Path) -> Iterator[None]:
        """Look at what is opened in the meantime."""
        self._folder = f"{os.path.realpath(folder)}/"
        try:
            yield
        finally:
            self._folder = ""

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._folder or event not in OPENING | FORBIDDEN:
            return
        folder, self._folder = self._folder, ""  # what is done here is not looked at
        if event in FORBIDDEN:
            self.strayed.append(event)
        elif isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes or not f"{path}/".startswith((folder, *LIBRARIES)):
                self.strayed.append(f"{event} {path}")
        self._folder = folder


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Return the most memory that was resident since it was forgotten, MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
