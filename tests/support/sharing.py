"""How the workers of a run share the tests: file by file, what takes long first, and what is dear to begin at one."""

from pathlib import PurePath
from typing import Final

from xdist.scheduler import LoadScopeScheduling

# Folders by how long a file of them may take: who comes last has the quickest, so that nobody is waited for at the end.
FOLDERS: Final = (
    "sdk", "browser", "cli", "foundation", "store", "properties", "replay", "projections", "api", "exports", "wire",
    "dashboard", "golden", "core",
)  # fmt: skip
# They share a server, or the thousand models of the official client: as much to begin with as all that they ask it.
ONE_SERVER: Final = "tests of the official client"
ONE_CLIENT: Final = {"test_over_http.py", "test_samples.py", "test_sdk_models.py"}
ANOTHER_SERVER: Final = {"test_any_field.py", "test_described.py"}
ALONE: Final = {"test_killed.py"}


class FileByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist brings no types
    """Gives a worker that has next to nothing left the next file, or the files that go together."""

    def _split_scope(self, nodeid: str) -> str:
        return room_of(nodeid)

    def _assign_work_unit(self, node: object) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=turn_of), last=False)
        super()._assign_work_unit(node)


def room_of(nodeid: str) -> str:
    """The name of what a worker does in one go, beginning with a folder."""
    path = PurePath(nodeid.partition("::")[0])
    folder = path.parent.name
    if (folder == "sdk" and path.name not in ANOTHER_SERVER | ALONE) or (folder == "wire" and path.name in ONE_CLIENT):
        return f"sdk/{ONE_SERVER}"
    if folder == "sdk" and path.name in ANOTHER_SERVER:
        return "sdk/tests of whatever may be asked"
    return str(path)


def turn_of(room: str) -> int:
    """When its turn is; a folder that is not known comes first."""
    folder = PurePath(room).parent.name
    return FOLDERS.index(folder) if folder in FOLDERS else -1
