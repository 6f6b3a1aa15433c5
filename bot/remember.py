"""The people who were forgotten, for the bot's owner: listed, and imitated again, from the command line."""

from bot.settings import Settings
from bot.store import EVERYWHERE, Store
from model import UserError
from model.commands import command_line
from model.persona.forgotten import THEMSELVES, Forgotten, forgotten_people, unlist_forgotten

Entry = tuple[int, Forgotten]  # where, as a guild's id or EVERYWHERE, and who


class RememberError(UserError):
    """Nobody of that name is forgotten there, or they asked for it themselves."""


async def print_forgotten(settings: Settings) -> int:
    """Print the people who must not be imitated: who, where, since when and who asked; return the exit code."""
    store = await _opened(settings)
    try:
        entries = _entries(store, settings)
        if not entries:
            print("nobody is forgotten")
        for guild_id, person in entries:
            since = f" since {person.date}" if person.date else ""
            asked = f", asked by {person.by}" if person.by else ""
            ids = ", ".join(person.author_ids)
            print(f"{person.author or '(no name stored)'} ({ids}): {_where(guild_id)}{since}{asked}")
    finally:
        await store.close()
    return 0


async def remember(settings: Settings, wanted: str, guild_id: int, *, they_agreed: bool) -> int:
    """Undo a forgetting; return the exit code.

    Args:
        wanted: the person's name or an id of theirs.
        guild_id: the server; EVERYWHERE: the forgetting that holds everywhere.
        they_agreed: the person has agreed to be imitated again.

    Raises:
        RememberError: nobody is forgotten there under that name, or it was their own wish.
        FileError: the list beside the personas can't be read or written.
    """
    store = await _opened(settings)
    try:
        called = [entry for entry in _entries(store, settings) if _is_called(entry[1], wanted)]
        found = [person for where, person in called if where == guild_id]
        _check_found(wanted, guild_id, found, called)
        if not they_agreed and guild_id == EVERYWHERE and any(person.by in ("", THEMSELVES) for person in found):
            again = command_line("bot", "--remember", wanted, "--they-agreed")
            raise RememberError(
                f"{found[0].author or wanted} asked for it, as far as is known. If they have agreed to be imitated "
                f"again: {again}"
            )
        author_ids = {author_id for person in found for author_id in person.author_ids}
        stored = await store.remember(author_ids, guild_id)
        if guild_id == EVERYWHERE:
            unlist_forgotten(author_ids, settings.personas)
        if not stored:
            raise RememberError(f"{settings.database} can't be written, so {wanted} stays forgotten")
    finally:
        await store.close()
    print(
        f"{found[0].author or wanted} may be imitated again {_where(guild_id)}. Start the bot again if it is running. "
        "A deleted file does not come back: copy it in again, or train it."
    )
    return 0


def _check_found(wanted: str, guild_id: int, found: list[Forgotten], called: list[Entry]) -> None:
    if not found:
        places = ", ".join(sorted({_where(where) for where, _ in called}))
        hint = f"; they are {places}: see --server" if places else f"; {command_line('bot', '--forgotten')} lists all"
        raise RememberError(f"nobody called {wanted!r} is forgotten {_where(guild_id)}{hint}")
    ids = sorted({author_id for person in found for author_id in person.author_ids})
    if len(found) > 1 and wanted not in ids:
        raise RememberError(f"several people are called {wanted!r}; give one of their ids: {', '.join(ids)}")


async def _opened(settings: Settings) -> Store:
    store = Store()
    if settings.database.exists():
        await store.open(settings.database)
        if not store.is_open:
            raise RememberError(f"{settings.database} can't be read: see the line above")
    return store


def _entries(store: Store, settings: Settings) -> list[Entry]:
    """Return all that is stored, in the database and in the list beside the personas, a person's ids together."""
    listed = [(EVERYWHERE, person) for person in forgotten_people(settings.personas)]
    entries: list[Entry] = []
    for guild_id, person in [*listed, *store.forgotten]:
        _add(entries, guild_id, person)
    return entries


def _add(entries: list[Entry], guild_id: int, person: Forgotten) -> None:
    """Add an entry, or its ids to the one of the same person, place and day."""
    for where, known in entries:
        same = (known.author, known.date, known.by) == (person.author, person.date, person.by) and person.author
        if where == guild_id and (same or set(known.author_ids) & set(person.author_ids)):
            known.author_ids.extend(each for each in person.author_ids if each not in known.author_ids)
            return
    entries.append((guild_id, Forgotten(person.author, list(person.author_ids), person.date, person.by)))


def _is_called(person: Forgotten, wanted: str) -> bool:
    return wanted in person.author_ids or wanted.casefold() == person.author.casefold()


def _where(guild_id: int) -> str:
    return "everywhere" if guild_id == EVERYWHERE else f"in server {guild_id}"
