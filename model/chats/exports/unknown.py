"""A file that no reader knows to a sentence: what it is, and what to give instead. Knows no reader."""

import csv
import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from model.chats.exports.files import DAMAGED, File, FormatError
from model.chats.exports.json_values import Encoded, events

WANTED = (
    "wanted an export of Discord (a data package, or DiscordChatExporter's JSON or CSV), Telegram (result.json), "
    "Slack, WhatsApp, IRC or Gitter, or a table with --author-column and --text-column, or lines with --lines-by"
)
CUT_ZIP = "a zip whose end is missing: it was cut off, probably in the download; download it again"
MEDIA = "it holds no messages; give the chat's export instead"
UNPACK = "unpack it and give the folder"
OFFICE = "save the chat as plain text or as CSV, or give the chat's export instead"
BACKUP = "a backup is no export; export the chat in the app itself (in WhatsApp: the chat's menu, More, Export chat)"
SIGNATURES: tuple[tuple[int, bytes, str, str], ...] = (  # where, which bytes, what it is, what to do
    (0, b"%PDF-", "a PDF", OFFICE),
    (0, b"{\\rtf", "a text document (RTF)", OFFICE),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document", OFFICE),
    (0, b"\x89PNG\r\n", "a picture", MEDIA),
    (0, b"\xff\xd8\xff", "a picture", MEDIA),
    (0, b"GIF87a", "a picture", MEDIA),
    (0, b"GIF89a", "a picture", MEDIA),
    (8, b"WEBPVP8", "a picture", MEDIA),
    (8, b"WAVEfmt", "a sound file", MEDIA),
    (8, b"AVI LIST", "a video", MEDIA),
    (0, b"OggS\0", "a sound file", MEDIA),
    (0, b"ID3\3", "a sound file", MEDIA),
    (0, b"ID3\4", "a sound file", MEDIA),
    (0, b"\x1aE\xdf\xa3", "a video", MEDIA),
    (0, b"SQLite format 3\0", "a database", BACKUP),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
)
MOVIE = (4, b"ftyp")  # after a length, whose first bytes are 0: MP4, MOV, HEIC, M4A
MOST_KEYS, MOST_EVENTS = 12, 2_000  # of a JSON file
MOST_LOOKED_AT = 50  # files of a folder


def binary_kind(file: File) -> str:
    """Say what a file is whose first bytes tell that it is no text, and what to do; "" if they don't.

    Errors are those of `File.open`, and DAMAGED ones.
    """
    with file.open() as content:
        start = content.read(512)
    if start.startswith(b"PK\x03\x04"):
        return CUT_ZIP  # a whole one was opened as a zip
    for place, signature, kind, advice in SIGNATURES:
        if start.startswith(signature, place):
            return f"it is {kind}; {advice}"
    if start.startswith(b"\0\0\0") and start.startswith(MOVIE[1], MOVIE[0]):
        return f"it is a video, a sound file or a picture; {MEDIA}"
    return ""


def describe(file: File) -> str:
    """Say what a text of no known format is, and what to do."""
    head = file.head()
    if not head.strip():
        return "the file is empty; export it again"
    if "\0" in head:
        return f"the file is binary, not text; {WANTED}"
    start = head.strip().splitlines()[0][:80]
    known = _other_export(head) or _json(file, head) or _table(head)
    return known or f"found {start!r}; {WANTED}"


def describe_folder(files: Mapping[str, File]) -> str:
    """Say what a folder or a zip holds in which no file is a chat export, and what to do."""
    names = [PurePosixPath(name) for name in files]
    if not files:
        return f"it holds no files; {WANTED}"
    if PurePosixPath("[Content_Types].xml") in names:
        return f"it is a Word, Excel or PowerPoint document; {OFFICE}"
    if {PurePosixPath("mimetype"), PurePosixPath("META-INF/manifest.xml")} <= set(names):
        return f"it is a LibreOffice document; {OFFICE}"
    if known := _other_export_among(files):
        return known
    endings = Counter(name.suffix.lower() or "no ending" for name in names)
    most_common = endings.most_common(5)
    found = ", ".join(f"{count:,} {ending}" for ending, count in most_common)
    return f"no file in it is a chat export (found {found}); {WANTED}"


def _other_export_among(files: Mapping[str, File]) -> str:
    """Recognise the first file that an exporter wrote for people to read; "" if there is none."""
    for name, file in itertools.islice(sorted(files.items()), MOST_LOOKED_AT):
        try:
            known = _other_export(file.head())
        except (UnicodeDecodeError, FormatError, *DAMAGED):
            continue
        if known:
            return f"{name}: {known}"
    return ""


def _other_export(head: str) -> str:
    """Recognise what exporters write for people to read, and say how to get JSON instead; "" if it isn't that."""
    start = head.lstrip("\ufeff \r\n\t")[:200].lower()
    exporter = "export again as JSON: the format JSON in its window, --format Json on the command line"
    if start.startswith(("<!doctype html", "<html")):
        if "page_wrap" in head or "<title>Exported Data</title>" in head:
            return (
                "it is Telegram's HTML; export again as JSON: in Telegram Desktop the chat's menu, "
                'Export chat history, Format, "Machine-readable JSON"'
            )
        if "chatlog" in head or "DiscordChatExporter" in head:
            return f"it is DiscordChatExporter's HTML; {exporter}"
        return f"it is a web page (HTML), and no chat is read from one; {WANTED}"
    if start.startswith("=====") and "guild:" in start and "channel:" in head[:1000].lower():
        return f"it is DiscordChatExporter's plain text; {exporter}"
    return ""


def _json(file: File, head: str) -> str:
    """Say which keys a JSON file has; "" if it isn't one."""
    if head.lstrip()[:1] not in ("{", "["):
        return ""
    keys: dict[str, None] = {}
    try:
        with file.open_text() as text:
            first_events = itertools.islice(events(Encoded(text)), MOST_EVENTS)
            for place, event, value in first_events:
                if event == "map_key" and place in ("", "item"):
                    keys[str(value)] = None
                if len(keys) == MOST_KEYS or (place, event) == ("item", "end_map"):
                    break
    except FormatError:
        return ""
    named = "without keys"
    if keys:
        listed = ", ".join(keys)[:200]
        named = f"with the keys {listed}"
    return f"it is JSON of no known format, {named}; {WANTED}"


def _table(head: str) -> str:
    """Say which columns a table has; "" if the text isn't one."""
    lines = head.strip().splitlines()[:2]
    for delimiter in "\t;,|":
        first, *second = (next(csv.reader([line], delimiter=delimiter)) for line in lines)
        columns = [name.strip() for name in first if name.strip()]
        if len(columns) > 1 and second and len(second[0]) == len(first):
            names = ", ".join(columns[:MOST_KEYS])[:200]
            return f"found a table with the columns {names}: say which to read with --author-column and --text-column"
    return ""
