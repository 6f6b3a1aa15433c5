"""Bring a chat export to a corpus on one core, beside pandas' read_csv of its two columns.

    python -m benchmarks.exports CHAT.csv --author SaintPeter

The two take turns, each time in a process of its own; the processor's seconds count, from when libraries are loaded.
CHAT is the tutorial's CSV, unpacked: MB are those of the file.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from model.chats import exports
from model.chats.cleaning import clean
from model.chats.people import Chat, find_author
from model.persona.recipe import RECIPES
from model.training.corpus import build_corpus

COLUMNS = ["fromUser.id", "text"]
MB = 1e6
Stages = dict[str, float]  # seconds of each, and memory: MB that the process held at most


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chat", type=Path)
    parser.add_argument("--author")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    size = arguments.chat.stat().st_size / MB
    rounds = [[_apart(measure, arguments) for measure in (_corpus, _pandas)] for _ in range(arguments.rounds)]
    ours, theirs = map(_medians, zip(*rounds, strict=True))
    print(f"{arguments.chat.name}: {size:.1f} MB; medians of {arguments.rounds}, on one core")
    for name, seconds in (ours | {"pandas' two columns": theirs["read"]}).items():
        if name != "memory":
            print(f"  {name:<20} {seconds:6.2f} s  {size / seconds:7.1f} MB/s")
    print(f"  memory: {ours['memory']:,.0f} MB, pandas {theirs['memory']:,.0f} MB")
    print(f"  to a corpus in {ours['all'] / theirs['read']:.1f} times the time of pandas' reading")


def _medians(side: Sequence[Stages]) -> Stages:
    return {name: statistics.median(each[name] for each in side) for name in side[0]}


def _apart(measure: Callable[[argparse.Namespace], Stages], arguments: argparse.Namespace) -> Stages:
    with multiprocessing.get_context("spawn").Pool(1, _on_one_core) as pool:
        return pool.apply(measure, (arguments,))


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _corpus(arguments: argparse.Namespace) -> Stages:
    """Go all the way of train.py to the text that a network learns."""
    moments = [time.process_time()]
    messages = exports.read([arguments.chat]).messages
    moments.append(time.process_time())
    messages = clean(messages).messages
    moments.append(time.process_time())
    chat = Chat.of(messages)
    moments.append(time.process_time())
    build_corpus(chat.messages, find_author(chat.people, arguments.author), RECIPES["mimic"], chat.bots)
    moments.append(time.process_time())
    names = ("read", "clean", "authors and bots", "corpus")
    stages = {name: after - before for name, before, after in zip(names, moments, moments[1:], strict=False)}
    return stages | {"all": moments[-1] - moments[0], "memory": _peak()}


def _pandas(arguments: argparse.Namespace) -> Stages:
    before = time.process_time()
    pd.read_csv(arguments.chat, usecols=COLUMNS)
    return {"read": time.process_time() - before, "memory": _peak()}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB


if __name__ == "__main__":
    main()
