"""The runners of pages find out what a page promises and does not happen. `make tour` and `make cookbook` run them."""

import os
from pathlib import Path

import pytest

from tests.cookbook import Session
from tests.pages import Block, PageBroken, blocks, check, run_shell
from tests.tour import run_block

PAGE = "words\n```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n```sh\ntrue\n```\n"


def test_blocks_are_found_with_what_they_must_print() -> None:
    assert list(blocks(PAGE)) == [Block("python", "print(1 + 1)\n", 2, "2\n"), Block("sh", "true\n", 9, None)]


def test_another_output_than_the_page_shows_is_found_out() -> None:
    block = Block("python", "print(1 + 1)\n", 1, "3\n")
    with pytest.raises(PageBroken, match="printed:\n2"):
        check(block, run_block(block, "", {}, {}))


def test_dots_stand_for_anything_on_their_line_and_for_no_other_line() -> None:
    check(Block("sh", "", 1, "main: ... events\nok\n"), "main: 12 events\nok\n")
    with pytest.raises(PageBroken):
        check(Block("sh", "", 1, "main: ... events\n"), "main: 12\n events\n")


def test_a_shell_block_that_fails_or_is_refused_is_found_out() -> None:
    for code in ("false\n", 'echo \'{"code": "invalid_inputs"}\'\n'):
        with pytest.raises(PageBroken):
            run_block(Block("sh", code, 1, None), "", {}, {"PATH": "/usr/bin:/bin"})


def test_a_shell_block_that_does_not_end_is_found_out() -> None:
    with pytest.raises(PageBroken, match="line 7 did not end"):
        run_shell(Block("sh", "", 7, None), "sleep 60", {"PATH": "/usr/bin:/bin"}, seconds=0.05)


def test_the_cookbook_is_one_session_from_block_to_block(tmp_path: Path) -> None:
    session = Session(tmp_path, "http://here", {"PATH": os.environ["PATH"]})
    session.run(Block("sh", 'ask() { echo "$1 at $URL"; }\nURL=http://127.0.0.1:8000\n', 1, None))
    assert session.run(Block("sh", "ask who\n", 2, None)) == "who at http://here\n"
    assert session.run(Block("python", 'import os\nprint(os.environ["URL"])\n', 3, None)) == "http://here\n"
    with pytest.raises(PageBroken, match="line 4"):
        session.run(Block("sh", "ask who | grep nobody\n", 4, None))


def test_a_block_says_which_program_it_needs() -> None:
    assert [each.needs for each in blocks("```sh needs=hledger\ntrue\n```\n```sh\ntrue\n```\n")] == ["hledger", None]
