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
NAMES_WIDTH = 80  # pixels, left of the heat map
CELL = 26  # pixels, the height of a row
LETTER_WIDTH, LETTER_HEIGHT = 16, 30  # pixels of a letter of the reply
SMALLEST_SHARE = 0.005  # of a probability that is written into its cell
MOST_BITS = 8.0  # surprise from which on a letter is as bright as it gets
LONGEST_TITLE = 56  # characters
LENGTH = 200  # characters of the reply, unless another length is asked for
NAMES = {" ": "space", "\n": "line", "\t": "tab", END: "end"}
# Fonts with more letters than Pillow's own, which knows English only; the first that this machine has.
FONTS = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "Menlo.ttc", "consola.ttf")

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Line = list[tuple[str, float]]  # characters with their surprise in bits


async def heat_picture(imitator: Imitator, prompt: Prompt, title: str, person: int = 0) -> bytes:
    """Sample a prompt's reply with its probabilities and draw them, in threads; return a PNG with the title below."""
    (request,) = prompt.requests(LENGTH)
    look = await imitator.look(request, person, prompt.persona)
    return await asyncio.to_thread(draw_heat, prompt.seed, look, title)


def draw_heat(seed: str, look: Look, title: str) -> bytes:
    """Draw both parts, one above the other, and return a PNG."""
    lines = _lines(look)
    rows = min(MOST_CHARACTERS, len(look.characters))
    height = 4 * MARGIN + CELL * (rows + 5) + LETTER_HEIGHT * len(lines)
    image = Image.new("RGB", (WIDTH, height), GROUND)
    draw = ImageDraw.Draw(image)
    after = plain(seed).replace("\n", " ")[-LONGEST_TITLE:]
    draw.text((MARGIN, MARGIN), f"after “{after}”", INK, _font(20))
    bottom = _draw_map(draw, look, rows, top=MARGIN + 2 * CELL)
    explanation = "the brighter a letter, the more it surprised the network"
    draw.text((MARGIN, bottom + MARGIN), explanation, FAINT, _font(16))
    _draw_reply(draw, lines, top=bottom + MARGIN + CELL + 6)
    draw.text((MARGIN, height - MARGIN - 4), title, FAINT, _font(16))
    png = io.BytesIO()
    image.save(png, "PNG")
    return png.getvalue()


def _draw_map(draw: ImageDraw.ImageDraw, look: Look, rows: int, top: int) -> int:
    """Draw the probabilities, characters by temperature, with their entropy; return where the map ends."""
    likeliest = np.argsort(-look.distribution(1.0))[:rows]
    left = MARGIN + NAMES_WIDTH
    width = (WIDTH - MARGIN - left) // len(TEMPERATURES)
    for column, temperature in enumerate(TEMPERATURES):
        _draw_column(draw, look, likeliest, temperature, left=left + column * width, top=top, width=width)
    font = _font(16)
    names_end = left - 10
    for row, character in enumerate(likeliest):
        name = _name(look.characters[character])
        draw.text((names_end, top + CELL * (row + 1.5)), name, INK, font, "rm")
    draw.text((names_end, top), "temp.", FAINT, font, "rt")
    draw.text((names_end, top + CELL * (rows + 1) + 4), "entropy", FAINT, font, "rt")
    return top + CELL * (rows + 2)


def _draw_column(
    draw: ImageDraw.ImageDraw,
    look: Look,
    likeliest: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    temperature: float,
    *,
    left: int,
    top: int,
    width: int,
) -> None:
    """Draw the probabilities at one temperature, from top to bottom."""
    colour = heat_colour(temperature)
    font = _font(16)
    middle = left + width / 2
    draw.text((middle, top), f"{temperature:g}", colour, font, "mt")
    probabilities = look.distribution(temperature)
    for row, character in enumerate(likeliest):
        share = float(probabilities[character])
        cell_top = top + CELL * (row + 1)
        box = (left + 1, cell_top + 1, left + width - 1, cell_top + CELL - 1)
        brightness = share**0.5  # the root, so that small shares can be told apart
        draw.rectangle(box, _mix(colour, brightness))
        if share >= SMALLEST_SHARE:
            draw.text((middle, cell_top + CELL / 2), f"{share:.0%}", INK, font, "mm")
    bits = f"{look.entropy(temperature):.1f} bits"
    draw.text((middle, top + CELL * (len(likeliest) + 1) + 4), bits, colour, font, "mt")


def _draw_reply(draw: ImageDraw.ImageDraw, lines: list[Line], top: int) -> None:
    font = _font(22)
    for row, line in enumerate(lines):
        y = top + row * LETTER_HEIGHT
        for column, (character, bits) in enumerate(line):
            x = MARGIN + column * LETTER_WIDTH
            surprise = min(bits / MOST_BITS, 1.0)
            box = (x, y, x + LETTER_WIDTH, y + LETTER_HEIGHT - 3)
            draw.rectangle(box, _mix(heat_colour(2 * surprise), surprise))
            middle = (x + LETTER_WIDTH / 2, y + LETTER_HEIGHT / 2 - 1)
            draw.text(middle, character, INK, font, "mm")


def _lines(look: Look) -> list[Line]:
    """Break the reply into lines, at newlines and, where a line is full, after its last space."""
    columns = (WIDTH - 2 * MARGIN) // LETTER_WIDTH
    lines: list[Line] = []
    line: Line = []
    for character, bits in zip(plain(look.reply), look.bits, strict=True):
        if character == "\n":
            lines.append([*line, ("¶", bits)])
            line = []
            continue
        line.append((character, bits))
        if len(line) > columns:
            end = _last_space(line, columns - 1)
            lines.append(line[: end + 1])
            line = line[end + 1 :]
    lines.append(line)
    return lines


def _last_space(line: Line, default: int) -> int:
    """Return the place of the last space of a line; the default if there is none."""
    for place in reversed(range(len(line))):
        if line[place][0] == " ":
            return place
    return default


def _mix(colour: Colour, share: float) -> Colour:
    """Mix a share of a colour into the ground."""
    red, green, blue = (round(dark + share * (light - dark)) for dark, light in zip(GROUND, colour, strict=True))
    return red, green, blue


def _name(character: str) -> str:
    return NAMES.get(character) or plain(character)


def _font(size: int) -> Font:
    for name in FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
