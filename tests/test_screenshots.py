"""The pictures of the docs: what is drawn is what the bot sent, all of it and nothing else."""

import asyncio
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from docs.chat import Message, page
from docs.screenshots import main, recorded
from tests.discord_server import BOT, person

DOCS = Path(__file__).parent.parent / "docs"
CLEO = person(9, "Cleo")


class Shown(HTMLParser):
    """A page's text and the number of its elements."""

    def __init__(self, messages):
        super().__init__()
        self.text, self.tags, self.attributes = "", Counter(), []
        self.feed(page(messages))

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def pictures():
    return asyncio.run(recorded())


def visible(content):
    """What Discord shows of what the bot writes."""
    content = re.sub(r"(?<!\\)\*\*|^-# ", "", content, flags=re.MULTILINE)
    for user_id, name in (("7", "Ada"), ("8", "Bob"), ("9", "Cleo")):
        content = content.replace(f"<@{user_id}>", f"@{name}")
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", content)


def test_each_picture_holds_all_that_the_bot_sent(pictures):
    for messages in pictures.values():
        shown, payloads = Shown(messages), [message.payload for message in messages]
        embeds = [embed for payload in payloads for embed in payload.get("embeds", [])]
        rows = [row for payload in payloads for row in payload.get("components", [])]
        buttons = [button for row in rows for button in row["components"]]
        texts = [payload["content"] for payload in payloads] + [embed["description"] for embed in embeds]
        assert all("".join(visible(text).split()) in "".join(shown.text.split()) for text in texts)
        assert all(embed["footer"]["text"] in shown.text for embed in embeds)
        assert all(f"{button.get('emoji', {}).get('name', '')}{button['label']}" in shown.text for button in buttons)
        assert (shown.tags["blockquote"], shown.tags["button"]) == (len(embeds), len(buttons))
        assert shown.tags["img"] == sum(len(message.files) for message in messages)


def test_the_pictures_show_a_reply_with_its_label_four_temperatures_a_heat_map_and_a_game(pictures):
    shown = {name: Shown(messages) for name, messages in pictures.items()}
    assert "imitation of Falstaff by a neural network · temperature 0.5" in shown["discord-mimic"].text
    assert shown["discord-mimic"].tags["button"] == 3
    colours = {value for name, value in shown["discord-temps"].attributes if name == "style" and "border" in value}
    assert shown["discord-temps"].tags["blockquote"] == len(colours) == 4
    assert shown["discord-heat"].tags["img"] == 1 and "Ada" in shown["discord-heat"].text
    found = r"The real message was [ABC]\. Found by @(Ada|Bob|Cleo), 1 of 3 who guessed\."
    assert re.search(found, shown["discord-guess"].text)
    assert "2 people have chosen." in shown["discord-guess"].text


def test_the_pictures_that_are_drawn_are_those_that_the_docs_show(pictures):
    embedded = re.findall(r'src="([\w-]+)\.png"', (DOCS / "hosting.md").read_text(encoding="utf-8"))
    assert embedded == list(pictures)
    assert {path.stem for path in DOCS.glob("discord-*.png")} == set(pictures)
    assert all((DOCS / f"{name}.png").stat().st_size < 200_000 for name in pictures)


def test_what_is_escaped_is_shown_as_it_is():
    content = r"**a \*b\*** \<i\> & \-\# no" + "\n-# small \\*print"
    shown = Shown([Message(BOT, {"content": content})])
    assert "a *b* <i> & -# no\nsmall *print" in shown.text
    assert (shown.tags["strong"], shown.tags["small"], shown.tags["i"]) == (1, 1, 1)  # the <i> is the avatar


def test_an_edit_changes_what_it_names_and_is_marked():
    buttons = [{"type": 1, "components": [{"type": 2, "style": 2, "label": "go", "disabled": True}]}]
    message = Message(BOT, {"content": "before", "components": buttons}).changed({"content": "after"})
    shown = Shown([message])
    assert "after(edited)" in shown.text and "before" not in shown.text
    assert shown.tags["button"] == 1 and ("disabled", None) in shown.attributes


def test_a_menu_shows_who_is_chosen():
    options = [{"label": "ada", "default": False}, {"label": "bob", "default": True}]
    rows = [{"type": 1, "components": [{"type": 3, "options": options}]}]
    assert "bob" in Shown([Message(BOT, {"components": rows})]).text


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"sticker_ids": ["1"]}, "sticker_ids"),
        ({"embeds": [{"description": "a", "title": "b"}]}, "title"),
        ({"components": [{"type": 1, "components": [{"type": 4}]}]}, "type 4"),
    ],
)
def test_what_cannot_be_drawn_is_refused_not_left_out(payload, named):
    with pytest.raises(ValueError, match=named):
        page([Message(CLEO, payload)])


def test_without_a_browser_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setenv("PATH", "")
    assert main() == 2
    assert re.fullmatch(r"screenshots: none of chromium, .* is on the path; install one\n", capsys.readouterr().err)
