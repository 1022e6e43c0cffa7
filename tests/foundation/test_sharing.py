"""The workers of a run know every folder of tests, and the files that they keep together."""

from pathlib import Path

from tests.support.sharing import ALONE, ANOTHER_SERVER, FOLDERS, ONE_CLIENT, ONE_SERVER, room_of, turn_of

TESTS = Path(__file__).parents[1]
FILES = [path.relative_to(TESTS.parent) for path in TESTS.rglob("test_*.py")]


def test_every_folder_of_tests_has_its_turn_and_no_other_does() -> None:
    # What kills servers and fills disks is left out of most runs; it would come first.
    assert {path.parent.name for path in FILES} == {*FOLDERS, "faults"}
    assert turn_of("tests/faults/test_kills.py") < turn_of("tests/sdk/test_killed.py") < turn_of("tests/core/test_x.py")


def test_files_that_are_kept_together_are_there_and_come_first() -> None:
    together = {path.name for path in FILES if room_of(f"{path}::test_it[a/b::c]") == f"sdk/{ONE_SERVER}"}
    assert {path.name for path in FILES if path.parent.name == "sdk"} - ANOTHER_SERVER - ALONE | ONE_CLIENT == together
    assert {path.name for path in FILES} > ANOTHER_SERVER | ALONE | ONE_CLIENT
    assert turn_of(f"sdk/{ONE_SERVER}") == 0


def test_any_other_file_is_a_room_of_its_own() -> None:
    assert room_of("tests/core/test_money.py::test_it[tests/sdk/x.py]") == "tests/core/test_money.py"
