"""The tour's runner: a page that promises what does not happen is found out. `make tour` runs the README's."""

import pytest

from tests.tour import Block, TourBroken, blocks, check, run_block

PAGE = "words\n```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n```sh\ntrue\n```\n"


def test_blocks_are_found_with_what_they_must_print() -> None:
    assert list(blocks(PAGE)) == [Block("python", "print(1 + 1)\n", 2, "2\n"), Block("sh", "true\n", 9, None)]


def test_another_output_than_the_page_shows_is_found_out() -> None:
    block = Block("python", "print(1 + 1)\n", 1, "3\n")
    with pytest.raises(TourBroken, match="printed:\n2"):
        check(block, run_block(block, "", {}, {}))


def test_dots_stand_for_anything_on_their_line_and_for_no_other_line() -> None:
    check(Block("sh", "", 1, "main: ... events\nok\n"), "main: 12 events\nok\n")
    with pytest.raises(TourBroken):
        check(Block("sh", "", 1, "main: ... events\n"), "main: 12\n events\n")


def test_a_shell_block_that_fails_or_is_refused_is_found_out() -> None:
    for code in ("false\n", 'echo \'{"code": "invalid_inputs"}\'\n'):
        with pytest.raises(TourBroken):
            run_block(Block("sh", code, 1, None), "", {}, {"PATH": "/usr/bin:/bin"})
