"""autumn-js 1.3.13, the version that package-lock.json pins, run by Node.js against the server."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.shop import Shop
from tests.support.serving import SECRET, Serving

HERE = Path(__file__).parent / "javascript"
INSTALLED = HERE / "node_modules" / ".package-lock.json"
BESIDE_PYTHON = str(Path(sys.executable).parent)


def program(name: str) -> str:
    """Node.js of the machine, else of the virtual environment."""
    found = shutil.which(name) or shutil.which(name, path=BESIDE_PYTHON)
    assert found, f"{name} is on neither the machine nor in the virtual environment: make setup"
    return found


@pytest.fixture(scope="session")
def node() -> str:
    """A Node.js that finds autumn-js: installed by the lock file once, whichever worker comes first."""
    wanted = (HERE / "package-lock.json").stat().st_mtime
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not INSTALLED.exists() or INSTALLED.stat().st_mtime < wanted:
            done = subprocess.run(
                [program("npm"), "ci", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=HERE, check=False, timeout=300, capture_output=True, text=True,
                env={**os.environ, "PATH": f"{os.environ['PATH']}{os.pathsep}{BESIDE_PYTHON}"},
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            INSTALLED.touch()
    return program("node")


def refused(status: int, code: str, *, named: bool = False) -> dict[str, Any]:
    return {"name": "AutumnDefaultError", "status": status, "code": code, "env": "sandbox", "named": named}


def test_the_javascript_client_is_understood_and_understands(node: str, server: Serving, shop: Shop) -> None:
    done = subprocess.run(
        [node, "drive.mjs", server.url, SECRET, "by-node", "node-pro"],
        cwd=HERE, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "created": {"id": "by-node", "name": "Script", "env": "sandbox", "metadata": {"from": "node"}},
        "preview": {"total": 50, "lines": [20, 30]},
        "attached": None,
        "again": refused(409, "plan_already_attached"),
        "check": {"allowed": True, "remaining": 500},
        "flag": "sso",
        "track": {"value": 2.5, "usage": 2.5},
        "queued": {"value": 1, "balance": None},
        "batch": True,
        "denied": False,
        "entity": {"customer": "by-node", "remaining": 494.5},
        "summed": {
            "total": {"count": 3, "sum": 15.5},
            "values": 15.5,
            "ofDesk": 12,
            "deducted": 15.5,
            "plans": [None, "node-pro"],
        },
        "canceling": {"status": "active", "ends": True},
        "customer": {
            "plans": [["node-pro", "active", None]],
            "words": [400, 107],
            "entities": ["desk"],
            "flags": ["sso"],
        },
        "clock": "ready",
        "renewed": 500,
        "unknown": refused(404, "customer_not_found", named=True),
        "stranger": refused(401, "invalid_secret_key"),
        "deaf": "no answer",
    }
