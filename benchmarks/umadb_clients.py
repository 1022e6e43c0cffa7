"""The client side of the umadb scenario, in a process of its own: importing `umadb` takes over the process's SIGINT.

    python -m benchmarks.umadb_clients URL CALLERS SECONDS WARM_UP_S

Prints {"seconds", "latencies_s"} of the measured window.
"""

import json
import sys

import umadb

from benchmarks.harness import Call, Load, closed_loop_latencies

DATA = (
    b'{"type":"usage.recorded.v1","feature_id":"messages","value":"1","allocations":[["included","1"]],"dropped":"0"}'
)


def main(url: str, callers: str, seconds: str, warm_up_s: str) -> None:
    def make_call(_index: int) -> Call:
        client = umadb.Client(url)
        event = umadb.Event("usage.recorded.v1", DATA, tags=["customer:bench"])
        return lambda: client.append([event])

    latencies, window = closed_loop_latencies(Load(int(callers), float(seconds), float(warm_up_s)), make_call)
    json.dump({"seconds": window, "latencies_s": latencies}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
