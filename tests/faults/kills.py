"""Ways to end a server that nobody announced, and how to have it back."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import psutil

from tests.faults.load import Load
from tests.support.serving import Serving

Kill = Callable[[Serving, Load], None]
ONCE_SECONDS: Final = 60.0


def the_server(server: Serving, load: Load) -> None:
    """All of its processes at once; its database lives on and is adopted."""
    server.kill()
    server.start()


def the_web_process(server: Serving, load: Load) -> None:
    """One of the processes that answer requests; the command notices, ends and is started again."""
    command = server.process
    web = load.random.choice([each for each in command.children(recursive=True) if "api.server" in _line(each)])
    web.kill()
    command.wait(ONCE_SECONDS)
    server.stop()
    server.start()


def the_database(server: Serving, load: Load) -> None:
    """Its first process, which ends the others; the server starts it again."""
    server.postmaster().kill()


def a_database_connection(server: Serving, load: Load) -> None:
    """One of its processes, which makes the database forget all others and recover."""
    load.random.choice(server.postmaster().children()).kill()


def everything(server: Serving, load: Load) -> None:
    """The server and its database in one instant, as when the machine stops."""
    postmaster = server.postmaster()
    postmaster.suspend()  # it shall not see the server go
    server.kill()
    postmaster.kill()
    server.start()


def _line(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


KILLS: Final[Mapping[str, Kill]] = MappingProxyType(
    {
        "server": the_server,
        "web process": the_web_process,
        "database": the_database,
        "database connection": a_database_connection,
        "everything": everything,
    }
)
"""By what is killed."""


def kill_under_load(server: Serving, load: Load, kill: Kill) -> None:
    """Write, kill at a random moment, go on writing when it is back, then compare the log with what was answered."""
    before = load.acknowledged()
    with load.running(server):
        _let_run(load)
        kill(server, load)
        load.wait_until_served(server)
        _let_run(load)
    assert load.acknowledged() > before + 20, "there was no load"
    load.check(server)


def _let_run(load: Load) -> None:
    load.pause(load.random.uniform(0.2, 1.0))
