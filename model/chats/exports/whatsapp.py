"""WhatsApp's exported chats, iOS' "_chat.txt" and Android's "WhatsApp Chat with Ada.txt", as telephones write them.

Times have no zone; they are taken as UTC. Texts stay as they are: folding them (NFKC), as some readers do to find the
dates, turns people's "…" into "...". On iOS all that WhatsApp says itself begins with U+200E, in every language.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from model.chats.exports.files import File, Format, Row, tables
from model.messages import SOMEONE

MORNING = ("am", "πμ", "öö", "дп", "ص", "sa", "vm", "pg", "上午", "凌晨", "清晨", "早上", "午前", "오전")
AFTERNOON = ("pm", "μμ", "ös", "пп", "م", "ch", "nm", "ptg", "下午", "中午", "晚上", "午後", "오후")
HOURS = dict.fromkeys(MORNING, 0) | dict.fromkeys(AFTERNOON, 12)  # to add
HALF = "|".join(r"\.?\s?".join(half) + r"\.?" for half in HOURS)  # "p. m." too
MARKS = "\u200e\u200f\u202a\u202b\u202c"  # of direction, around names and numbers
NO_MARKS = str.maketrans("", "", MARKS)
NO_OWN_MARKS = str.maketrans("", "", "\u200e\u202a\u202c")  # in texts: who writes from right to left types the others
DATE = rf"(\d{{1,4}})[{MARKS}]*([./,-])[{MARKS}\s]*(\d{{1,2}})[{MARKS}]*\2[{MARKS}\s]*(\d{{1,4}})\.?"
TIME = rf"([^\d\n]{{1,14}}?)(\d{{1,2}})[:.](\d\d)(?:[:.](\d\d))?(?:\s?({HALF}))?[{MARKS}]*"  # "30.1.2019 klo 8.49"
IOS = re.compile(rf"[{MARKS}]*\[{DATE}{TIME}\]\s?", re.IGNORECASE)
ANDROID = re.compile(rf"[{MARKS}]*{DATE}{TIME}(?:\s[-–]|:)\s", re.IGNORECASE)
MENTION = re.compile(r"(?<!\w)@(?:\u2068[^\u2068\u2069\n]*\u2069|\+?\d{7,15}\b)")
IOS_NOTE = re.compile(r"\s?\u200e<[^<>\n]*>\Z")  # an attachment below a caption, "<This message was edited>"
IOS_DOCUMENT = re.compile(r"[^\n]+ • \u200e[^\n]*")  # "minutes.pdf • 3 pages", the file's own
ATTACHED = re.compile(
    r"[^\n]+\.\w{1,5} \((file attached|Datei angehängt|archivo adjunto|fichier joint|file allegato|arquivo anexado"
    r"|ficheiro anexado|bestand bijgevoegd|plik dołączony|файл добавлен|dosya ekli)\)"
)
PLACE = re.compile(r"[^\n:]{1,20}: https://maps\.google\.com/\?q=\S+")
OMITTED = """media omitted, image omitted, video omitted, audio omitted, gif omitted, sticker omitted, document omitted,
contact card omitted, medien ausgeschlossen, medien weggelassen, multimedia omitido, archivo omitido, médias omis,
fichier omis, media omessi, media omesso, mídia oculta, mídia omitida, ficheiro não revelado, media weggelaten,
pominięto multimedia, pliki pominięto, без медиафайлов, файл пропущен, медіа пропущено, medya dahil edilmedi,
medya atlanmış, media utelämnat, media har utelämnats, medier udeladt, mediefil udeladt, media utelatt, uten vedlegg,
media jätettiin pois, média vynechány, média vynechána, médiá vynechané, média elhagyva, hiányzó médiafájl,
conținut media omis, αρχείο παραλήφθηκε, medijski zapis izostavljen, media tidak disertakan, media dikecualikan,
bỏ qua tệp phương tiện, メディアなし, メディアは含まれていません, 미디어 파일 제외됨, 忽略多媒體檔, 省略多媒体文件,
تم استبعاد الوسائط, המדיה לא נכללה, मीडिया के बिना"""
DELETED = """this message was deleted, you deleted this message, diese nachricht wurde gelöscht,
du hast diese nachricht gelöscht, se eliminó este mensaje, eliminaste este mensaje, ce message a été supprimé,
vous avez supprimé ce message, questo messaggio è stato eliminato, hai eliminato questo messaggio, mensagem apagada,
esta mensagem foi apagada, você apagou esta mensagem, apagou esta mensagem, dit bericht is verwijderd,
je hebt dit bericht verwijderd, u hebt dit bericht verwijderd, ta wiadomość została usunięta, usunięto tę wiadomość,
данное сообщение удалено, вы удалили данное сообщение, bu mesaj silindi, bu mesajı sildiniz, pesan ini telah dihapus,
anda menghapus pesan ini"""
EDITED = """this message was edited, diese nachricht wurde bearbeitet, se editó este mensaje, ce message a été modifié,
questo messaggio è stato modificato, mensagem editada, dit bericht is bewerkt"""
ENCRYPTED = """messages and calls are end-to-end encrypted, messages to this group are now secured,
messages to this chat and calls are now secured, messages you send to this chat and calls are now secured,
nachrichten und anrufe sind ende-zu-ende, los mensajes y las llamadas están cifrados, los mensajes y llamadas están
cifrados, les messages et les appels sont chiffrés, les messages et appels sont chiffrés, i messaggi e le chiamate sono
crittografati, as mensagens e as chamadas são protegidas, as mensagens e ligações são protegidas, berichten en oproepen
zijn end-to-end"""


def _phrases(listed: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in listed.replace("\n", " ").split(","))


MEDIA, GONE, BANNERS = frozenset(_phrases(OMITTED)), frozenset(_phrases(DELETED)), _phrases(ENCRYPTED)
ANDROID_NOTE = re.compile(rf"\s?<(?:{'|'.join(_phrases(EDITED))})\.?>\Z", re.IGNORECASE)


def _starts(head: str) -> "re.Pattern[str] | None":
    """Return how the messages of this file start; a chat quoted in one looks different, most often."""
    first = head.lstrip().split("\n", 1)[0] + "\n"
    return next((pattern for pattern in (IOS, ANDROID) if pattern.match(first)), None)


def recognise(head: str) -> bool:
    """Recognise a first line that starts with date and time."""
    return _starts(head) is not None


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read people's own words."""
    starts = _starts(file.head())
    assert starts
    with dataclasses.replace(file, progress=None).open_text() as lines:
        day_first = _is_day_first(found for line in lines if (found := starts.match(line)))
    channel = file.folder if file.stem == "_chat" else file.stem
    with file.open_text() as lines:
        yield from tables(_rows(_messages(lines, starts), day_first, channel, dropped))


def _is_day_first(dates: Iterable["re.Match[str]"]) -> bool:
    """Say whether the day comes before the month: a number over 12 tells, else it does, as in most of the world."""
    for date in dates:
        first, second = int(date[1]), int(date[3])
        if first <= 31 and max(first, second) > 12 >= min(first, second):
            return first > second
    return True


def _messages(lines: Iterable[str], starts: "re.Pattern[str]") -> Iterator[tuple["re.Match[str]", str]]:
    """Yield how each message starts, and what follows, over all its lines."""
    start, body = None, ""
    for line in lines:
        if found := starts.match(line):
            if start:
                yield start, body.removesuffix("\n").removesuffix("\r")
            start, body = found, line[found.end() :]
        else:
            body += line
    if start:
        yield start, body.removesuffix("\n").removesuffix("\r")


def _rows(
    messages: Iterable[tuple["re.Match[str]", str]], day_first: bool, channel: str, dropped: Counter[str]
) -> Iterator[Row]:
    for start, body in messages:
        author, text = _author(body)
        if reason := _left_out(author, text):
            dropped[reason] += 1
        elif words := _words(text):
            yield Row("", author, author, _moment(start, day_first), channel, words)
        else:
            dropped["media without text"] += 1


def _moment(start: "re.Match[str]", day_first: bool) -> str:
    first, _, second, third, before, hour, minute, second_of, after = start.groups()
    a, b, c = int(first), int(second), int(third)
    year, month, day = (a, b, c) if a > 31 else (c, b, a) if day_first else (c, a, b)
    half = HOURS.get(re.sub(r"[\W_]", "", after or before).casefold())
    hours = int(hour) if half is None else int(hour) % 12 + half
    year += 2000 if year < 100 else 0
    return f"{year:04}-{month:02}-{day:02}T{hours:02}:{int(minute):02}:{int(second_of or 0):02}"


def _author(body: str) -> tuple[str, str]:
    """Split a message; its author is "" where WhatsApp speaks: "Ada changed the subject to “a: b”" has none either."""
    found = re.match(r"([^\n]+?):(?: |\r?\Z|(?=\r?\n))", body)
    if not found:
        return "", body
    author = re.sub(r"\s+", " ", found[1].translate(NO_MARKS)).strip()
    in_quotes = author.count('"') % 2 or author.count("“") > author.count("”")
    return "" if in_quotes else author, body[found.end() :]


def _left_out(author: str, text: str) -> str:
    """Say why a message is not its author's words, "" where it is."""
    plain = _plain(text)
    if plain in GONE:
        return "deleted messages"
    if not author or plain.startswith(BANNERS):
        return "system lines"
    if text.startswith("\u200e") and not text.startswith("\u200e<"):
        return "media without text" if plain in MEDIA else "system lines"
    return ""


def _plain(text: str) -> str:
    return text.strip(f"{MARKS}<>. \r\n").casefold()


def _words(text: str) -> str:
    """Return what the author wrote, perhaps below a picture; "" if that is nothing."""
    text = ANDROID_NOTE.sub("", IOS_NOTE.sub("", text))
    caption, mark, note = text.rpartition("\u200e")
    if mark and _plain(note) in MEDIA:
        text = "" if IOS_DOCUMENT.fullmatch(caption.rstrip()) else caption.rstrip()
    first, _, rest = text.partition("\n")
    first = first.strip(f"{MARKS}\r")
    if _plain(first) in MEDIA or ATTACHED.fullmatch(first) or PLACE.fullmatch(first):
        text = rest
    return MENTION.sub(SOMEONE, text).translate(NO_OWN_MARKS)


WHATSAPP = Format("whatsapp", recognise, read)
