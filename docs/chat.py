"""Messages as Discord's client shows them, in HTML: all of what was sent, and nothing else. Knows no bot."""

import base64
import html
import re
from dataclasses import dataclass, field, replace
from typing import Any

AVATARS = ("#5865f2", "#757e8a", "#3ba55c", "#faa61a", "#ed4245")
BUTTON, MENU = 2, 3  # Discord's numbers of components
BUTTONS = {1: "primary", 2: "secondary", 3: "success", 4: "danger"}  # and of their styles
# What is drawn, and what can't be seen.
OF_A_MESSAGE = {"content", "embeds", "components", "attachments", "message_reference"}
OF_A_MESSAGE |= {"allowed_mentions", "flags", "tts", "nonce", "enforce_nonce"}
OF_AN_EMBED = {"description", "footer", "color", "type", "flags"}
# What the bot writes of Discord's markup; all else it escapes.
MARKUP = re.compile(
    r"""\\(?P<escaped>[^0-9A-Za-z\s])
    | \*\*(?P<bold>(?:\\.|[^\\*])+)\*\*
    | ^-\#\ (?P<small>[^\n]+)\n?
    | <@(?P<person>\d+)>
    | (?P<plain>.)""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Message:
    """What somebody wrote, or the bot sent."""

    author: dict[str, Any]  # as Discord describes people
    payload: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    asked: "Message | None" = None  # the command that it answers, where it is an answer
    edited: bool = False

    def changed(self, payload: dict[str, Any]) -> "Message":
        """Return the message after an edit, which leaves alone what it doesn't name."""
        return replace(self, payload=self.payload | payload, edited=True)


def page(messages: list[Message]) -> str:
    """Return a channel's messages as a page."""
    people = [each for message in messages for each in (message, message.asked) if each]
    names = {each.author["id"]: each.author["username"] for each in people}
    shown = "\n".join(_message(message, names) for message in messages)
    head = '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="../docs/chat.css">'
    return f"{head}\n<main>\n{shown}\n</main>\n"


def _message(message: Message, names: dict[str, str]) -> str:
    payload = message.payload
    _refuse_others(payload, OF_A_MESSAGE)
    app = '<span class="app">APP</span>' if message.author["bot"] else ""
    edited = '<span class="edited">(edited)</span>' if message.edited else ""
    parts = [
        f"<header>{_name(message)}{app}</header>",
        f'<div class="text">{_marked(payload["content"], names)}{edited}</div>' if payload.get("content") else "",
        *(_embed(embed, names) for embed in payload.get("embeds") or []),
        *(_picture(message.files[each["filename"]], each["description"]) for each in payload.get("attachments") or []),
        *(_row(row) for row in payload.get("components") or []),
    ]
    shown = f"{_asked(message, names)}{_avatar(message)}<section>{''.join(parts)}</section>"
    return f"<article>{shown}</article>"


def _asked(message: Message, names: dict[str, str]) -> str:
    """Show above an answer what it refers to: a message, or else the slash command that was used."""
    if not message.asked:
        return ""
    words = _marked(message.asked.payload["content"], names)
    how = "" if message.payload.get("message_reference") else "<span>used</span>"
    kind = "command" if how else "quoted"
    return f'<aside>{_avatar(message.asked)}{_name(message.asked)}{how}<span class="{kind}">{words}</span></aside>'


def _name(message: Message) -> str:
    return f"<b>{html.escape(message.author['username'])}</b>"


def _avatar(message: Message) -> str:
    colour, letter = AVATARS[int(message.author["id"]) % len(AVATARS)], html.escape(message.author["username"][0])
    return f'<i class="avatar" style="background: {colour}">{letter}</i>'


def _marked(text: str, names: dict[str, str]) -> str:
    """Turn Discord's markup into HTML's."""

    def shown(match: re.Match[str]) -> str:
        kind, words = match.lastgroup, match[match.lastgroup or 0]
        match kind:
            case "bold":
                return f"<strong>{_marked(words, names)}</strong>"
            case "small":
                return f"<small>{_marked(words, names)}</small>"
            case "person":
                return f'<span class="mention">@{html.escape(names[words])}</span>'
        return html.escape(words)

    return MARKUP.sub(shown, text)


def _embed(embed: dict[str, Any], names: dict[str, str]) -> str:
    _refuse_others(embed, OF_AN_EMBED)
    colour = f"#{embed.get('color', 0x1E1F22):06x}"
    footer = f"<footer>{html.escape(embed['footer']['text'])}</footer>" if "footer" in embed else ""
    text = f'<div class="text">{_marked(embed["description"], names)}</div>'
    return f'<blockquote style="border-color: {colour}">{text}{footer}</blockquote>'


def _picture(png: bytes, description: str) -> str:
    data = base64.b64encode(png).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(description)}">'


def _row(row: dict[str, Any]) -> str:
    return f'<div class="row">{"".join(map(_component, row["components"]))}</div>'


def _component(component: dict[str, Any]) -> str:
    if component["type"] == MENU:
        chosen = next(option["label"] for option in component["options"] if option["default"])
        return f'<div class="menu">{html.escape(chosen)}</div>'
    if component["type"] != BUTTON:
        raise ValueError(f"a component of type {component['type']} can't be drawn; only buttons and menus can")
    emoji = f"<em>{html.escape(component['emoji']['name'])}</em>" if component.get("emoji") else ""
    disabled = " disabled" if component["disabled"] else ""
    style = BUTTONS[component["style"]]
    return f'<button class="{style}"{disabled}>{emoji}{html.escape(component["label"])}</button>'


def _refuse_others(payload: dict[str, Any], known: set[str]) -> None:
    if others := payload.keys() - known:
        raise ValueError(f"{', '.join(sorted(others))}: can't be drawn; only {', '.join(sorted(known))} can")
