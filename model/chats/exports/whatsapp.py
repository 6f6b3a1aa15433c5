"""WhatsApp's exported chats: iOS' "_chat.txt" and Android's "WhatsApp Chat with Ada.txt".

Times have no zone; UTC is assumed. Texts stay as they are: folding them (NFKC), as some readers do to find the dates,
turns people's "…" into "...". On iOS all lines by WhatsApp itself begin with U+200E, in every language.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pandas as pd

from model.chats.exports.files import File, Format, Row, tables
from model.chats.messages import SOMEONE

MORNING = ("am", "πμ", "öö", "дп", "ص", "sa", "vm", "pg", "上午", "凌晨", "清晨", "早上", "午前", "오전")
AFTERNOON = ("pm", "μμ", "ös", "пп", "م", "ch", "nm", "ptg", "下午", "中午", "晚上", "午後", "오후")
HOURS = dict.fromkeys(MORNING, 0) | dict.fromkeys(AFTERNOON, 12)  # to add
HALF = "|".join(r"\.?\s?".join(half) + r"\.?" for half in HOURS)  # "p. m." too
MARKS = "\u200e\u200f\u202a\u202b\u202c"  # of writing direction, around names and numbers
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
    on_one_line = listed.replace("\n", " ")
    return tuple(phrase.strip() for phrase in on_one_line.split(","))


MEDIA = frozenset(_phrases(OMITTED))
GONE = frozenset(_phrases(DELETED))
BANNERS = _phrases(ENCRYPTED)
EDITED_NOTES = "|".join(_phrases(EDITED))
ANDROID_NOTE = re.compile(rf"\s?<(?:{EDITED_NOTES})\.?>\Z", re.IGNORECASE)


def _starts(head: str) -> "re.Pattern[str] | None":
    """Return the pattern of a message's start in this file; a chat that is quoted in it mostly has the other one."""
    first_line = head.lstrip().split("\n", 1)[0] + "\n"
    for pattern in (IOS, ANDROID):
        if pattern.match(first_line):
            return pattern
    return None


def recognise(head: str) -> bool:
    """Recognise a first line that starts with date and time."""
    return _starts(head) is not None


def read(file: File, dropped: Counter[str]) -> Iterator[pd.DataFrame]:
    """Read people's own words."""
    starts = _starts(file.head())
    assert starts
    unwatched = dataclasses.replace(file, progress=None)
    with unwatched.open_text() as lines:
        dates = filter(None, map(starts.match, lines))
        day_first = _is_day_first(dates)
    channel = file.folder if file.stem == "_chat" else file.stem
    with file.open_text() as lines:
        messages = _messages(lines, starts)
        yield from tables(_rows(messages, day_first, channel, dropped))


def _is_day_first(dates: Iterable["re.Match[str]"]) -> bool:
    """Return whether the day comes before the month: by a number over 12, or true, as in most of the world."""
    for date in dates:
        first = int(date[1])
        second = int(date[3])
        is_year = first > 31
        if is_year:
            continue
        if max(first, second) > 12 >= min(first, second):
            return first > second
    return True


def _messages(lines: Iterable[str], starts: "re.Pattern[str]") -> Iterator[tuple["re.Match[str]", str]]:
    """Yield the start of each message, and its text over all its lines."""
    start = None
    body = ""
    for line in lines:
        next_start = starts.match(line)
        if not next_start:
            body += line
            continue
        if start:
            yield start, _without_newline(body)
        start = next_start
        body = line[start.end() :]
    if start:
        yield start, _without_newline(body)


def _without_newline(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


def _rows(
    messages: Iterable[tuple["re.Match[str]", str]], day_first: bool, channel: str, dropped: Counter[str]
) -> Iterator[Row]:
    for start, body in messages:
        author, text = _author(body)
        words = _words(text)
        reason = _reason_to_drop(author, text)
        if not words:
            reason = reason or "media without text"
        if reason:
            dropped[reason] += 1
        else:
            yield Row(
                message_id="",
                author_id=author,
                author=author,
                sent_at=_moment(start, day_first),
                channel=channel,
                text=words,
            )


def _moment(start: "re.Match[str]", day_first: bool) -> str:
    first, _, second, third, before, hour, minute, seconds, after = start.groups()
    numbers = (int(first), int(second), int(third))
    year, month, day = _date(numbers, day_first)
    half = re.sub(r"[\W_]", "", after or before).casefold()
    hours = int(hour)
    if half in HOURS:
        hours = hours % 12 + HOURS[half]
    return f"{year:04}-{month:02}-{day:02}T{hours:02}:{int(minute):02}:{int(seconds or 0):02}"


def _date(numbers: tuple[int, int, int], day_first: bool) -> tuple[int, int, int]:
    """Return year, month and day."""
    first, second, third = numbers
    if first > 31:
        year, month, day = first, second, third
    elif day_first:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    if year < 100:
        year += 2000
    return year, month, day


def _author(body: str) -> tuple[str, str]:
    """Split a message into author and text; the author of WhatsApp's own lines is "".

    "Ada changed the subject to “a: b”" is such a line too.
    """
    start = re.match(r"([^\n]+?):(?: |\r?\Z|(?=\r?\n))", body)
    if not start:
        return "", body
    before_colon = start[1].translate(NO_MARKS)
    author = re.sub(r"\s+", " ", before_colon).strip()
    text = body[start.end() :]
    if _ends_in_quotes(author):
        return "", text
    return author, text


def _ends_in_quotes(text: str) -> bool:
    if text.count('"') % 2:
        return True
    return text.count("“") > text.count("”")


def _reason_to_drop(author: str, text: str) -> str:
    """Return why a message is not its author's own words, or "" if it is."""
    phrase = _phrase(text)
    if phrase in GONE:
        return "deleted messages"
    if not author or phrase.startswith(BANNERS):
        return "system lines"
    by_whatsapp = text.startswith("\u200e") and not text.startswith("\u200e<")
    if not by_whatsapp:
        return ""
    if phrase in MEDIA:
        return "media without text"
    return "system lines"


def _phrase(text: str) -> str:
    """Return a text as the phrases above are written."""
    return text.strip(f"{MARKS}<>. \r\n").casefold()


def _words(text: str) -> str:
    """Return what the author wrote, perhaps as a caption; "" if nothing."""
    text = IOS_NOTE.sub("", text)
    text = ANDROID_NOTE.sub("", text)
    caption, mark, note = text.rpartition("\u200e")
    if mark and _phrase(note) in MEDIA:
        text = caption.rstrip()
        if IOS_DOCUMENT.fullmatch(text):
            text = ""
    first, _, rest = text.partition("\n")
    if _is_attachment(first):
        text = rest
    text = MENTION.sub(SOMEONE, text)
    return text.translate(NO_OWN_MARKS)


def _is_attachment(line: str) -> bool:
    """Return whether a line stands for media, a file or a place, with the caption below it."""
    line = line.strip(f"{MARKS}\r")
    if _phrase(line) in MEDIA:
        return True
    return bool(ATTACHED.fullmatch(line) or PLACE.fullmatch(line))


WHATSAPP = Format("whatsapp", recognise, read)
