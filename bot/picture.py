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
from bot.settings import HOTTEST
from bot.text import Colour, heat_colour, mixed, plain
from model.persona.look import Look
from model.persona.vocabulary import END

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


class Canvas:
    """A picture of full width that is drawn from its parts."""

    def __init__(self, height: int) -> None:
        self.height = height
        self._image = Image.new("RGB", (WIDTH, height), GROUND)
        self._draw = ImageDraw.Draw(self._image)
        self._fonts: dict[int, Font] = {}  # by size; threads don't share them

    def write(
        self,
        x: float,
        y: float,
        text: str,
        colour: Colour = INK,
        *,
        size: int = 16,
        anchor: str = "la",
    ) -> None:
        """Write a text.

        Args:
            size: height of the letters in pixels.
            anchor: the point of the text that is put at x and y, in Pillow's letters; "la" is its upper left corner.
        """
        if size not in self._fonts:
            self._fonts[size] = _load_font(size)
        self._draw.text(
            (x, y),
            text,
            fill=colour,
            font=self._fonts[size],
            anchor=anchor,
        )

    def fill(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """Fill a rectangle."""
        box = (left, top, left + width, top + height)
        self._draw.rectangle(box, colour)

    def png(self) -> bytes:
        """Return the picture as a PNG file."""
        file = io.BytesIO()
        self._image.save(file, "PNG")
        return file.getvalue()


async def heat_picture(imitator: Imitator, prompt: Prompt, title: str, person: int = 0) -> bytes:
    """Sample a prompt's reply with its probabilities and draw them, in threads; return a PNG with the title below."""
    (request,) = prompt.requests(LENGTH)
    look = await imitator.look(request, person, prompt.persona)
    return await asyncio.to_thread(draw_heat, prompt.seed, look, title)


def draw_heat(seed: str, look: Look, title: str) -> bytes:
    """Draw the heat map and, below it, the reply; return a PNG."""
    lines = _lines(look)
    rows = min(MOST_CHARACTERS, len(look.characters))
    map_height = CELL * (rows + 5)
    reply_height = LETTER_HEIGHT * len(lines)
    canvas = Canvas(map_height + reply_height + 4 * MARGIN)

    end_of_seed = plain(seed).replace("\n", " ")[-LONGEST_TITLE:]
    canvas.write(MARGIN, MARGIN, f"after “{end_of_seed}”", size=20)
    bottom = _draw_map(canvas, look, rows, top=MARGIN + 2 * CELL)
    bottom += MARGIN
    explanation = "the brighter a letter, the more it surprised the network"
    canvas.write(MARGIN, bottom, explanation, FAINT)
    _draw_reply(canvas, lines, top=bottom + CELL + 6)
    canvas.write(MARGIN, canvas.height - MARGIN - 4, title, FAINT)
    return canvas.png()


def _draw_map(canvas: Canvas, look: Look, rows: int, top: int) -> int:
    """Draw each character's probability at each temperature, and the entropies; return where the map ends."""
    likeliest = np.argsort(-look.distribution(1.0))[:rows]
    left = MARGIN + NAMES_WIDTH
    width = (WIDTH - MARGIN - left) // len(TEMPERATURES)
    for number, temperature in enumerate(TEMPERATURES):
        column = Column(left + number * width, top, width)
        _draw_column(canvas, look, likeliest, temperature, column)
    names_end = left - 10
    for row, character in enumerate(likeliest):
        name = _name(look.characters[character])
        middle = top + CELL * (row + 1.5)
        canvas.write(names_end, middle, name, anchor="rm")
    below = top + CELL * (rows + 1)
    canvas.write(names_end, top, "temp.", FAINT, anchor="rt")
    canvas.write(names_end, below + 4, "entropy", FAINT, anchor="rt")
    return below + CELL


def _draw_column(
    canvas: Canvas,
    look: Look,
    likeliest: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    temperature: float,
    column: Column,
) -> None:
    """Draw the probabilities at one temperature, with the entropy below."""
    colour = heat_colour(temperature)
    canvas.write(column.middle, column.top, f"{temperature:g}", colour, anchor="mt")
    probabilities = look.distribution(temperature)
    top = column.top
    for character in likeliest:
        top += CELL
        share = float(probabilities[character])
        brightness = share**0.5  # the root makes small probabilities visible
        cell_colour = mixed(GROUND, colour, brightness)
        canvas.fill(column.left + 1, top + 1, column.width - 2, CELL - 2, cell_colour)
        if share >= SMALLEST_SHARE:
            canvas.write(column.middle, top + CELL / 2, f"{share:.0%}", anchor="mm")
    bits = look.entropy(temperature)
    below = top + CELL + 4
    canvas.write(column.middle, below, f"{bits:.1f} bits", colour, anchor="mt")


def _draw_reply(canvas: Canvas, lines: list[Line], top: int) -> None:
    """Draw the letters of the reply, each on a ground as bright as its surprise is great."""
    y = top
    for line in lines:
        x = MARGIN
        for letter in line:
            surprise = min(letter.bits / MOST_BITS, 1.0)
            hot = heat_colour(HOTTEST * surprise)
            canvas.fill(x, y, LETTER_WIDTH, LETTER_HEIGHT - 3, mixed(GROUND, hot, surprise))
            middle = x + LETTER_WIDTH / 2
            canvas.write(middle, y + LETTER_HEIGHT / 2 - 1, letter.character, size=22, anchor="mm")
            x += LETTER_WIDTH
        y += LETTER_HEIGHT


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


def _load_font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
