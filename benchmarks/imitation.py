"""Train one author's imitations by every way there is, with wall time, and measure them all on the same held-out text.

    python -m benchmarks.imitation CHAT [CHAT ...] --author SaintPeter --author CEleftheriou

The tutorial's recipe, markovify, PPMd, the default recipe from the author alone, and after the community, in one minute
too, one after the other on the same machine. The text is lower-cased and its messages are joined by a space, as the
tutorial's are, so that all read the same characters. Writes a table (imitation.md) and the curves (imitation.png) into
--out.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import markovify
from matplotlib.figure import Figure

from model.chats import exports
from model.chats.people import Author, Chat, find_author
from model.measures.bits import reference_bits
from model.measures.imitation import (
    BLOCK,
    FEWEST_BLOCKS,
    REPLIES,
    evaluate,
    measure_replies,
    real_blocks,
    told_apart,
)
from model.persona.recipe import RECIPES, SHORT_BATCH, SHORT_SEQUENCE, SIZES, Recipe
from model.persona.storage import Arrays
from model.persona.vocabulary import END, Vocabulary
from model.training.corpus import Corpus, build_corpus
from model.training.device import describe_device, settle_tensorflow
from model.training.run import Run

SAME_TEXT = {"case": "lower", "message_end": "space"}


@dataclass
class Imitation:
    """One way to imitate an author, measured."""

    name: str
    metrics: dict[str, float]
    curve: list[tuple[float, float]] = field(default_factory=list)  # seconds of wall time, held-out bits per character
    whole: bool = True  # whether the curve begins with the training

    @property
    def best(self) -> tuple[float, float]:
        """The lowest bits per character of the curve and the seconds to them."""
        seconds, bits = min(self.curve, key=lambda point: point[1])
        return bits, seconds

    def seconds_to(self, bits: float) -> float | None:
        """Return the seconds after which the curve was first seen so low; None if never."""
        return next((seconds for seconds, reached in self.curve if reached <= bits), None)


def main() -> None:
    """Read the chat, train and measure for each author, write table and picture."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chat", nargs="+", type=Path)
    parser.add_argument("--author", action="append", required=True)
    parser.add_argument(
        "--minutes", type=float, default=15, help="for the default recipe, community and author together"
    )
    parser.add_argument("--tutorial-minutes", type=float, default=15, help="for the tutorial's recipe")
    parser.add_argument("--alone-minutes", type=float, default=5, help="for the default recipe without community")
    parser.add_argument("--out", type=Path, default=Path("runs") / "imitation")
    arguments = parser.parse_args()
    settle_tensorflow()
    arguments.out.mkdir(parents=True, exist_ok=True)
    messages = exports.read(arguments.chat).messages
    chat = Chat.of(messages)
    table = f"On {describe_device()}.\n"
    measured: dict[str, list[Imitation]] = {}
    base: tuple[Arrays, list[tuple[float, float]]] | None = None  # everybody's last messages are held out: one for all
    for name in arguments.author:
        author = find_author(chat.ranking, name)
        mimic = replace(RECIPES["mimic"], **SAME_TEXT, minutes=arguments.minutes)
        run = _run(chat, author, mimic)
        print(f"{name}: {len(run.corpus.training):,} characters to train on, {len(run.corpus.validation):,} held out")
        alone = replace(mimic, community=False, minutes=arguments.alone_minutes)
        tutorial = replace(RECIPES["tutorial"], fraction=0.9, minutes=arguments.tutorial_minutes)
        imitations = measured[name] = []
        # The measures of style need everybody's text, whatever the network learnt from.
        own_letters = Vocabulary.of(run.corpus.training)
        imitations.append(_trained("tutorial", replace(run, recipe=tutorial, vocabulary=own_letters)))
        imitations.append(_markov(run, chat))
        imitations.append(Imitation("PPMd, order 8, still learning", reference_bits(run.corpus, run.vocabulary)))
        imitations.append(_trained("Mimic, the author alone", replace(run, recipe=alone)))
        first = base is None
        if base is None:
            base = _fit(run.community_corpus, run.vocabulary, run.community_recipe)
            short = replace(run, recipe=_in_a_minute(mimic))
            quick = _fit(short.community_corpus, short.vocabulary, short.community_recipe)
            imitations.append(_trained("Mimic, both in a minute", short, quick))
        imitations.append(_trained("Mimic, everybody, then the author", run, base, judged=first))
        table += _table(name, run.corpus, imitations)
        (arguments.out / "imitation.md").write_text(table, encoding="utf-8")
        _draw(measured, arguments.out / "imitation.png")
    print(table)


def _run(chat: Chat, author: Author, recipe: Recipe) -> Run:
    corpus = build_corpus(chat.messages, author, recipe, chat.bots)
    vocabulary = Vocabulary.of(corpus.community, recipe.rare)
    return Run("imitation", recipe, corpus, vocabulary, source=None, consent=None)


def _in_a_minute(recipe: Recipe) -> Recipe:
    """Return the recipe as `train.py --minutes 1` has it."""
    return replace(recipe, minutes=1, batch_size=SHORT_BATCH, sequence_length=SHORT_SEQUENCE, **SIZES["mini"])


def _fit(
    corpus: Corpus, vocabulary: Vocabulary, recipe: Recipe, initial: Arrays | None = None
) -> tuple[Arrays, list[tuple[float, float]]]:
    """Train; return the best weights, and after how many seconds which bits were reached."""
    from model.training.loop import Training

    start = time.perf_counter()
    curve = []
    with tempfile.TemporaryDirectory() as folder:
        training = Training(corpus, vocabulary, recipe, Path(folder), initial=initial)
        for epoch in training.epochs():
            seconds = time.perf_counter() - start
            curve.append((seconds, epoch.validation_bits))
            print(f"  {seconds:6.0f} s  {epoch.training_bits:.3f}  held out {epoch.validation_bits:.3f}", flush=True)
        return training.best_arrays, curve


def _trained(
    name: str, run: Run, base: tuple[Arrays, list[tuple[float, float]]] | None = None, judged: bool = True
) -> Imitation:
    print(name, flush=True)
    initial, before = base or ({}, [])
    recipe = run.author_recipe if base else run.recipe
    arrays, curve = _fit(run.corpus, run.vocabulary, recipe, initial)
    later = before[-1][0] if before else 0.0
    metrics = evaluate(replace(run.persona(arrays, None, initial), recipe=run.recipe), run.corpus)
    print(metrics, flush=True)
    own = [(later + seconds, bits) for seconds, bits in curve]
    # The base network of another author was judged by that author's held-out text.
    return Imitation(name, metrics, before + own if judged else own, judged)


def _markov(run: Run, chat: Chat) -> Imitation:
    """Imitate with word pairs, as most imitation bots do; there is no temperature."""
    lines = build_corpus(
        chat.messages, run.corpus.author, replace(run.recipe, message_end="character", community=False)
    )
    chain = markovify.NewlineText(lines.training.replace(END, "\n"), state_size=2, well_formed=False)

    def reply() -> str:
        text = ""
        while len(text) < BLOCK:
            text += (chain.make_sentence(test_output=False) or "") + " "
        return text[:BLOCK]

    real = real_blocks(run.corpus)
    texts = [reply() for _ in range(max(REPLIES, len(real)))]
    metrics = measure_replies({"0.5": texts, "1.0": texts}, run.corpus)
    if len(real) >= FEWEST_BLOCKS:
        metrics["told_apart"] = told_apart(real, texts[: len(real)])
    return Imitation("markovify, two words", metrics)


def _table(author: str, corpus: Corpus, imitations: list[Imitation]) -> str:
    """Lay the measures out as Markdown."""
    lines = [
        f"\n{author}: {len(corpus.training):,} characters to train on, {len(corpus.validation):,} held out\n",
        "| | bits per character | best after | copied, 0.5 | words known, 0.5, 1.0 | attributed, 0.5, 1.0 | told |",
        "|---|---|---|---|---|---|---|",
    ]

    def cell(metrics: dict[str, float], *names: str) -> str:
        return ", ".join(f"{metrics[name]:.3f}" for name in names if name in metrics)

    for each in imitations:
        bits = cell(each.metrics, "validation_bits") or cell(each.metrics, "ppmd_bits")
        seconds = f"{each.best[1]:.0f} s" if each.curve else ""
        cells = [each.name, bits if "PPMd" in each.name or each.curve else "", seconds]
        cells += [cell(each.metrics, "copied_0.5"), cell(each.metrics, "known_words_0.5", "known_words_1.0")]
        cells += [cell(each.metrics, "attributed_0.5", "attributed_1.0"), cell(each.metrics, "told_apart")]
        lines.append(f"| {' | '.join(cells)} |")
    real = imitations[0].metrics
    names = ("copied_real", "known_words_real", "attributed_real")
    lines.append(f"| real, held out | | | {' | '.join(cell(real, name) for name in names)} | 0.5 |")
    best, seconds = imitations[0].best
    lines.append(f"\n{best:.3f}, the tutorial's lowest, after {seconds:.1f} s:\n")
    for each in imitations[1:]:
        if each.whole and (reached := each.seconds_to(best)) is not None:
            lines.append(f"- {each.name}: after {reached:.1f} s, {seconds / reached:.1f} times as soon")
    return "\n".join(lines) + "\n"


def _draw(measured: dict[str, list[Imitation]], path: Path) -> None:
    """Draw held-out bits over wall time, an author a picture."""
    figure = Figure(figsize=(max(8, 5 * len(measured)), 4.2), layout="constrained")
    panels = figure.subplots(1, len(measured), squeeze=False)[0]
    names = [each.name for each in next(iter(measured.values()))]  # the first author has been imitated in all ways
    for axes, (author, imitations) in zip(panels, measured.items(), strict=True):
        for each in imitations:
            if each.curve:
                axes.plot(
                    *zip(*each.curve, strict=True), marker=".", label=each.name, color=f"C{names.index(each.name)}"
                )
            elif "ppmd_bits" in each.metrics:
                axes.axhline(each.metrics["ppmd_bits"], color="grey", linestyle=":", label=each.name)
        axes.set(title=author, xlabel="seconds of wall time", ylabel="held-out bits per character", xscale="log")
        axes.grid(alpha=0.3)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
