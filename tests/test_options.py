from dataclasses import replace

from model.persona.recipe import RECIPES, SHORT_BATCH, SIZES
from model.training import choices
from model.training.choices import choose_recipe, fit_recipe
from model.training.options import parse_arguments
from tests.conftest import corpus


def sized(monkeypatch, gpus, community, *words):
    """The recipe that a run of these words has, where the author wrote 20,000 characters."""
    monkeypatch.setattr(choices, "gpus", lambda: gpus)
    arguments = parse_arguments(["chat", *words])
    text = corpus("a" * 20_000, authors={"b1": "b" * community})
    line, recipe = fit_recipe(arguments, choose_recipe(arguments), text)
    print(line)
    return recipe


def test_on_a_gpu_much_text_gets_a_large_network_with_dropout_and_large_batches(monkeypatch, capsys):
    mimic = RECIPES["mimic"]
    assert sized(monkeypatch, ["gpu:0"], 400_000) == replace(mimic, **SIZES["large"])
    assert "size: large: units 1024, layers 2, ngrams 524288, dropout 0.25, batch size 256" in capsys.readouterr().out
    assert SIZES["large"]["batch_size"] == 256
    quick = sized(monkeypatch, ["gpu:0"], 400_000, "--minutes", "1", "--dropout", "0", "--ngrams", "0")
    assert quick == replace(mimic, **SIZES["large"] | {"minutes": 1.0, "dropout": 0.0, "ngrams": 0})
    assert "size: large: units 1024, layers 2, ngrams 0, dropout 0.0, batch size 256" in capsys.readouterr().out
    assert sized(monkeypatch, ["gpu:0"], 200_000) == replace(mimic, **SIZES["tiny"])
    # Asked for, where there are no characters for 256 rows.
    assert sized(monkeypatch, [], 10_000, "--size", "large").batch_size == mimic.batch_size
    assert sized(monkeypatch, [], 400_000, "--minutes", "1").batch_size == SHORT_BATCH
    # What is given is kept, and the size sets the rest.
    assert sized(monkeypatch, [], 400_000, "--units", "100") == replace(mimic, units=100)
    for words in (["--units", "100"], ["--units", "100", "--size", "large"]):
        assert sized(monkeypatch, ["gpu:0"], 400_000, *words) == replace(mimic, **SIZES["large"] | {"units": 100})
