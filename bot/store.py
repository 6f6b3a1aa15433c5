"""Servers' settings, scores and forgotten people become rows of one SQLite file, and are read back from it.

The file holds nothing that anyone typed. Every change is a transaction in write-ahead mode: a process that is killed
loses no change that was answered.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import aiosqlite

from bot.settings import Settings
from model.persona.forgotten import THEMSELVES, Forgotten

log = logging.getLogger(__name__)

EVERYWHERE = 0  # stands for all servers where a server's id is expected
# Migration N turns a file of version N - 1 into one of version N.
MIGRATIONS = (
    """
    CREATE TABLE guild (
        guild_id INTEGER PRIMARY KEY, persona TEXT NOT NULL, temperature REAL, cooldown REAL, channels TEXT NOT NULL,
        language TEXT NOT NULL, guess INTEGER NOT NULL
    );
    CREATE TABLE forgotten (author_id TEXT, guild_id INTEGER, PRIMARY KEY (author_id, guild_id));
    CREATE TABLE score (
        guild_id INTEGER, user_id INTEGER, points INTEGER NOT NULL, PRIMARY KEY (guild_id, user_id)
    );
    CREATE TABLE vote (persona TEXT PRIMARY KEY, votes INTEGER NOT NULL, fooled INTEGER NOT NULL);
    """,
    "CREATE TABLE channel (channel_id INTEGER PRIMARY KEY, persona TEXT NOT NULL);",
    """
    ALTER TABLE forgotten ADD COLUMN author TEXT NOT NULL DEFAULT '';
    ALTER TABLE forgotten ADD COLUMN date TEXT NOT NULL DEFAULT '';
    ALTER TABLE forgotten ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
    """,
)


@dataclass(frozen=True)
class GuildSettings:
    """How the bot behaves in one server; a value that is None or empty follows the bot's own settings."""

    persona: str = ""
    temperature: float | None = None
    cooldown: float | None = None  # seconds
    channels: str = ""  # "1 2": answer only in the channels 1 and 2; "- 1 2": answer everywhere else
    language: str = "en"  # language of the label
    guess: bool = True

    def answers_in(self, *channel_ids: int | None) -> bool:
        """Return whether the bot answers in a channel.

        Args:
            channel_ids: the channel's id; for a thread, also the id of the channel that it belongs to.
        """
        ids = {int(word) for word in self.channels.removeprefix("-").split()}
        if not ids:
            return True
        is_listed = not ids.isdisjoint(channel_ids)
        listed_are_excluded = self.channels.startswith("-")
        return is_listed != listed_are_excluded


def _settings(row: tuple[Any, ...]) -> GuildSettings:
    persona, temperature, cooldown, channels, language, guess = row
    return GuildSettings(persona, temperature, cooldown, channels, language, bool(guess))


@dataclass(frozen=True)
class Rules:
    """What holds in a server or in direct messages: its settings, completed by the bot's own."""

    persona: str
    temperature: float
    cooldown: float  # seconds
    language: str
    guess: bool

    @classmethod
    def of(cls, guild: GuildSettings, settings: Settings, personas: Sequence[str], default: str) -> "Rules":
        """Complete a server's settings.

        Args:
            personas: names of the personas that may be imitated there.
            default: the persona if the server has chosen none of them.
        """
        rules = cls(
            persona=default,
            temperature=settings.temperature,
            cooldown=settings.cooldown,
            language=guild.language,
            guess=guild.guess,
        )
        if guild.persona in personas:
            rules = replace(rules, persona=guild.persona)
        if guild.temperature is not None:
            rules = replace(rules, temperature=guild.temperature)
        if guild.cooldown is not None:
            rules = replace(rules, cooldown=guild.cooldown)
        return rules


class Store:
    """The SQLite file, with a copy of all its rows in memory, so that reading never waits."""

    def __init__(self) -> None:
        self._database: aiosqlite.Connection | None = None
        self._guilds: dict[int, GuildSettings] = {}
        self._channels: dict[int, str] = {}  # personas chosen for single channels, by the channel's id
        self._forgotten: dict[tuple[str, int], Forgotten] = {}  # by a person's id and a server's
        self._scores: Counter[tuple[int, int]] = Counter()  # by the ids of server and user
        self._votes: dict[str, tuple[int, int]] = {}  # all guesses and wrong guesses, by persona

    async def open(self, path: Path) -> None:
        """Open or make the file; if that fails, log why, and keep changes in memory until the bot stops."""
        if self.is_open:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = await aiosqlite.connect(path, isolation_level=None)
            await self._migrate()
            await self._read_all()
        except (aiosqlite.Error, OSError) as error:
            await self.close()
            log.warning("%s can't be used (%s): settings last only until the bot stops", path, error)

    async def _read_all(self) -> None:
        columns = [field.name for field in fields(GuildSettings)]
        for guild_id, *settings in await self._rows("guild", "guild_id", *columns):
            self._guilds[guild_id] = _settings(tuple(settings))
        for channel_id, persona in await self._rows("channel", "channel_id", "persona"):
            self._channels[channel_id] = persona
        columns = ["author_id", "guild_id", "author", "date", "asked_by"]
        for author_id, guild_id, author, date, asked_by in await self._rows("forgotten", *columns):
            person = Forgotten(author, [author_id], date, asked_by)
            self._forgotten[author_id, guild_id] = person
        for guild_id, user_id, points in await self._rows("score", "guild_id", "user_id", "points"):
            self._scores[guild_id, user_id] = points
        for persona, votes, fooled in await self._rows("vote", "persona", "votes", "fooled"):
            self._votes[persona] = votes, fooled

    async def _rows(self, table: str, *columns: str) -> Iterable[tuple[Any, ...]]:
        assert self._database
        statement = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 - the names are constants of this module
        async with self._database.execute(statement) as cursor:
            rows = await cursor.fetchall()
        return [tuple(row) for row in rows]

    async def _migrate(self) -> None:
        assert self._database
        await self._database.execute("PRAGMA journal_mode = WAL")
        async with self._database.execute("PRAGMA user_version") as cursor:
            row = await cursor.fetchone()
        version: int = row[0] if row else 0
        newest = len(MIGRATIONS)
        if version > newest:
            raise aiosqlite.DatabaseError(f"it has version {version}, and this bot reads versions up to {newest}")
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            await self._database.executescript(f"BEGIN; {statements} PRAGMA user_version = {number}; COMMIT;")

    async def close(self) -> None:
        """Close the file."""
        if self._database:
            await self._database.close()
        self._database = None

    @property
    def is_open(self) -> bool:
        """Whether changes are stored in a file."""
        return self._database is not None

    async def _write(self, statement: str, values: Iterable[Any]) -> bool:
        """Change the file; return whether that succeeded."""
        if not self._database:
            return False
        try:
            await self._database.execute(statement, tuple(values))
            return True
        except aiosqlite.Error as error:
            log.warning("a change could not be stored (%s): it lasts until the bot stops", error)
            return False

    def guild(self, guild_id: int | None) -> GuildSettings:
        """Return a server's settings; None: the defaults, which hold in direct messages."""
        return self._guilds.get(guild_id or EVERYWHERE, GuildSettings())

    async def set_guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Store a server's settings."""
        self._guilds[guild_id] = settings
        row = (guild_id, *astuple(settings))
        marks = ", ".join("?" * len(row))
        await self._write(f"INSERT OR REPLACE INTO guild VALUES ({marks})", row)  # noqa: S608

    def channel_persona(self, *channel_ids: int | None) -> str:
        """Return the persona that was chosen for the first of these channels that has one; "" if none has."""
        for channel_id in channel_ids:
            if channel_id in self._channels:
                return self._channels[channel_id]
        return ""

    async def set_channel_persona(self, channel_id: int, persona: str) -> None:
        """Store the persona that was chosen for a channel; "" follows the server's settings."""
        self._channels.pop(channel_id, None)
        if persona:
            self._channels[channel_id] = persona
            await self._write("INSERT OR REPLACE INTO channel VALUES (?, ?)", (channel_id, persona))
        else:
            await self._write("DELETE FROM channel WHERE channel_id = ?", (channel_id,))

    async def vote(self, guild_id: int, persona: str, fooled: dict[int, bool]) -> None:
        """Count the guesses of a round of the guessing game.

        Args:
            fooled: whether each user took an imitation for the real message; the others get a point.
        """
        votes, wrong_votes = self.votes(persona)
        votes += len(fooled)
        wrong_votes += sum(fooled.values())
        self._votes[persona] = votes, wrong_votes
        await self._write("INSERT OR REPLACE INTO vote VALUES (?, ?, ?)", (persona, votes, wrong_votes))
        for user_id, wrong in fooled.items():
            if not wrong:
                self._scores[guild_id, user_id] += 1
                row = guild_id, user_id, self._scores[guild_id, user_id]
                await self._write("INSERT OR REPLACE INTO score VALUES (?, ?, ?)", row)

    def votes(self, persona: str) -> tuple[int, int]:
        """Return the number of guesses, and of wrong ones, which took an imitation for the real message."""
        return self._votes.get(persona, (0, 0))

    def best(self, guild_id: int, count: int) -> list[tuple[int, int]]:
        """Return the users of a server who found the real message most often, with their points."""
        best: list[tuple[int, int]] = []
        for (guild, user_id), points in self._scores.most_common():
            if guild == guild_id:
                best.append((user_id, points))
        return best[:count]

    def is_forgotten(self, author_ids: Collection[str], guild_id: int | None) -> bool:
        """Return whether the person with these ids must not be imitated in a server, or anywhere."""
        places = {EVERYWHERE, guild_id or EVERYWHERE}
        return any((author_id, place) in self._forgotten for author_id in author_ids for place in places)

    @property
    def forgotten(self) -> list[tuple[int, Forgotten]]:
        """The people who must not be imitated: the guild's id, or EVERYWHERE, and who it is; an entry for each id."""
        return [(guild_id, person) for (_, guild_id), person in self._forgotten.items()]

    async def forget(self, person: Forgotten, guild_id: int = EVERYWHERE) -> bool:
        """Remember that a person must not be imitated in a server, or anywhere; return whether that is stored.

        What the person asked for themselves stays theirs, whoever asks for it later.
        """
        stored = True
        for author_id in person.author_ids:
            known = self._forgotten.get((author_id, guild_id))
            if known and known.by == THEMSELVES:
                continue
            self._forgotten[author_id, guild_id] = replace(person, author_ids=[author_id])
            row = author_id, guild_id, person.author, person.date, person.by
            stored &= await self._write("INSERT OR REPLACE INTO forgotten VALUES (?, ?, ?, ?, ?)", row)
        return stored

    async def remember(self, author_ids: Collection[str], guild_id: int = EVERYWHERE) -> bool:
        """Undo `forget`; return whether that is stored."""
        stored = True
        for author_id in author_ids:
            self._forgotten.pop((author_id, guild_id), None)
            stored &= await self._write(
                "DELETE FROM forgotten WHERE author_id = ? AND guild_id = ?", (author_id, guild_id)
            )
        return stored
