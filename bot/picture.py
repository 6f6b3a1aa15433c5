"""A prompt becomes the picture of `heat`: what may come next, and how surprising each letter of a reply was.

Light letters on a dark ground can be read in both of Discord's modes, dark and light.
"""

import asyncio
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.imitator import Imitator
from bot.prompt import Prompt
from bot.text import Colour, heat_colour, mixed, plain
from model.look import Look
from model.vocabulary import END

WIDTH = 800  # pixels; a phone shows it whole, and every letter can still be read
MARGIN = 24  # pixels
GROUND: Colour = (30, 31, 34)
FAINT: Colour = (148, 155, 164)
INK: Colour = (242, 243, 245)
TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0)
MOST_CHARACTERS = 14  # rows of the heat map, the likeliest characters at temperature 1
NAMES_WIDTH = 80  # pixels for the characters' names, left of the heat map
CELL = 26  # pixels, the height of a row
LETTER_WIDTH, LETTER_HEIGHT = 16, 30  # pixels of a letter of the reply
SMALLEST_SHARE = 0.005  # smaller probabilities are not written into their cells
MOST_BITS = 8.0  # a letter of this surprise, or a greater one, has the full colour
LONGEST_TITLE = 56  # characters
LENGTH = 200  # characters of the reply if the prompt asks for no other length
NAMES = {" ": "space", "\n": "line", "\t": "tab", END: "end"}
# Pillow's own font holds only Latin letters; the first of these that this machine has is used instead.
FONTS = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "Menlo.ttc", "consola.ttf")

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class Letter:
    """A letter of the reply."""

    character: str
    bits: float  # surprise


Line = list[Letter]


@dataclass(frozen=True)
class Column:
    """The place of a temperature's column in the heat map, in pixels."""

    left: int
    top: int
    width: int

    @property
    def middle(self) -> float:
        """The horizontal middle."""
        return self.left + self.width / 2


async def heat_picture(imitator: Imitator, prompt: Prompt, title: str, person: int = 0) -> bytes:
    """Sample a prompt's reply with its probabilities and draw them, in threads; return a PNG with the title below."""
    (request,) = prompt.requests(LENGTH)
    look = await imitator.look(request, person, prompt.persona)
    return await asyncio.to_thread(draw_heat, prompt.seed, look, title)


def draw_heat(seed: str, look: Look, title: str) -> bytes:
    """Draw the heat map and, below it, the reply; return a PNG."""
    lines = _lines(look)
    rows = min(MOST_CHARACTERS, len(look.characters))
    reply_height = LETTER_HEIGHT * len(lines)
    height = 4 * MARGIN + CELL * (rows + 5) + reply_height
    image = Image.new("RGB", (WIDTH, height), GROUND)
    draw = ImageDraw.Draw(image)

    end_of_seed = plain(seed).replace("\n", " ")[-LONGEST_TITLE:]
    draw.text((MARGIN, MARGIN), f"after “{end_of_seed}”", INK, _font(20))
    bottom = _draw_map(draw, look, rows, top=MARGIN + 2 * CELL)
    explanation = "the brighter a letter, the more it surprised the network"
    draw.text((MARGIN, bottom + MARGIN), explanation, FAINT, _font(16))
    _draw_reply(draw, lines, top=bottom + MARGIN + CELL + 6)
    draw.text((MARGIN, height - MARGIN - 4), title, FAINT, _font(16))

    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _draw_map(draw: ImageDraw.ImageDraw, look: Look, rows: int, top: int) -> int:
    """Draw each character's probability at each temperature, and the entropies; return where the map ends."""
    likeliest = np.argsort(-look.distribution(1.0))[:rows]
    left = MARGIN + NAMES_WIDTH
    width = (WIDTH - MARGIN - left) // len(TEMPERATURES)
    for number, temperature in enumerate(TEMPERATURES):
        column = Column(left + number * width, top, width)
        _draw_column(draw, look, likeliest, temperature, column)
    font = _font(16)
    names_end = left - 10
    for row, character in enumerate(likeliest):
        name = _name(look.characters[character])
        middle = top + CELL * (row + 1.5)
        draw.text((names_end, middle), name, INK, font, "rm")
    draw.text((names_end, top), "temp.", FAINT, font, "rt")
    draw.text((names_end, top + CELL * (rows + 1) + 4), "entropy", FAINT, font, "rt")
    return top + CELL * (rows + 2)


def _draw_column(
    draw: ImageDraw.ImageDraw,
    look: Look,
    likeliest: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    temperature: float,
    column: Column,
) -> None:
    """Draw the probabilities at one temperature, with the entropy below."""
    colour = heat_colour(temperature)
    font = _font(16)
    draw.text((column.middle, column.top), f"{temperature:g}", colour, font, "mt")
    probabilities = look.distribution(temperature)
    for row, character in enumerate(likeliest, 1):
        share = float(probabilities[character])
        top = column.top + CELL * row
        brightness = share**0.5  # the root makes small probabilities visible
        _fill(draw, column.left, top, column.width, mixed(GROUND, colour, brightness))
        if share >= SMALLEST_SHARE:
            draw.text((column.middle, top + CELL / 2), f"{share:.0%}", INK, font, "mm")
    bits = f"{look.entropy(temperature):.1f} bits"
    below = column.top + CELL * (len(likeliest) + 1) + 4
    draw.text((column.middle, below), bits, colour, font, "mt")


def _fill(draw: ImageDraw.ImageDraw, left: int, top: int, width: int, colour: Colour) -> None:
    """Fill a cell of the heat map, but for a thin frame."""
    right = left + width
    bottom = top + CELL
    draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), colour)


def _draw_reply(draw: ImageDraw.ImageDraw, lines: list[Line], top: int) -> None:
    """Draw the letters of the reply, each on a ground as bright as its surprise is great."""
    font = _font(22)
    for row, line in enumerate(lines):
        y = top + row * LETTER_HEIGHT
        for column, letter in enumerate(line):
            x = MARGIN + column * LETTER_WIDTH
            surprise = min(letter.bits / MOST_BITS, 1.0)
            colour = mixed(GROUND, heat_colour(2 * surprise), surprise)
            box = (x, y, x + LETTER_WIDTH, y + LETTER_HEIGHT - 3)
            draw.rectangle(box, colour)
            middle = (x + LETTER_WIDTH / 2, y + LETTER_HEIGHT / 2 - 1)
            draw.text(middle, letter.character, INK, font, "mm")


def _lines(look: Look) -> list[Line]:
    """Break the reply into lines: at newlines and, where a line is full, after its last space."""
    columns = (WIDTH - 2 * MARGIN) // LETTER_WIDTH
    lines: list[Line] = []
    line: Line = []
    for character, bits in zip(plain(look.reply), look.bits, strict=True):
        if character == "\n":
            line.append(Letter("¶", bits))
            lines.append(line)
            line = []
            continue
        line.append(Letter(character, bits))
        if len(line) > columns:
            end = _last_space(line, columns - 1)
            lines.append(line[: end + 1])
            line = line[end + 1 :]
    lines.append(line)
    return lines


def _last_space(line: Line, default: int) -> int:
    """Return the index of the last space of a line; the default if there is none."""
    for place in reversed(range(len(line))):
        if line[place].character == " ":
            return place
    return default


def _name(character: str) -> str:
    return NAMES.get(character) or plain(character)


def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
