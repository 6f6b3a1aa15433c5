import io

import pytest
from PIL import Image

from bot.picture import GROUND, draw_heat
from model.persona.look import look
from model.persona.sampler import Request
from tests.conftest import make_persona
from tests.test_sampler import constant_persona


def drawn(seed, behind) -> Image.Image:
    return Image.open(io.BytesIO(draw_heat(seed, behind, "imitation of Ada")))


@pytest.mark.parametrize("seed", ["hello", "", "你好 😀\n\x1b[31m" * 50])
def test_any_seed_gives_a_picture_that_a_phone_shows_whole(seed):
    picture = drawn(seed, look(make_persona(), Request(seed, 1.0, 200, 1)))
    assert picture.format == "PNG" and picture.width == 800 and 600 < picture.height < 1600


def test_a_certain_character_is_in_its_temperatures_full_colour_and_the_others_are_dark():
    picture = drawn("a", look(constant_persona({"a": 100.0, "b": 0.0}), Request("a", 1.0, 3, 1)))
    colours = {colour for _, colour in picture.getcolors(1 << 20)}
    assert (77, 124, 228) in colours  # temperature 0.2: a tenth of the way from (59, 130, 246) to (239, 68, 68)
    assert GROUND in colours
