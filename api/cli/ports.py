"""The port to serve on: free, or said to be taken before anything else is started."""

import errno
import socket
import time
from typing import Final

from ledger.clock import Deadline
from ledger.errors import OperatorError

PATIENCE_SECONDS: Final = 2.0  # the last moments of a server that was killed just now


def free_port(host: str, port: int) -> int:
    """The port itself, or a free one for 0. Raises OperatorError when it is taken, not allowed, or not our host."""
    deadline = Deadline(PATIENCE_SECONDS)
    while True:
        try:
            return _try(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or deadline.passed():
                raise OperatorError(_sentence(host, port, error)) from error
        time.sleep(0.1)


def url_of(host: str, port: int) -> str:
    """The URL of a host and port; an IPv6 address gets its brackets."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def local_url(host: str, port: int) -> str:
    """Where this machine reaches a server that listens on `host`."""
    return url_of({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104  not bound, recognised


def _try(host: str, port: int) -> int:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)
        return int(probe.getsockname()[1])


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: stop what listens there, or choose another --port."
    if error.errno == errno.EACCES:
        return f"Port {port} is not ours to listen on: choose one from 1024 up."
    return f"{host} port {port} cannot be listened on: {error.strerror or error}."
