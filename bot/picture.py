"""The picture of `heat`: what may come next at each temperature, and how surprising each letter of a reply was.

Light letters on a dark ground: Discord's dark mode and its light one both show it well.
"""

import asyncio
import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.imitator import Imitator
from bot.prompt import Prompt
from bot.text import heat_colour, plain
from model.look import Look
from model.vocabulary import END

WIDTH, MARGIN = 800, 24  # pixels: a phone shows it whole, and every letter can still be read
GROUND, FAINT, INK = (30, 31, 34), (148, 155, 164), (242, 243, 245)
TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0)
MOST_CHARACTERS = 14  # rows of the heat map: the likeliest at temperature 1
CELL = 26  # pixels, the height of a row
LETTER_WIDTH, LETTER_HEIGHT = 16, 30  # pixels of a letter of the reply
MOST_BITS = 8.0  # of surprise, from which a letter is as bright as it gets
LONGEST_TITLE = 56  # characters
LENGTH = 200  # characters of the reply, if no other is asked for
# With more letters than the one that Pillow brings, which knows English only; the first that this machine has.
FONTS = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "Menlo.ttc", "consola.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


async def heat_picture(imitator: Imitator, prompt: Prompt, title: str, person: int = 0) -> bytes:
    """Look at what is behind a prompt's reply and draw it, in threads; return a PNG with the title below."""
    (request,) = prompt.requests(LENGTH)
    behind = await imitator.look(request, person, prompt.persona)
    return await asyncio.to_thread(draw_heat, prompt.seed, behind, title)


def draw_heat(seed: str, look: Look, title: str) -> bytes:
    """Draw both parts, one above the other, and return a PNG."""
    lines = _lines(look)
    rows = min(MOST_CHARACTERS, len(look.characters))
    height = 4 * MARGIN + CELL * (rows + 5) + LETTER_HEIGHT * len(lines)
    image = Image.new("RGB", (WIDTH, height), GROUND)
    draw = ImageDraw.Draw(image)
    shown = plain(seed).replace("\n", " ")
    draw.text((MARGIN, MARGIN), f"after “{shown[-LONGEST_TITLE:]}”", INK, _font(20))
    below = _draw_map(draw, look, rows, MARGIN + 2 * CELL)
    draw.text((MARGIN, below + MARGIN), "the brighter a letter, the more it surprised the network", FAINT, _font(16))
    _draw_reply(draw, lines, below + MARGIN + CELL + 6)
    draw.text((MARGIN, height - MARGIN - 4), title, FAINT, _font(16))
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _draw_map(draw: ImageDraw.ImageDraw, look: Look, rows: int, top: int) -> int:
    """Draw the probabilities, characters by temperature, with their entropy; return where it ends."""
    likeliest = np.argsort(-look.distribution(1.0))[:rows]
    left, width = MARGIN + 80, (WIDTH - 2 * MARGIN - 80) // len(TEMPERATURES)
    font = _font(16)
    for column, temperature in enumerate(TEMPERATURES):
        x, colour = left + column * width, heat_colour(temperature)
        draw.text((x + width / 2, top), f"{temperature:g}", colour, font, "mt")
        probabilities = look.distribution(temperature)
        for row, character in enumerate(likeliest):
            share = float(probabilities[character])
            box = (x + 1, top + CELL * (row + 1) + 1, x + width - 1, top + CELL * (row + 2) - 1)
            draw.rectangle(box, _mixed(colour, share**0.5))  # small shares can be told apart by their roots
            if share >= 0.005:
                draw.text((x + width / 2, top + CELL * (row + 1.5)), f"{share:.0%}", INK, font, "mm")
        bits = f"{look.entropy(temperature):.1f} bits"
        draw.text((x + width / 2, top + CELL * (rows + 1) + 4), bits, colour, font, "mt")
    for row, character in enumerate(likeliest):
        name = _name(look.characters[character])
        draw.text((left - 10, top + CELL * (row + 1.5)), name, INK, font, "rm")
    draw.text((left - 10, top), "temp.", FAINT, font, "rt")
    draw.text((left - 10, top + CELL * (rows + 1) + 4), "entropy", FAINT, font, "rt")
    return top + CELL * (rows + 2)


def _draw_reply(draw: ImageDraw.ImageDraw, lines: list[list[tuple[str, float]]], top: int) -> None:
    font = _font(22)
    for row, line in enumerate(lines):
        for column, (character, bits) in enumerate(line):
            x, y = MARGIN + column * LETTER_WIDTH, top + row * LETTER_HEIGHT
            surprise = min(bits / MOST_BITS, 1.0)
            draw.rectangle((x, y, x + LETTER_WIDTH, y + LETTER_HEIGHT - 3), _mixed(heat_colour(2 * surprise), surprise))
            draw.text((x + LETTER_WIDTH / 2, y + LETTER_HEIGHT / 2 - 1), character, INK, font, "mm")


def _lines(look: Look) -> list[list[tuple[str, float]]]:
    """Break the reply into lines of letters with their bits, between words where there is a gap."""
    columns = (WIDTH - 2 * MARGIN) // LETTER_WIDTH
    lines: list[list[tuple[str, float]]] = [[]]
    for character, bits in zip(plain(look.reply), look.bits, strict=True):
        lines[-1].append(("¶" if character == "\n" else character, bits))
        if character == "\n":
            lines.append([])
        elif len(lines[-1]) > columns:
            gap = max((place for place, (each, _) in enumerate(lines[-1]) if each == " "), default=columns - 1)
            lines.append(lines[-1][gap + 1 :])
            del lines[-2][gap + 1 :]
    return lines


def _mixed(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    """Mix a colour into the ground."""
    red, green, blue = (round(dark + share * (light - dark)) for dark, light in zip(GROUND, colour, strict=True))
    return red, green, blue


def _name(character: str) -> str:
    return {" ": "space", "\n": "line", "\t": "tab", END: "end"}.get(character, plain(character))


def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
