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
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    from model.commands import TRAINING, require

    require(TRAINING, "train.py")

import pandas as pd
from tqdm import tqdm

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
from model.chats.people import (
    Author,
    AuthorError,
    Chat,
    aliases,
    author_of_id,
    find_author,
    join_authors,
    matching,
    rank_authors,
    words_for,
)
from model.commands import command_line, quoted, record_consent
from model.measures import Canary, check_planted, describe_planted, plant
from model.measures.plots import draw_authors
from model.persona.file import (
    CANARIES,
    Consent,
    Persona,
    PersonaError,
    check_name,
    load_persona,
    save_persona,
)
from model.persona.find import find_persona
from model.persona.forgotten import forgotten_people, refuse_forgotten
from model.persona.recipe import Recipe
from model.persona.storage import Arrays, save_arrays, written_aside
from model.persona.vocabulary import Vocabulary
from model.training.checkpoint import FILE as CHECKPOINT
from model.training.checkpoint import ResumeError, load_checkpoint, sole_run
from model.training.cluster import train_on_ray
from model.training.corpus import Corpus, build_corpus
from model.training.device import describe_device, gpus, settle_tensorflow, share_batches
from model.training.options import (
    choose_canaries,
    choose_plain,
    choose_recipe,
    choose_rules,
    parse_arguments,
    settle_size,
)
from model.training.run import (
    PERSONAS,
    RUNS,
    Run,
    refuse_to_replace,
    run_folder,
    sample_prompt,
    write_history,
    write_samples,
)
from model.training.run_log import (
    describe_end,
    describe_epoch,
    describe_message,
    describe_plan,
    describe_prospect,
    describe_text,
    describe_weights,
    is_news,
)
from model.training.selection import kept_epochs

if TYPE_CHECKING:
    from model.training.loop import Training

MOST_NAMED = 10  # bots, and people of several names, that are listed
INTERRUPTED = 130  # exit code, as of a shell's command after Ctrl-C


def main() -> int:
    """Run the command; anything that a person can put right ends in one line and exit code 2."""
    if sys.stdout:
        sys.stdout.reconfigure(errors="replace")  # a name may hold what a terminal or a pipe can't show
    arguments = parse_arguments(sys.argv[1:])
    try:
        recipe = choose_recipe(arguments)
        if arguments.evaluate:
            arguments.evaluate = find_persona(arguments.evaluate)
            persona = load_persona(arguments.evaluate)
            recipe, arguments.author = persona.recipe, persona.source.author_id
        chat, export, cleaned = read_chat(arguments, recipe)
        if arguments.list_authors:
            list_authors(chat)
        elif arguments.report:
            report(chat, export, cleaned)
        elif arguments.evaluate:
            evaluate_again(chat, persona, arguments)
        else:
            return train(chat, recipe, arguments)
        return 0
    except UserError as error:
        print(f"train.py: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("train.py: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the pipe's reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains as it ends
        return INTERRUPTED
    return 2


def read_chat(arguments: argparse.Namespace, recipe: Recipe) -> tuple[Chat, Export, Cleaned]:
    """Read the chat exports and clean them; say what they held, what was dropped and what cleaning did."""
    with reading(arguments.chat) as progress:
        export = exports.read(arguments.chat, progress=progress, file_format=choose_plain(arguments))
    print(f"{len(export.messages):,} messages ({export.formats}){counted('; dropped: ', export.dropped)}")
    if export.unread:
        print(f"left alone, of no known format: {len(export.unread):,} ({', '.join(export.unread[:5])[:200]})")
    messages, joined = join_authors(export.messages, arguments.same_as)
    if canaries := choose_canaries(arguments, recipe):
        author = choose_author(rank_authors(messages), arguments)
        messages = plant(messages, author.author_id, canaries, recipe.fraction, recipe.random_seed)
    cleaned = clean(messages, choose_rules(arguments))
    if cleaned.changed:
        print(counted("cleaned: ", cleaned.changed) + counted("; left empty and dropped: ", cleaned.dropped))
    chat = Chat.of(cleaned.messages, export.formats, arguments.drop_author, arguments.keep_author, joined)
    if chat.is_bot.any():
        print(f"left out as bots: {described_bots(chat)}; --keep-author NAME takes one in")
        print(f"that leaves {chat.people['messages'].sum():,} messages by {len(chat.people):,} people")
    return chat, export, cleaned


@contextmanager
def reading(paths: Sequence[Path]) -> Iterator[Callable[[int], object]]:
    """Show a bar of the bytes read from the disk, where somebody looks."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    with tqdm(total=size, unit="B", unit_scale=True, desc="reading", leave=False, disable=None) as bar:
        yield bar.update


def counted(title: str, counts: Mapping[str, int]) -> str:
    """List counts behind a title; "" if there are none."""
    listed = ", ".join(f"{count:,} {reason}" for reason, count in counts.items() if count)
    return listed and title + listed


def described_bots(chat: Chat) -> str:
    """List the bots, the most active first, and what shows that they are."""
    bots = chat.ranking[chat.is_bot]
    names = [f"{row.author} ({row.bot}, {row.messages:,} messages)" for row in bots.head(MOST_NAMED).itertuples()]
    more = [f"{len(bots) - MOST_NAMED:,} more"] if len(bots) > MOST_NAMED else []
    return ", ".join(names + more)


def list_authors(chat: Chat) -> None:
    """Print the ten most active authors, however little they wrote, and who may be one person; draw them."""
    print(f"{'author':<28}{'messages':>10}{'characters':>12}  {'first':<12}{'last':<12}id")
    for row, bot in zip(chat.ranking.head(10).itertuples(), chat.is_bot, strict=False):
        first, last = (f"{day:%Y-%m-%d}" if pd.notna(day) else "" for day in (row.first, row.last))
        author = f"{row.author} (bot)" if bot else str(row.author)
        (words,) = words_for(chat.ranking, chat.ranking[chat.ranking["author_id"] == row.author_id])
        print(f"{author:<28}{row.messages:>10,}{row.characters:>12,}  {first:<12}{last:<12}{shlex.quote(words)}")
    for rows in aliases(chat.perhaps_people)[:MOST_NAMED]:
        named = zip(rows["author"], words_for(chat.ranking, rows), strict=True)
        print(f"may be one person: {', '.join(f'{name} ({words})' for name, words in named)}")
        print(f"  if so, add {same_as(chat.ranking, rows)}")
    picture = RUNS / "authors.png"
    draw_authors(chat.ranking, chat.is_bot, picture)
    print(f"drawn in {picture}")


def choose_author(ranking: pd.DataFrame, arguments: argparse.Namespace) -> Author:
    """Return the author whom the command line names, or whose persona is measured."""
    return (author_of_id if arguments.evaluate else find_author)(ranking, arguments.author)


def same_as(ranking: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Return the words that join these authors: by name if it is theirs alone."""
    names = rows["author"].tolist()
    clear = all(len(matching(ranking, name)) == 1 and not name.startswith("-") for name in names)
    first, *others = names if clear else words_for(ranking, rows)
    return " ".join(quoted("--same-as", first, other) for other in others)


def report(chat: Chat, export: Export, cleaned: Cleaned) -> None:
    """Write what there is to know about the chat, but for its messages, as a web page."""
    from model.chats.report import write_report

    page = RUNS / "report.html"
    write_report(chat, export.dropped, cleaned.changed + cleaned.dropped, page)
    print(f"written to {page}: names and counts, no messages")


def evaluate_again(chat: Chat, persona: Persona, arguments: argparse.Namespace) -> None:
    """Measure a persona on the export that it was trained on, print it and keep it in the file."""
    if arguments.canaries and not persona.name.endswith(CANARIES):
        raise PersonaError(
            f"{arguments.evaluate}: {persona.name} learnt no canaries; wanted one trained with --canaries"
        )
    author = choose_author(chat.ranking, arguments)
    chat = chat.of_authors({author.author_id, *persona.source.community})
    corpus = build_corpus(chat.messages, author, persona.recipe, chat.bots)
    if corpus.sha256 != persona.source.sha256:
        print("this is not the text that the persona learnt from: what is held out here, it may have learnt there")
    measure(persona, corpus, choose_canaries(arguments, persona.recipe), arguments.evaluate)


def measure(persona: Persona, corpus: Corpus, canaries: Sequence[Canary], file: Path) -> None:
    """Measure a persona, print that and add it to the persona's file, as the file is by then.

    Raises:
        PersonaError: meanwhile the file was deleted, which is not undone, or replaced.
    """
    from model.measures.imitation import describe, evaluate

    metrics = evaluate(persona, corpus, canaries)
    print(describe(metrics))
    if not file.exists():
        raise PersonaError(f"{file} was deleted meanwhile: the measures are not saved")
    current = load_persona(file)
    if current.created != persona.created:
        raise PersonaError(f"{file} was replaced meanwhile: the measures are not saved")
    save_persona(replace(current, metrics=current.metrics | metrics), file)


def train(chat: Chat, recipe: Recipe, arguments: argparse.Namespace) -> int:
    """Train the networks of one author, or of several; return the exit code."""
    settle_tensorflow()
    columns = shutil.get_terminal_size().columns
    for row in chat.messages.head().itertuples():
        print(describe_message(row.author, row.text, columns))
    authors = choose_authors(chat, arguments)
    for author in authors:
        refuse_forgotten({author.author_id, *chat.joined.get(author.author_id, {})}, PERSONAS)
        refuse_to_lose(persona_name(chat, author, arguments), arguments)
    show_notices(chat.formats, RUNS)
    consents = [choose_consent(arguments, chat, author, recipe.community) for author in authors]
    if None in consents:
        print(NO_CONSENT)
    runs = (  # one text at a time in memory
        prepare(chat, author, recipe, consent, arguments) for author, consent in zip(authors, consents, strict=True)
    )
    if arguments.ray:
        return train_elsewhere(list(runs), arguments.ray)
    for run in runs:
        with sole_run(run.folder):
            # One of several may not have begun when all were interrupted.
            code = fit(run, arguments.resume and (not arguments.top or run.has_begun), arguments.replace)
        if run.persona_file.exists():
            print(describe_use(run), flush=True)
        if code:
            return code
    return 0


def choose_authors(chat: Chat, arguments: argparse.Namespace) -> list[Author]:
    """Return those to imitate: as the command line says, else as the answer at the terminal, else who wrote most.

    Raises:
        AuthorError: nobody is called so, or it isn't said who of several people consents for themselves.
    """
    if arguments.top:
        return [author_of_id(chat.people, author_id) for author_id in chat.people["author_id"].head(arguments.top)]
    if arguments.author is not None:
        return [find_author(chat.ranking, arguments.author)]
    author = find_author(chat.people, None)
    if len(chat.people) == 1:
        return [author]
    if arguments.consent_kind == "own-data":
        raise AuthorError(
            f"own-data means that the author is you, and {len(chat.people):,} people write here: "
            "say who you are with --author NAME (--list-authors lists them)"
        )
    if not arguments.consent_kind and sys.stdin.isatty():
        return [ask_author(chat.people)]
    print(f"imitating {author.author}, who wrote most; --author NAME chooses another")
    return [author]


def persona_name(chat: Chat, author: Author, arguments: argparse.Namespace) -> str:
    """Return the name of an author's persona, which is that of its file and of its run too.

    Raises:
        PersonaError: no persona can be called so.
    """
    name = check_name((arguments.persona or chat.file_name(author)) + (CANARIES if arguments.canaries else ""))
    if name.endswith(CANARIES) and not arguments.canaries:
        raise PersonaError(
            f"{name!r} can't be the persona's name: those that end in {CANARIES} are for measuring alone"
        )
    return name


def refuse_to_lose(name: str, arguments: argparse.Namespace) -> None:
    """Refuse a run that would replace a persona or discard an interrupted run, before anything takes time.

    Raises:
        PersonaError, ResumeError: it would, and that was not asked for; or another run is at work.
    """
    folder = run_folder(name)
    with sole_run(folder):
        resumes = arguments.resume and (not arguments.top or (folder / CHECKPOINT).exists())
        if not resumes and not arguments.replace:
            refuse_to_replace(name)


def train_elsewhere(runs: Sequence[Run], address: str) -> int:
    """Train the base network here, and from it each persona on a Ray cluster; return the exit code."""
    for run in runs:
        run.back_up()
    if runs[0].corpus.community:
        base_network(runs[0])
    for run, content in train_on_ray(runs, fit, address, gpus=min(1, len(gpus()))):
        refuse_forgotten(run.source.author_ids, PERSONAS)
        with written_aside(run.persona_file) as aside:
            aside.write_bytes(content)
        print(f"saved {run.persona_file}\n{describe_use(run)}", flush=True)
    return 0


def fit(run: Run, resume: bool, replaces: bool) -> int:
    """Fit the network of a run, and the base network before it, and export it; return the exit code.

    Args:
        resume: whether the run is continued.
        replaces: whether it may replace a persona that it did not make, and start over where one was interrupted.
    """
    recipe = run.author_recipe
    checkpoint = None
    if resume and not run.has_begun and run.corpus.community and (others := run.other_bases):
        raise ResumeError(
            f"nothing to resume: {', '.join(map(str, others))} holds an interrupted run of another size or "
            "other text; resume with the same chat, --community-consent and --minutes, from which the size follows"
        )
    if resume and not run.is_at_the_community:
        checkpoint = load_checkpoint(run.corpus, recipe, run.folder)
        print(f"going on after epoch {len(checkpoint.progress.epochs)}, batch {checkpoint.progress.batches}")
    if not resume and not replaces:
        refuse_to_replace(run.name)
    epochs = checkpoint.progress.epochs if checkpoint else []
    if replaces and not run.earlier_persona(epochs):
        run.back_up()
    if resume:
        run = run.resumed(epochs)
    # All is settled before TensorFlow is imported, which takes seconds: bad input is answered at once.
    print(f"device: {describe_device()}")
    from model.training.loop import Training

    if not resume:
        print(describe_plan(run, base_is_there=run.base_file.exists()), flush=True)
    if recipe.reading == "stream":  # the last batch of windows can't be shared evenly
        share_batches(math.gcd(recipe.batch_size, run.recipe.batch_size))  # the author's and everybody's
    initial = None
    if run.corpus.community and not checkpoint:
        initial = base_network(run)
    training = Training(run.corpus, run.vocabulary, recipe, run.folder, checkpoint=checkpoint, initial=initial)
    print(f"distinct characters: {len(run.vocabulary)}, sequences: {training.sequence_count:,}")
    if training.unpredictable and run.recipe.reading == "windows":
        print(f"held-out characters that the training text lacks, left out of the loss: {training.unpredictable}")
    prompt = sample_prompt(run.corpus, run.recipe)
    speed = None
    for epoch in training.epochs():
        finished = training.progress.finished
        print(describe_epoch(epoch, recipe, training.share), flush=True)
        if not training.initial:
            speed = print_news(training, recipe.minutes, speed)
        write_history(training.progress.epochs, run.folder)
        if epoch.number == 1 or finished:
            persona = run.persona(training.arrays(), training.progress.best, training.initial)
            briefly = not finished and recipe.reading == "stream"  # the tutorial shows all four from the first epoch
            samples = write_samples(persona, prompt, epoch.number, run.folder, briefly=briefly)
            print(f"\n{samples}", end="", flush=True)
    return finish(run, training)


def print_news(training: "Training", minutes: float, printed: float | None) -> float | None:
    """Print what a run will come to if its speed is news; return the speed printed last, None if none was."""
    speed = training.characters_per_second
    if training.progress.finished or not is_news(speed, printed):
        return printed
    print(describe_prospect(training, minutes), flush=True)
    return speed


def base_network(run: Run) -> Arrays:
    """Train a network on everybody's text, or take the one that was trained before; exit when stopped."""
    from model.training.loop import Training

    if run.base_file.exists():
        arrays, time = run.read_base()
        print(f"community: taken from {run.base_file}, learnt in {time}; to learn it anew, delete that file")
        return arrays
    recipe, corpus, folder = run.community_recipe, run.community_corpus, run.base_folder
    checkpoint = load_checkpoint(corpus, recipe, folder) if run.is_at_the_community else None
    training = Training(corpus, run.vocabulary, recipe, folder, checkpoint=checkpoint, label="community, ")
    print(
        f"community: {len(corpus.training):,} characters by {len(run.corpus.authors):,} people, learnt first, "
        f"kept in {folder}"
    )
    with sole_run(folder):
        speed = None
        for epoch in training.epochs():
            print(f"community, {describe_epoch(epoch, recipe, training.share)}", flush=True)
            speed = print_news(training, run.recipe.minutes, speed)
            write_history(training.progress.epochs, folder)
    if not training.progress.finished:
        sys.exit(report_end(training))
    report_end(training)
    arrays = training.best_arrays
    save_arrays(arrays, {"time": f"{training.progress.seconds / 60:.1f} minutes"}, run.base_file)
    return arrays


def report_end(training: "Training") -> int:
    """Say why a run ended before its time, if it did, and what to do; return the exit code."""
    if training.diverged:
        print(
            "the loss became infinite and training stopped; add --replace to try again with a lower --learning-rate",
            file=sys.stderr,
        )
        return 2
    if not training.progress.finished:
        words = [word for word in sys.argv[1:] if word != "--resume"]
        print(f"interrupted and saved; to go on: {command_line('train.py', *words, '--resume')}")
        if sys.stdin.isatty() and "--consent-kind" not in words:
            print("it will ask for the consent again: give the same answers")
        return INTERRUPTED
    if end := describe_end(training):
        print(end)
    return 0


def finish(run: Run, training: "Training") -> int:
    """Save the persona, say how the run ended and what to do next; return the exit code.

    A run that was interrupted leaves a persona that it is to replace as it is.
    """
    best = training.progress.best
    code = report_end(training)
    if best is None:
        return code
    if run.is_replacing and not training.progress.finished:
        print(f"{run.persona_file} stays as it was until the run is finished")
        return code
    replaced = run.is_replacing
    refuse_forgotten(run.source.author_ids, PERSONAS)  # it may have been asked for meanwhile
    persona = run.persona(training.best_arrays, best, training.initial)
    save_persona(persona, run.persona_file)
    if training.progress.finished:
        measure(persona, run.corpus, run.canaries, run.persona_file)
    kept = kept_epochs(training.progress, training.recipe)
    print(f"saved {run.persona_file}: {describe_weights(kept, from_base=bool(training.initial))}")
    if replaced:
        print(f"the persona before is kept as {run.backup_file}")
    return code if not training.diverged else 0


def describe_use(run: Run) -> str:
    """Say what can be done with a persona: a line for each command."""
    if run.canaries:
        return "it learnt invented secrets and is for measuring: the bot won't load it; delete it when you are done"
    author = run.source.author
    lines = [f"to talk to it: {command_line('bot', '--console', '--persona', run.name)}"]
    if load_persona(run.persona_file).consent is None:
        lines.insert(0, f"if {author} agreed, to record it: {record_consent(run.persona_file, author)}")
    return "\n".join(lines)


def without_forgotten(author_ids: set[str]) -> set[str]:
    """Return the ids without those of people who are not to be imitated any more: they teach nobody either."""
    people = [person for person in forgotten_people(PERSONAS) if not author_ids.isdisjoint(person.author_ids)]
    if people:
        names = ", ".join(person.author for person in people)
        print(f"left out, as they are not to be imitated any more: {names}")
    return author_ids - {author_id for person in people for author_id in person.author_ids}


def prepare(chat: Chat, author: Author, recipe: Recipe, consent: Consent | None, arguments: argparse.Namespace) -> Run:
    """Build the author's corpus; print what the tutorial prints about it."""
    print(f"{author.author}: {author.messages:,} messages, {author.characters:,} characters")
    if recipe.community:
        allowed = learnable_authors(chat, author, consent)
        if note := describe_missing_consent(chat, allowed):
            print(note)
        chat = chat.of_authors(without_forgotten(allowed))
    corpus = build_corpus(chat.messages, author, recipe, chat.bots)
    if not corpus.community:
        recipe = replace(recipe, community=False)  # nobody else is there
    recipe = settle_size(arguments, recipe, training=len(corpus.training), community=len(corpus.community))
    vocabulary = Vocabulary.of(corpus.community or corpus.training, recipe.rare)
    print(
        f"to learn from: the first {corpus.training_messages:,} messages, {len(corpus.training):,} characters; "
        f"held out: the last {corpus.validation_messages:,}, {len(corpus.validation):,} characters"
    )
    print(describe_text(corpus, recipe))
    canaries = choose_canaries(arguments, recipe)
    if canaries:
        check_planted(canaries, corpus)
        print(describe_planted(canaries, corpus))
    run = Run(
        name=persona_name(chat, author, arguments),
        recipe=recipe,
        corpus=corpus,
        vocabulary=vocabulary,
        source=corpus.source([path.name for path in arguments.chat], chat),
        consent=None if canaries else consent,  # the bot loads none without
        canaries=canaries,
    )
    draw_authors(chat.ranking, chat.is_bot, run.folder / "authors.png")
    return run


if __name__ == "__main__":
    sys.exit(main())
