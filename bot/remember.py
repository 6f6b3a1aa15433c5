"""Stored forgotten people become a printed list, and `forget` is undone, for the bot's owner at the command line."""

from dataclasses import replace

from bot.settings import Settings
from bot.store import EVERYWHERE, Store
from model import UserError
from model.commands import command_line
from model.persona.forgotten import THEMSELVES, Forgotten, forgotten_people, unlist_forgotten

Entry = tuple[int, Forgotten]  # a server's id or EVERYWHERE, and the person who is forgotten there


class RememberError(UserError):
    """Nobody with that name is forgotten there, or they asked for it themselves."""


async def print_forgotten(settings: Settings) -> int:
    """Print the people who must not be imitated, with place, date and who asked; return the exit code."""
    store = await _open_store(settings)
    try:
        entries = _entries(store, settings)
    finally:
        await store.close()
    if not entries:
        print("nobody is forgotten")
    for guild_id, person in entries:
        print(_line(guild_id, person))
    return 0


def _line(guild_id: int, person: Forgotten) -> str:
    name = person.author or "(no name stored)"
    ids = ", ".join(person.author_ids)
    line = f"{name} ({ids}): {_where(guild_id)}"
    if person.date:
        line += f" since {person.date}"
    if person.by:
        line += f", asked by {person.by}"
    return line


async def remember(settings: Settings, wanted: str, guild_id: int, *, they_agreed: bool) -> int:
    """Undo `forget` for a person; return the exit code.

    Args:
        wanted: the person's name or one of their ids.
        guild_id: the server in which they are forgotten, or EVERYWHERE.
        they_agreed: the person has agreed to be imitated again.

    Raises:
        RememberError: nobody with that name is forgotten there, or it was their own wish.
        FileError: the list beside the personas can't be read or written.
    """
    store = await _open_store(settings)
    try:
        people = _find_people(_entries(store, settings), wanted, guild_id)
        name = people[0].author or wanted
        if guild_id == EVERYWHERE and not they_agreed:
            _refuse_own_wish(people, name, wanted)
        author_ids = _ids_of(people)
        stored = await store.remember(author_ids, guild_id)
        if guild_id == EVERYWHERE:
            unlist_forgotten(author_ids, settings.personas)
        if not stored:
            raise RememberError(f"{settings.database} can't be written, so {wanted} stays forgotten")
    finally:
        await store.close()
    print(
        f"{name} may be imitated again {_where(guild_id)}. If the bot is running, start it again. "
        "A deleted file does not come back: copy it there again, or train the persona again."
    )
    return 0


def _find_people(entries: list[Entry], wanted: str, guild_id: int) -> list[Forgotten]:
    """Return what is stored of a person in one place.

    Raises:
        RememberError: nobody with that name is forgotten there, or several people are.
    """
    matches = [(place, person) for place, person in entries if _is_called(person, wanted)]
    people = [person for place, person in matches if place == guild_id]
    if not people:
        refusal = f"nobody called {wanted!r} is forgotten {_where(guild_id)}"
        places = sorted({_where(place) for place, _ in matches})
        if places:
            raise RememberError(f"{refusal}; they are {', '.join(places)}: see --server")
        raise RememberError(f"{refusal}; {command_line('bot', '--forgotten')} lists all")
    ids = _ids_of(people)
    if len(people) > 1 and wanted not in ids:
        choices = ", ".join(sorted(ids))
        raise RememberError(f"several people are called {wanted!r}; give one of their ids: {choices}")
    return people


def _refuse_own_wish(people: list[Forgotten], name: str, wanted: str) -> None:
    """Raise RememberError if the person asked to be forgotten, or if it is not stored who asked."""
    for person in people:
        if person.by in ("", THEMSELVES):
            again = command_line("bot", "--remember", wanted, "--they-agreed")
            raise RememberError(
                f"{name} asked for it, as far as is known. If they have agreed to be imitated again: {again}"
            )


def _ids_of(people: list[Forgotten]) -> set[str]:
    return {author_id for person in people for author_id in person.author_ids}


async def _open_store(settings: Settings) -> Store:
    store = Store()
    if settings.database.exists():
        await store.open(settings.database)
        if not store.is_open:
            raise RememberError(f"{settings.database} can't be read: see the line above")
    return store


def _entries(store: Store, settings: Settings) -> list[Entry]:
    """Return the people of the database and of the list beside the personas, each with all their ids."""
    entries: list[Entry] = []
    for person in forgotten_people(settings.personas):
        _add(entries, EVERYWHERE, person)
    for guild_id, person in store.forgotten:
        _add(entries, guild_id, person)
    return entries


def _add(entries: list[Entry], guild_id: int, person: Forgotten) -> None:
    """Add an entry, or add its ids to an entry of the same person in the same place."""
    for place, known in entries:
        if place == guild_id and _is_same(known, person):
            for author_id in person.author_ids:
                if author_id not in known.author_ids:
                    known.author_ids.append(author_id)
            return
    copy = replace(person, author_ids=list(person.author_ids))
    entries.append((guild_id, copy))


def _is_same(first: Forgotten, second: Forgotten) -> bool:
    """Return whether two entries share an id, or name, date and asker."""
    if not set(first.author_ids).isdisjoint(second.author_ids):
        return True
    if not first.author:
        return False
    return replace(first, author_ids=second.author_ids) == second


def _is_called(person: Forgotten, wanted: str) -> bool:
    if wanted in person.author_ids:
        return True
    return wanted.casefold() == person.author.casefold()


def _where(guild_id: int) -> str:
    if guild_id == EVERYWHERE:
        return "everywhere"
    return f"in server {guild_id}"
