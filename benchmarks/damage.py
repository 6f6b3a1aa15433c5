"""Ways to damage a file of a chat export: its bytes, its text, its table, its JSON. Knows no format.

Each is chosen and done by the random numbers it is given.
"""

import json
import re
from collections.abc import Callable
from random import Random

DATE = re.compile(rb"\d{4}-\d\d-\d\d|\d{1,2}[./:]\d\d(?:[./:]\d\d)?|\d{9,}")
HERE = "(here)"  # is replaced by JSON that Python wouldn't write
VALUES = [
    *("null", "true", "false", "0", "-1", "1.5", "1e400", "-1e999999999", "1e99999999999999999999", "NaN"),
    *("9" * 20, "9" * 400, "9" * 5000),
    *('""', r'"\ud800"', r'"\udc00 \ud83d"', r'"\u0000"', '"0000-00-00T00:00:00"', '"9999999-01-01"', '"99999999999"'),
    *('"9999-12-31T23:59:59-23:59"', '"0001-01-01T00:00:00+23:59"', '"-1"', r'"a\r\nb\u2028c\u0085d"', r'"\x0B"'),
    *("[]", "{}", "[null]", "[[]]", '{"id": null}', '{"": [{}]}', "[1, 2]", '["a"]', '[{"type": "mention"}]'),
    *("[" * n + "]" * n for n in (50, 2000, 50_000)),
    *('{"a":' * n + "1" + "}" * n for n in (50, 2000, 50_000)),
    *("[" * 50_000, "[{}," * 30_000, f'"{"x" * 1_000_000}"', f'"{"<@" * 100_000}"', f'"{"😀@" * 100_000}"'),
]
INSERTED = [
    *(b"\0", b"\r", b"\n", b"\r\n", b'"', b"'", b",", b";", b"\t", b"\\", b"[", b"{", b"]", b"}", b"\xff", b"\xc3"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xa8", b"\xc2\x85", b"\x1b[2J"),
    *(b"\0" * 5000, b"@" * 100_000, b" " * 100_000, b"<" * 100_000, b"\\" * 70_000, b"9" * 20_000, b"[" * 20_000),
    *(b"\n" * 100_000, b'"' * 100_001, b"a:" * 50_000, b"\xe2\x80\x8e<" * 50_000, b"x" * 3_000_000),
]
DATES = [
    *(b"0000-00-00", b"0000-01-01", b"0001-01-01", b"9999-12-31", b"9999999-01-01", b"2024-02-30", b"00/00/0000"),
    *(b"99.99.99", b"99:99:99", b"-1", b"0", b"99999999999", b"9" * 30, b"1e400", b"24:00:00", b"1/1/1"),
    "٣٠.١.٢٠١٩".encode(),
]


def _truncate(random: Random, data: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def _flip(random: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 3, 20)) if data else 0):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _overwrite(random: Random, data: bytes) -> bytes:
    start, size = random.randint(0, len(data)), random.choice((1, 4, 50, 512))
    return data[:start] + random.randbytes(size) + data[start + size :]


def _insert(random: Random, data: bytes) -> bytes:
    place = random.randint(0, len(data))
    return data[:place] + random.choice(INSERTED) + data[place:]


def _slice(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 2, 10, 100, 1000)))


def _delete(random: Random, data: bytes) -> bytes:
    start, stop = _slice(random, data)
    return data[:start] + data[stop:]


def _repeat(random: Random, data: bytes) -> bytes:
    start, stop = _slice(random, data)
    return data[:start] + data[start:stop] * random.choice((2, 3, 1000)) + data[stop:]


def _swap(random: Random, data: bytes) -> bytes:
    a, b, c = sorted(random.randint(0, len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _empty(random: Random, data: bytes) -> bytes:
    return random.choice(
        (b"", b"\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"{}", b"[]", b"[{", b"null", b'"a"', b"\0" * 70_000)
    )


BYTES = [_truncate, _truncate, _flip, _flip, _overwrite, _insert, _delete, _repeat, _swap, _empty]

# What knows what text is.


def _encode(random: Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    encoding = random.choice(("utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "utf-8-sig", "utf-32", "utf-7"))
    if encoding == "utf-16-be" and random.random() < 0.5:
        text = "\ufeff" + text
    return text.encode(encoding, "replace")


def _end_lines(random: Random, data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", random.choice((b"\r", b"\r\n", b"\n\r", b"", b"\n\n")))


def _date(random: Random, data: bytes) -> bytes:
    dates = list(DATE.finditer(data))
    if not dates:
        return data
    date = random.choice(dates)
    return data[: date.start()] + random.choice(DATES) + data[date.end() :]


def _columns(random: Random, data: bytes) -> bytes:
    """Drop, repeat or reorder the columns of a table, in all rows or in one."""
    between = max((b",", b";", b"\t", b" "), key=data.split(b"\n")[0].count)
    rows = [row.split(between) for row in data.split(b"\n")]
    places = list(range(len(rows[0])))
    random.choice((random.shuffle, list.pop, lambda all_: all_.append(all_[0]), lambda all_: all_.append(-1)))(places)
    chosen = rows if random.random() < 0.7 else [random.choice(rows)]
    for row in chosen:
        row[:] = [row[place] if place < len(row) else b"" for place in places]
    return b"\n".join(between.join(row) for row in rows)


def _lines(random: Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True) or [b""]
    random.choice((random.shuffle, list.pop, list.reverse, lambda all_: all_.extend(all_[:2] * 1000)))(lines)
    return b"".join(lines)


def _json(random: Random, data: bytes) -> bytes:
    """Replace, drop or rename one of the values of a JSON document, or write it otherwise."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return random.choice(BYTES)(random, data)
    places = _places(document)
    if not places or random.random() < 0.05:
        return random.choice(VALUES).encode()
    within, key = random.choice(places)
    change = random.random()
    if change < 0.6:
        within[key] = HERE
    elif change < 0.8:
        del within[key]
    elif isinstance(within, dict):
        within[random.choice(("", "id", "type", "text", "a.b", "item", "messages"))] = within.pop(key)
    else:
        within.extend([within[key]] * random.choice((1, 500)))
    written = json.dumps(document, ensure_ascii=random.random() < 0.5, indent=random.choice((None, 2)))
    return written.replace(f'"{HERE}"', random.choice(VALUES)).encode("utf-8", "surrogatepass")


def _places(value: object) -> list[tuple[dict | list, object]]:
    """Return where all values are: what holds them, and the key."""
    if not isinstance(value, (dict, list)):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


CONTENTS: list[Callable[[Random, bytes], bytes]] = [*BYTES, _encode, _encode, _end_lines, _date, _date]
CONTENTS += [_columns, _columns, _lines, *[_json] * 8]
