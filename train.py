"""Train one person's character network from a chat export, and leave it as a persona file for the bot.

python train.py CHAT --list-authors
python train.py CHAT --report
python train.py CHAT --author NAME --consent-kind written-consent --consent-by NAME
python train.py CHAT --author NAME --epochs 30 --units 256 --resume
python train.py CHAT --evaluate personas/name.safetensors
"""

import argparse
import math
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    from model.commands import TRAINING, require

    require(TRAINING, "train.py")

from model import UserError
from model.chats import exports
from model.chats.cleaning import Cleaned, clean
from model.chats.consent import (
    NO_CONSENT,
    ask_author,
    choose_consent,
    describe_missing_consent,
    learnable_authors,
    show_notices,
)
from model.chats.exports import Export
from model.chats.listing import describe_authors, describe_bots, describe_cleaning, describe_export, reading_bar
from model.chats.people import Author, Chat, join_authors, rank_authors
from model.measures import Canary, check_planted, describe_planted, plant
from model.measures.plots import draw_authors
from model.persona.file import CANARIES, Consent, Persona, PersonaError, load_persona, save_persona
from model.persona.find import find_persona
from model.persona.forgotten import forgotten_people, refuse_forgotten
from model.persona.recipe import Recipe
from model.persona.storage import Arrays, save_arrays, written_aside
from model.persona.vocabulary import Vocabulary
from model.training import choices, run_log
from model.training.checkpoint import Checkpoint, load_checkpoint, sole_run
from model.training.cluster import train_on_ray
from model.training.corpus import Corpus, build_corpus
from model.training.device import describe_device, gpus, settle_tensorflow, share_batches
from model.training.options import parse_arguments
from model.training.progress import Epoch
from model.training.run import PERSONAS, RUNS, Run, has_checkpoint, refuse_to_replace, run_folder
from model.training.samples import append_samples, draw_samples, sample_prompt
from model.training.selection import kept_epochs

if TYPE_CHECKING:
    from model.training.loop import Training

FAILED, INTERRUPTED = 2, 130  # exit codes; a shell gives a command that Ctrl-C ended the second


def main() -> int:
    """Run the command; return its exit code. An error that a person can correct is printed in one line."""
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a name may hold characters that a terminal or a pipe can't show
    arguments = parse_arguments(sys.argv[1:])
    try:
        return run_command(arguments)
    except UserError as error:
        print(f"train.py: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("train.py: interrupted", file=sys.stderr)
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
    return INTERRUPTED


def run_command(arguments: argparse.Namespace) -> int:
    """Read the chat; list its authors, report on it, evaluate a persona, or train; return the exit code."""
    recipe = choices.choose_recipe(arguments)
    if arguments.evaluate:
        evaluate_again(find_persona(arguments.evaluate), arguments)
        return 0
    chat, export, cleaned = read_chat(arguments, recipe)
    if arguments.list_authors:
        list_authors(chat)
    elif arguments.report:
        report(chat, export, cleaned)
    else:
        return train(chat, recipe, arguments)
    return 0


# The chat


def read_chat(
    arguments: argparse.Namespace, recipe: Recipe, persona: Persona | None = None
) -> tuple[Chat, Export, Cleaned]:
    """Read the chat exports and clean them; print what they held and what was dropped.

    Args:
        persona: the one to measure, if any.
    """
    with reading_bar(arguments.chat) as progress:
        export = exports.read(arguments.chat, progress=progress, file_format=choices.choose_format(arguments))
    print_lines(describe_export(export))
    messages, joined = join_authors(export.messages, arguments.same_as)
    if canaries := choices.choose_canaries(arguments, recipe):
        author = choices.choose_author(rank_authors(messages), arguments, persona)
        messages = plant(messages, author.author_id, canaries, recipe.fraction, recipe.random_seed)
    cleaned = clean(messages, choices.choose_rules(arguments))
    print_lines(describe_cleaning(cleaned))
    chat = Chat.of(cleaned.messages, export.formats, arguments.drop_author, arguments.keep_author, joined)
    print_lines(describe_bots(chat))
    return chat, export, cleaned


def print_lines(lines: Iterable[str]) -> None:
    """Print each line, if there are any."""
    for line in lines:
        print(line)


def list_authors(chat: Chat) -> None:
    """Print the most active authors and who may be one person; draw a chart of the authors."""
    print_lines(describe_authors(chat))
    picture = RUNS / "authors.png"
    draw_authors(chat.ranking, chat.is_bot, picture)
    print(f"drawn in {picture}")


def report(chat: Chat, export: Export, cleaned: Cleaned) -> None:
    """Write a web page about the chat, without its messages."""
    from model.chats.report import write_report

    page = RUNS / "report.html"
    write_report(chat, export.dropped, cleaned.changed + cleaned.dropped, page)
    print(f"written to {page}: names and counts, no messages")


# Evaluation


def evaluate_again(file: Path, arguments: argparse.Namespace) -> None:
    """Measure a persona on the export that it was trained on."""
    persona = load_persona(file)
    recipe = persona.recipe
    chat, _, _ = read_chat(arguments, recipe, persona)
    if arguments.canaries and not persona.name.endswith(CANARIES):
        raise PersonaError(f"{file}: {persona.name} learnt no canaries; wanted one trained with --canaries")
    author = choices.choose_author(chat.ranking, arguments, persona)
    chat = chat.of_authors({author.author_id, *persona.source.community})
    corpus = build_corpus(chat.messages, author, recipe, chat.bots)
    if corpus.sha256 != persona.source.sha256:
        print("this is not the text that the persona learnt from: what is held out here, it may have learnt there")
    add_measures(persona, corpus, choices.choose_canaries(arguments, recipe), file)


def add_measures(persona: Persona, corpus: Corpus, canaries: Sequence[Canary], file: Path) -> None:
    """Measure a persona, print the measures and add them to its file.

    Raises:
        PersonaError: meanwhile the file was deleted, which is not undone, or replaced.
    """
    from model.measures.imitation import describe, evaluate

    metrics = evaluate(persona, corpus, canaries)
    print(describe(metrics))
    if not file.exists():
        raise PersonaError(f"{file} was deleted meanwhile: the measures are not saved")
    current = load_persona(file)  # a consent may have been recorded meanwhile
    if current.created != persona.created:
        raise PersonaError(f"{file} was replaced meanwhile: the measures are not saved")
    save_persona(replace(current, metrics=current.metrics | metrics), file)


# Training: whom to imitate, from which text


def train(chat: Chat, recipe: Recipe, arguments: argparse.Namespace) -> int:
    """Train the networks of one author or several; return the exit code."""
    settle_tensorflow()
    columns = shutil.get_terminal_size().columns
    for author, text in chat.messages[["author", "text"]].head().to_numpy():
        print(run_log.describe_message(author, text, columns))
    authors = choose_authors(chat, arguments)
    for author in authors:
        refuse_to_lose(chat, author, arguments)
    show_notices(chat.formats, RUNS)
    consents = [choose_consent(arguments, chat, author, recipe.community) for author in authors]
    if None in consents:
        print(NO_CONSENT)
    prepared = zip(authors, consents, strict=True)
    runs = (prepare(chat, author, recipe, consent, arguments) for author, consent in prepared)
    if arguments.ray:
        return train_elsewhere(list(runs), arguments.ray)
    for run in runs:  # one text at a time in memory
        if code := train_here(run, arguments):
            return code
    return 0


def choose_authors(chat: Chat, arguments: argparse.Namespace) -> list[Author]:
    """Return the people to imitate; ask at a terminal if the command line doesn't say."""
    if named := choices.named_authors(chat, arguments):
        return named
    author = choices.default_author(chat, arguments)
    if len(chat.people) == 1:
        return [author]
    if not arguments.consent_kind and sys.stdin.isatty():
        return [ask_author(chat.people)]
    print(f"imitating {author.author}, who wrote most; --author NAME chooses another")
    return [author]


def refuse_to_lose(chat: Chat, author: Author, arguments: argparse.Namespace) -> None:
    """Refuse to imitate a person who was forgotten, or to replace a persona, before anything takes time.

    Raises:
        PersonaError, ResumeError: the person was forgotten; a persona or an interrupted run would be lost, and
            --replace was not given; or another run is at work.
    """
    refuse_forgotten({author.author_id, *chat.joined.get(author.author_id, {})}, PERSONAS)
    name = choices.choose_name(chat, author, arguments)
    with sole_run(run_folder(name)):
        resumes = arguments.resume and (not arguments.top or has_checkpoint(name))
        if not resumes and not arguments.replace:
            refuse_to_replace(name)


def prepare(chat: Chat, author: Author, recipe: Recipe, consent: Consent | None, arguments: argparse.Namespace) -> Run:
    """Build the author's corpus, and settle the run; print what the tutorial prints about the text."""
    print(f"{author.author}: {author.messages:,} messages, {author.characters:,} characters")
    if recipe.community:
        chat = leave_out(chat, author, consent)
    corpus = build_corpus(chat.messages, author, recipe, chat.bots)
    size, recipe = choices.fit_recipe(arguments, recipe, corpus)
    if size:
        print(size)
    print(run_log.describe_corpus(corpus, recipe))
    canaries = choices.choose_canaries(arguments, recipe)
    if canaries:
        check_planted(canaries, corpus)
        print(describe_planted(canaries, corpus))
    run = Run(
        name=choices.choose_name(chat, author, arguments),
        recipe=recipe,
        corpus=corpus,
        vocabulary=Vocabulary.of(corpus.community or corpus.training, recipe.rare),
        source=corpus.source([path.name for path in arguments.chat], chat),
        consent=None if canaries else consent,  # the bot loads no persona without a consent
        canaries=canaries,
    )
    draw_authors(chat.ranking, chat.is_bot, run.folder / "authors.png")
    return run


def leave_out(chat: Chat, author: Author, consent: Consent | None) -> Chat:
    """Return the chat without people who gave no consent or were forgotten; say who is left out."""
    allowed = learnable_authors(chat, author, consent)
    if note := describe_missing_consent(chat, allowed):
        print(note)
    forgotten = [person for person in forgotten_people(PERSONAS) if not allowed.isdisjoint(person.author_ids)]
    if forgotten:
        names = ", ".join(person.author for person in forgotten)
        print(f"left out, as they are not to be imitated any more: {names}")
    for person in forgotten:
        allowed = allowed.difference(person.author_ids)
    return chat.of_authors(allowed)


# Training: a run


def train_here(run: Run, arguments: argparse.Namespace) -> int:
    """Train a persona on this machine; return the exit code."""
    # If several runs were interrupted, the later ones had not begun.
    resume = arguments.resume and (not arguments.top or run.has_begun)
    with sole_run(run.folder):
        code = fit(run, resume, arguments.replace)
    if run.persona_file.exists():
        print(run_log.describe_use(run, load_persona(run.persona_file)), flush=True)
    return code


def train_elsewhere(runs: Sequence[Run], address: str) -> int:
    """Train the base network here, and from it each persona on a Ray cluster; return the exit code."""
    for run in runs:
        run.back_up()
    if runs[0].corpus.community and (code := train_base(runs[0])):
        return code
    for run, content in train_on_ray(runs, fit, address, gpus=min(1, len(gpus()))):
        refuse_forgotten(run.source.author_ids, PERSONAS)
        with written_aside(run.persona_file) as aside:
            aside.write_bytes(content)
        print(f"saved {run.persona_file}\n{run_log.describe_use(run, load_persona(run.persona_file))}", flush=True)
    return 0


def fit(run: Run, resume: bool, replaces: bool) -> int:
    """Train the base network, if others teach the language, then the author's; save the persona; return the exit code.

    Args:
        resume: whether the run continues.
        replaces: whether it may replace a persona that it did not make, and start over if one was interrupted.
    """
    run, checkpoint = begin(run, resume, replaces)
    # Everything is settled before TensorFlow is imported, which takes seconds, so that bad input is answered at once.
    print(f"device: {describe_device()}")
    if not resume:
        print(run_log.describe_plan(run, base_is_there=run.base_file.exists()), flush=True)
    if run.recipe.reading == "stream":  # the last batch of windows can't be split evenly
        share_batches(math.gcd(run.author_recipe.batch_size, run.recipe.batch_size))
    initial: Arrays = {}
    if run.corpus.community and not checkpoint:
        if code := train_base(run):
            return code
        initial, _ = run.read_base()
    training = train_author(run, checkpoint, initial)
    return finish(run, training)


def begin(run: Run, resume: bool, replaces: bool) -> tuple[Run, Checkpoint | None]:
    """Return the run, with a consent that was recorded since it was interrupted, and the checkpoint to resume from."""
    checkpoint = run.load_checkpoint() if resume else None
    if checkpoint:
        print(f"going on after epoch {len(checkpoint.progress.epochs)}, batch {checkpoint.progress.batches}")
    settled = run.settled(checkpoint, resume=resume, replaces=replaces)
    consent = settled.consent
    if consent and not run.consent:
        print(f"the consent in {run.persona_file} is kept: {consent.kind} by {consent.by}")
    return settled, checkpoint


def train_base(run: Run) -> int:
    """Train the base network on everybody's text, unless that was done before; return the exit code."""
    from model.training.loop import Training

    if run.base_file.exists():
        _, time = run.read_base()
        print(f"community: taken from {run.base_file}, learnt in {time}; to learn it anew, delete that file")
        return 0
    recipe, corpus, folder = run.community_recipe, run.community_corpus, run.base_folder
    checkpoint = load_checkpoint(corpus, recipe, folder) if run.is_at_the_base else None
    training = Training(corpus, run.vocabulary, recipe, folder, checkpoint=checkpoint, label="community, ")
    print(
        f"community: {len(corpus.training):,} characters by {len(run.corpus.authors):,} people, learnt first, "
        f"kept in {folder}"
    )
    with sole_run(folder):
        for _ in run_log.printed_epochs(run, training):
            pass
    code = report_end(training)
    if training.progress.finished:
        time = f"{training.progress.seconds / 60:.1f} minutes"
        save_arrays(training.best_arrays, {"time": time}, run.base_file)
    return code


def train_author(run: Run, checkpoint: Checkpoint | None, initial: Arrays) -> "Training":
    """Train the network on the author's text, from the base network's weights if there are any."""
    from model.training.loop import Training

    recipe = run.author_recipe
    training = Training(run.corpus, run.vocabulary, recipe, run.folder, checkpoint=checkpoint, initial=initial)
    print(f"distinct characters: {len(run.vocabulary)}, sequences: {training.plan.sequence_count:,}")
    if training.unpredictable and recipe.reading == "windows":
        print(f"held-out characters that the training text lacks, left out of the loss: {training.unpredictable}")
    prompt = sample_prompt(run.corpus, run.recipe)
    for epoch in run_log.printed_epochs(run, training):
        if epoch.number == 1 or training.progress.finished:
            show_samples(run, training, prompt, epoch)
    return training


def show_samples(run: Run, training: "Training", prompt: str, epoch: Epoch) -> None:
    """Print samples of the network as it is, and keep them in the run's folder."""
    persona = run.persona(training.arrays(), training.progress.best, training.initial)
    # The tutorial shows all four temperatures from the first epoch on.
    briefly = run.recipe.reading == "stream" and not training.progress.finished
    samples = draw_samples(persona, prompt, epoch.number, briefly=briefly)
    append_samples(samples, epoch.number, run.folder)
    print(f"\n{samples}", end="", flush=True)


# Training: the end of a run


def finish(run: Run, training: "Training") -> int:
    """Say how the run ended, and save the persona; return the exit code."""
    code = report_end(training)
    progress = training.progress
    if progress.best is None:
        return code
    if run.is_replacing and not progress.finished:
        print(f"{run.persona_file} stays as it was until the run is finished")
        return code
    save(run, training)
    if progress.diverged:
        return 0  # the persona has the weights from before
    return code


def report_end(training: "Training") -> int:
    """Say why a run ended before its time, if it did, and what to do; return the exit code."""
    if training.progress.diverged:
        print(run_log.DIVERGED, file=sys.stderr)
        return FAILED
    if not training.progress.finished:
        print(run_log.describe_resuming(sys.argv[1:], asks=sys.stdin.isatty()))
        return INTERRUPTED
    if end := run_log.describe_end(training):
        print(end)
    return 0


def save(run: Run, training: "Training") -> None:
    """Save the persona, and measure it if the run is finished."""
    replaced = run.is_replacing
    refuse_forgotten(run.source.author_ids, PERSONAS)  # it may have been asked for meanwhile
    persona = run.persona(training.best_arrays, training.progress.best, training.initial)
    save_persona(persona, run.persona_file)
    if training.progress.finished:
        add_measures(persona, run.corpus, run.canaries, run.persona_file)
    kept = kept_epochs(training.progress, training.recipe)
    print(f"saved {run.persona_file}: {run_log.describe_weights(kept, from_base=bool(training.initial))}")
    if replaced:
        print(f"the persona before is kept as {run.backup_file}")


if __name__ == "__main__":
    sys.exit(main())
