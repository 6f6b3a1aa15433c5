import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.chats.exports.files import File, FormatError
from model.chats.exports.json_values import DEEPEST, items


def read(folder, text, prefix="item"):
    path = folder / "export.json"
    path.write_bytes(text.encode())
    return list(items(File(path), prefix))


def nested(depth):
    return "[" * depth + "]" * depth


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\\[{')),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=3), values, max_size=4),
)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(values=st.lists(VALUES, max_size=6))
def test_what_json_holds_is_read(tmp_path_factory, values):
    assert read(tmp_path_factory.getbasetemp(), json.dumps(values)) == values


def test_values_at_a_place_and_the_whole_are_read(tmp_path):
    text = json.dumps({"channel": {"name": "general"}, "messages": [{"id": 1}, {"id": 2}]})
    assert read(tmp_path, text, "messages.item") == [{"id": 1}, {"id": 2}]
    assert read(tmp_path, text, "channel.name") == ["general"]
    assert read(tmp_path, text, "") == [json.loads(text)]


@pytest.mark.parametrize(
    "text", [nested(DEEPEST + 1), nested(50_000), "[" * 50_000, '{"a":' * 3000, "[" + "[{}," * 40_000]
)
def test_what_is_deeper_than_any_export_is_refused(tmp_path, text):
    with pytest.raises(FormatError, match="more than 100 deep"):
        read(tmp_path, text)


def test_depth_is_that_of_lists_and_objects_not_of_what_people_write(tmp_path):
    texts = ["[" * 70_000, '\\"{' * 50_000, "\\" * 65_535 + "[" * 200, '"' * 33_333 + "[{" * 40_000]
    assert read(tmp_path, json.dumps(texts)) == texts
    assert len(read(tmp_path, f"[{','.join([nested(DEEPEST - 1)] * 500)}]")) == 500


@pytest.mark.parametrize("number", ["9" * 1000, "-" + "9" * 5000, "1." + "0" * 70_000, "1e" + "9" * 2000])
def test_numbers_that_crash_the_parser_are_refused(tmp_path, number):
    with pytest.raises(FormatError, match="a number of more than 1,000 digits"):
        read(tmp_path, f'["{"9" * 5000}", {number}]')


def test_a_number_out_of_all_bounds_is_refused(tmp_path):
    with pytest.raises(FormatError, match="out of all bounds"):
        read(tmp_path, "[1e99999999999999999999]")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "cut off"),
        ("[", "cut off"),
        ('["a', "cut off"),
        ("[nul]", "not JSON"),
        ("[1] 2", "not JSON"),
        ("]", "not JSON"),
    ],
)
def test_what_is_not_json_says_so(tmp_path, text, sentence):
    with pytest.raises(FormatError, match=re.escape(sentence)):
        read(tmp_path, text)
