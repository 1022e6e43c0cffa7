"""A `tallystick` command in the process of the tests: starting one for it takes longer than most commands do."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from subprocess import CompletedProcess
from typing import TextIO

import pytest
import structlog

from api.cli.main import run


def in_process(arguments: Sequence[str], variables: Mapping[str, str], said: str = "") -> CompletedProcess[str]:
    """A command to its end, in this environment; `said` is what its standard input holds.

    Only from a main thread, and while no other one looks at the environment or writes to standard output.
    """
    with _files(said) as (reading, output, errors), _surrounded(reading, output, errors, variables):
        status = run(arguments)
        return CompletedProcess(arguments, status, _text(output), _text(errors))


@contextlib.contextmanager
def _files(said: str) -> "Iterator[tuple[TextIO, TextIO, TextIO]]":
    # Real files, as a command hands its own to the processes that it starts.
    with contextlib.ExitStack() as stack:
        reading, output, errors = (
            stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="")) for _ in range(3)
        )
        reading.write(said)
        reading.seek(0)
        yield reading, output, errors


@contextlib.contextmanager
def _surrounded(reading: TextIO, output: TextIO, errors: TextIO, variables: Mapping[str, str]) -> Iterator[None]:
    """What a process of its own would find, and afterwards everything as it was."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - variables.keys():
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        for name, file in (("stdin", reading), ("stdout", output), ("stderr", errors)):
            patch.setattr(sys, name, file)
        try:
            yield
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
            structlog.configure(**configured)


def _text(file: TextIO) -> str:
    file.seek(0)
    return file.read()
