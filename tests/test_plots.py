import warnings

import matplotlib.image
import pandas as pd

from model.measures import plots
from model.measures.plots import FONT, author_labels, characters_in, draw_authors, draw_curve, drawable, fonts_for


def authors(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["author_id", "author", "messages"])


def test_the_chart_of_authors_has_ten_bars_at_most(tmp_path):
    few, many = (authors(*((f"a{i}", f"A{i}", n - i) for i in range(n))) for n in (1, 30))
    for ranking, height in ((few, 187), (many, 576)):  # 1.2 + 0.36 inches a bar, 120 pixels each
        draw_authors(ranking, pd.Series([False] * len(ranking)), tmp_path / "deep" / "authors.png")
        assert abs(matplotlib.image.imread(tmp_path / "deep" / "authors.png").shape[0] - height) <= 1


def test_names_are_drawn_as_they_are(tmp_path):
    ranking = authors(
        ("1", "$_$", 9), ("2", "田中さくら", 8), ("3", "ليلى 🌙", 7), ("4", "a\nb\x1b", 6), ("5", "\U0010fffd", 5)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_authors(ranking, pd.Series([False] * 5), tmp_path / "authors.png")
    assert (tmp_path / "authors.png").exists()


def test_two_people_of_one_name_are_two_bars_told_apart_by_their_ids(tmp_path, monkeypatch):
    ranking = authors(("user2", "Tobi", 346), ("user9", "Tobi", 170), ("Ada", "Ada", 20))
    drawn = []
    monkeypatch.setattr(plots, "_save", lambda figure, path: drawn.append(figure.axes[0]))
    draw_authors(ranking, pd.Series([True, False, False]), tmp_path / "authors.png")
    assert [bar.get_width() for bar in drawn[0].patches] == [346, 170, 20]
    assert [label.get_text() for label in drawn[0].get_yticklabels()] == ["Tobi (user2, bot)", "Tobi (user9)", "Ada"]


def test_a_letter_without_a_glyph_is_a_question_mark_and_an_emoji_is_left_out():
    known = set("abcdefghijklmnopqrstuvwxyz0123456789")
    assert drawable("l\u00e9a 🌙 x", known) == "l?a x"
    assert drawable("a\n b\x1b\u200d", known) == "a b"
    assert drawable("田中", known) == drawable("🌙", known) == ""
    assert drawable("a" * 40, known) == "a" * 31 + "…"
    # Without a letter that can be drawn, the id is the label; without that too, nothing is pretended.
    top = authors(("user1", "田中", 3), ("さくら", "さくら", 2), ("1", "lea 🌙", 1), ("2", "lea", 1))
    assert author_labels(top, [False] * 4, known) == ["user1", "?", "lea (1)", "lea (2)"]


def test_what_the_first_font_lacks_is_drawn_in_another_that_has_it():
    first, stix = characters_in([FONT]), characters_in(["STIXGeneral"])  # both come with matplotlib
    (lacking,) = sorted(stix - first)[:1]
    assert lacking in characters_in(fonts_for(f"Ada {lacking}"))
    assert fonts_for("Ada Ünal Привет") == []
    assert not any("Last Resort" in font for font in fonts_for("田中さくら🌙"))


def test_a_curve_is_drawn_from_one_epoch_and_without_held_out_text(tmp_path):
    draw_curve([3.0], [None], tmp_path / "alone.png")
    draw_curve([3.0, 2.0], [3.1, 2.9], tmp_path / "both.png")
    alone, both = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("alone", "both"))
    assert alone.shape == both.shape and (alone != both).any()
