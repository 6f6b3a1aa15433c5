import matplotlib.image
import pandas as pd

from model.plots import draw_authors, draw_curve


def test_the_chart_of_authors_has_ten_bars_at_most(tmp_path):
    few, many = (pd.DataFrame({"author": [f"a{i}" for i in range(n)], "messages": range(n, 0, -1)}) for n in (1, 30))
    for ranking, height in ((few, 187), (many, 576)):  # 1.2 + 0.36 inches a bar, 120 pixels each
        draw_authors(ranking, pd.Series([False] * len(ranking)), tmp_path / "deep" / "authors.png")
        assert abs(matplotlib.image.imread(tmp_path / "deep" / "authors.png").shape[0] - height) <= 1


def test_names_are_drawn_as_they_are(tmp_path):
    draw_authors(pd.DataFrame({"author": ["$_$"], "messages": [1]}), pd.Series([False]), tmp_path / "authors.png")
    assert (tmp_path / "authors.png").exists()


def test_a_curve_is_drawn_from_one_epoch_and_without_held_out_text(tmp_path):
    draw_curve([3.0], [None], tmp_path / "alone.png")
    draw_curve([3.0, 2.0], [3.1, 2.9], tmp_path / "both.png")
    alone, both = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("alone", "both"))
    assert alone.shape == both.shape and (alone != both).any()
