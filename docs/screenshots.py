"""Draw the pictures of docs/hosting.md: people use the bot, and what it sends is shown as Discord would show it.

make screenshots, or python -m docs.screenshots where the fonts are in build/ already

The bot and discord.py's client are the real ones, the server is the tests' stand-in. Chromium draws.
"""

import asyncio
import io
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from bot.client import Client
from bot.imitator import Imitator
from bot.personas import Personas
from bot.settings import Settings
from docs.chat import Message, page
from tests.discord_server import BOT, TOKEN, DiscordServer, Sent, person

DOCS = Path(__file__).parent
BUILD = DOCS.parent / "build"
FONT = BUILD / "node_modules" / "twemoji-colr-font" / "twemoji.woff2"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT = 420, 3000  # CSS pixels: a phone's width, and more height than any picture needs
SCALE = 2  # pixels of the picture to one of CSS
SEED, RANDOM_SEED = "Come, Hal,", 3
OPEN_SEED = "Give me a cup of s"  # many letters may follow, so its heat map shows more
ADA, BOB, CLEO = person(7, "Ada"), person(8, "Bob"), person(9, "Cleo")


def main() -> int:
    """Draw each picture anew; return the exit code."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        print(f"screenshots: none of {', '.join(BROWSERS)} is on the path; install one", file=sys.stderr)
        return 2
    if not FONT.exists():
        print(f"screenshots: {FONT} is not there; make screenshots fetches it", file=sys.stderr)
        return 2
    for name, messages in asyncio.run(recorded()).items():
        (BUILD / f"{name}.html").write_text(page(messages), encoding="utf-8")
        picture = drawn(BUILD / f"{name}.html", browser)
        (DOCS / f"{name}.png").write_bytes(picture)
        print(f"docs/{name}.png: {len(picture) / 1000:.0f} kB")
    return 0


async def recorded() -> dict[str, list[Message]]:
    """Let people use the bot; return what was written and sent, by picture."""
    random.seed(RANDOM_SEED)  # of the game's rounds
    async with joined() as server:
        return {
            "discord-mimic": await typed(server, ADA, f"!mimic {SEED} 0.5 --random-seed {RANDOM_SEED}"),
            "discord-temps": await typed(server, BOB, f"!temps {SEED} --length 120 --random-seed {RANDOM_SEED}"),
            "discord-heat": await slash(server, "heat", OPEN_SEED),
            "discord-guess": [
                *await guess(server, ADA, {"A": ADA, "B": BOB, "C": CLEO, "reveal": ADA}),
                *await guess(server, BOB, {"A": CLEO, "C": ADA}),
            ],
        }


@asynccontextmanager
async def joined() -> AsyncIterator[DiscordServer]:
    """Start the stand-in, and the bot with its demo, which joins it."""
    server = DiscordServer()
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        await server.start(patch)
        personas = DOCS.parent / "personas"
        settings = Settings(personas=personas, persona="falstaff", cooldown=0, database=Path(folder) / "mimic.sqlite")
        imitator = Imitator(Personas(settings.personas, settings.persona))
        async with Client(settings, imitator) as client:
            running = asyncio.create_task(client.start(TOKEN))
            await asyncio.wait_for(server.ready.wait(), 10)
            yield server
        await running
        imitator.close()
        await server.stop()


async def typed(server: DiscordServer, author: dict[str, Any], command: str) -> list[Message]:
    """Let somebody type a command; return it and its answer."""
    await server.write(command, author)
    return with_answer(Message(author, {"content": command}), await server.reply())


async def slash(server: DiscordServer, command: str, seed: str) -> list[Message]:
    """Let Ada use a slash command; return its answer: the command itself is no message."""
    await server.slash(command, seed=seed, random_seed=RANDOM_SEED)
    return with_answer(Message(ADA, {"content": f"/{command}"}), await server.reply())[1:]


async def guess(server: DiscordServer, author: dict[str, Any], choices: dict[str, dict[str, Any]]) -> list[Message]:
    """Let somebody begin a round of the game, and people press its buttons; return what is there then.

    Args:
        choices: who presses a button, by its label.
    """
    await server.write("!guess", author)
    sent = await server.reply()
    asked, answer = with_answer(Message(author, {"content": "!guess"}), sent)
    buttons = {button["label"]: button["custom_id"] for button in sent.payload["components"][0]["components"]}
    for label, presser in choices.items():
        answer = answer.changed((await server.press(sent, buttons[label], author=presser)).payload)
    return [asked, answer]


def with_answer(asked: Message, sent: Sent) -> list[Message]:
    """Return a command and what the bot sent as its answer."""
    return [asked, Message(BOT, sent.payload, sent.files, asked)]


def drawn(html: Path, browser: str) -> bytes:
    """Return a page as a PNG, cut off below its last message."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--allow-file-access-from-files"]
        options += ["--virtual-time-budget=2000"]  # milliseconds, in which the fonts arrive
        options += [f"--force-device-scale-factor={SCALE}", f"--window-size={WIDTH},{HEIGHT}"]
        subprocess.run([browser, *options, f"--screenshot={picture}", html.as_uri()], check=True, capture_output=True)
        image = Image.open(picture).convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, 0)))
    _, _, _, bottom = ImageChops.difference(image, ground).getbbox()
    png = io.BytesIO()
    image = image.crop((0, 0, image.width, bottom + 12 * SCALE))
    # A third of the size, and no colour is off by more than 12 of 255.
    image.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3).save(png, "PNG", optimize=True)
    return png.getvalue()


if __name__ == "__main__":
    sys.exit(main())
