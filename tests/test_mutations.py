import sys
from pathlib import Path

import pytest

from benchmarks.mutations import outcomes_of
from model.chats import exports
from tests.chat_files import EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_read_whole(tmp_path, name):
    example = EXAMPLES[name]
    for file, content in example.files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    path = tmp_path if len(example.files) > 1 else tmp_path / next(iter(example.files))
    export = exports.read([path], file_format=example.file_format)
    assert export.formats == name.split()[0] and len(export.messages)
    assert {Path(file).name for file in export.unread} <= {"README.txt", "__init__.py"}


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is measured by what /proc says")
def test_a_damaged_export_gives_a_table_or_one_line():
    outcomes = list(outcomes_of(random_seed=0, numbers=range(300)))
    assert [outcome for outcome in outcomes if outcome.is_fault] == []
    assert {outcome.format for outcome in outcomes} == set(EXAMPLES)
    assert {outcome.kind for outcome in outcomes} == {"table", "error"}


def test_every_format_has_an_example_that_is_damaged_here():
    formats = {each.name for each in (*exports.FORMATS, *exports.FOLDER_FORMATS)}
    declared = {"table", "lines"}  # whose format the command says
    assert formats | declared == {name.split()[0] for name in EXAMPLES}
