"""What the bot remembers: the servers' settings, scores, and who is to be forgotten. One SQLite file.

Nothing that anyone typed is in it. Every change is a transaction in write-ahead mode: a killed process loses none that
was answered.
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

EVERYWHERE = 0  # in place of a guild's id
# Each brings a file of the version before to its own; a file's version is their number.
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
    """How the bot behaves in one server; what is None or empty is as the bot's own settings say."""

    persona: str = ""
    temperature: float | None = None
    cooldown: float | None = None  # seconds
    channels: str = ""  # ids of the only ones where it answers, separated by spaces; after a "-": of those where not
    language: str = "en"  # of the label
    guess: bool = True

    def answers_in(self, *channel_ids: int | None) -> bool:
        """Say whether the bot answers in a channel, or in a thread, of which its channel's id is given too."""
        ids = {int(word) for word in self.channels.removeprefix("-").split()}
        return not ids or ids.isdisjoint(channel_ids) == self.channels.startswith("-")


def _settings(row: tuple[Any, ...]) -> GuildSettings:
    persona, temperature, cooldown, channels, language, guess = row
    return GuildSettings(persona, temperature, cooldown, channels, language, bool(guess))


@dataclass(frozen=True)
class Rules:
    """What holds in a server, or in direct messages, once the bot's own settings have filled the gaps."""

    persona: str
    temperature: float
    cooldown: float  # seconds
    language: str
    guess: bool

    @classmethod
    def of(cls, guild: GuildSettings, settings: Settings, personas: Sequence[str], default: str) -> "Rules":
        """Fill the gaps; a persona that is gone is the default one."""
        return cls(
            guild.persona if guild.persona in personas else default,
            settings.temperature if guild.temperature is None else guild.temperature,
            settings.cooldown if guild.cooldown is None else guild.cooldown,
            guild.language,
            guild.guess,
        )


class Store:
    """The remembered, all of it in memory too: reading waits for nothing."""

    def __init__(self) -> None:
        self._database: aiosqlite.Connection | None = None
        self._guilds: dict[int, GuildSettings] = {}
        self._channels: dict[int, str] = {}  # the personas of channels that have one of their own
        self._forgotten: dict[tuple[str, int], Forgotten] = {}  # by a person's id and a guild's
        self._scores: Counter[tuple[int, int]] = Counter()  # by guild and user
        self._votes: dict[str, tuple[int, int]] = {}  # by persona: all, and those who were fooled

    async def open(self, path: Path) -> None:
        """Open or make the file; where that can't be done the bot goes on, and forgets at its end what it was told."""
        if self.is_open:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = await aiosqlite.connect(path, isolation_level=None)
            await self._migrate()
            names = ", ".join(field.name for field in fields(GuildSettings))
            async with self._database.execute(f"SELECT guild_id, {names} FROM guild") as rows:  # noqa: S608 - our own names
                self._guilds = {row[0]: _settings(row[1:]) async for row in rows}
            async with self._database.execute("SELECT channel_id, persona FROM channel") as rows:
                self._channels = {row[0]: row[1] async for row in rows}
            columns = "author_id, guild_id, author, date, asked_by"
            async with self._database.execute(f"SELECT {columns} FROM forgotten") as rows:  # noqa: S608 - our own names
                self._forgotten = {(row[0], row[1]): Forgotten(row[2], [row[0]], row[3], row[4]) async for row in rows}
            async with self._database.execute("SELECT guild_id, user_id, points FROM score") as rows:
                self._scores = Counter({(row[0], row[1]): row[2] async for row in rows})
            async with self._database.execute("SELECT persona, votes, fooled FROM vote") as rows:
                self._votes = {row[0]: (row[1], row[2]) async for row in rows}
        except (aiosqlite.Error, OSError) as error:
            await self.close()
            log.warning("%s can't be used (%s): settings are kept until the bot stops, no longer", path, error)

    async def _migrate(self) -> None:
        assert self._database
        await self._database.execute("PRAGMA journal_mode = WAL")
        async with self._database.execute("PRAGMA user_version") as rows:
            version = (await rows.fetchone() or (0,))[0]
        if version > len(MIGRATIONS):
            raise aiosqlite.DatabaseError(f"it is of version {version}, and this bot knows {len(MIGRATIONS)}")
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            await self._database.executescript(f"BEGIN; {statements} PRAGMA user_version = {number}; COMMIT;")

    async def close(self) -> None:
        """Close the file."""
        if self._database:
            await self._database.close()
        self._database = None

    @property
    def is_open(self) -> bool:
        """Whether there is a file that changes are stored in."""
        return self._database is not None

    async def _write(self, statement: str, values: Iterable[Any]) -> bool:
        """Change the file; return whether that was possible."""
        if not self._database:
            return False
        try:
            await self._database.execute(statement, tuple(values))
            return True
        except aiosqlite.Error as error:
            log.warning("what was told could not be kept (%s): it holds until the bot stops", error)
            return False

    def guild(self, guild_id: int | None) -> GuildSettings:
        """Return a server's settings; None: those of direct messages, the defaults."""
        return self._guilds.get(guild_id or EVERYWHERE, GuildSettings())

    async def set_guild(self, guild_id: int, settings: GuildSettings) -> None:
        """Keep a server's settings."""
        self._guilds[guild_id] = settings
        marks = ", ".join("?" * (1 + len(fields(GuildSettings))))
        await self._write(f"INSERT OR REPLACE INTO guild VALUES ({marks})", (guild_id, *astuple(settings)))  # noqa: S608

    def channel_persona(self, *channel_ids: int | None) -> str:
        """Return the persona of the first of the channels that has one of its own; "" where none has."""
        return next((self._channels[each] for each in channel_ids if each in self._channels), "")

    async def set_channel_persona(self, channel_id: int, persona: str) -> None:
        """Keep a channel's persona; "": as the server's settings say."""
        self._channels.pop(channel_id, None)
        if persona:
            self._channels[channel_id] = persona
            await self._write("INSERT OR REPLACE INTO channel VALUES (?, ?)", (channel_id, persona))
        else:
            await self._write("DELETE FROM channel WHERE channel_id = ?", (channel_id,))

    async def vote(self, guild_id: int, persona: str, fooled: dict[int, bool]) -> None:
        """Count a round of the guessing game: who was fooled, by user; who was not has a point."""
        votes = self._votes.get(persona, (0, 0))
        self._votes[persona] = votes[0] + len(fooled), votes[1] + sum(fooled.values())
        await self._write("INSERT OR REPLACE INTO vote VALUES (?, ?, ?)", (persona, *self._votes[persona]))
        for user_id, wrong in fooled.items():
            if not wrong:
                self._scores[guild_id, user_id] += 1
                row = guild_id, user_id, self._scores[guild_id, user_id]
                await self._write("INSERT OR REPLACE INTO score VALUES (?, ?, ?)", row)

    def votes(self, persona: str) -> tuple[int, int]:
        """Return how many have guessed, and how many of them took an imitation for the real one."""
        return self._votes.get(persona, (0, 0))

    def best(self, guild_id: int, count: int) -> list[tuple[int, int]]:
        """Return the users of a server who guessed right most often, and how often."""
        scores = [(user_id, points) for (guild, user_id), points in self._scores.items() if guild == guild_id]
        return sorted(scores, key=lambda score: -score[1])[:count]

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
