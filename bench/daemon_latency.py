#!/usr/bin/env python3
"""How long it takes from the request to `running`, and from an unexpected exit to the event at a subscriber.

One instance on the local place with one service that binds its port at once, asked for over the unix socket, heard of
over a WebSocket. Beside it, in the same round, the same without a daemon: a keeper launched on a prepared directory
and its service reached over the keeper's own socket (bench/keeper_bench measures that more finely).

  bench/daemon_latency.py --programs build/release/bin --rounds 50
"""

import argparse
import base64
import json
import os
import pathlib
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "daemon"))
from driven_daemon import Daemon  # noqa: E402


class Subscriber:
    """Blocks; reads text frames of a server, which are never masked."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        while self.file.readline().strip():
            pass

    def next(self):
        first, second = self.file.read(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.file.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.file.read(8))[0]
        body = self.file.read(size)
        return json.loads(body) if first & 0x0F == 1 else None

    def until(self, holds):
        while True:
            message = self.next()
            if message and message.get("event") and holds(message["event"]):
                return time.perf_counter()


def bare(programs, base, number):
    """The keeper and its service alone: from the launch until the service accepts."""
    home = base / f"bare-{number}"
    home.mkdir(mode=0o700)
    port = 21000 + number
    service = {"name": "web", "command": [str(programs / "keeper_test_service"), "listen", "wait"],
               "port": {"kind": "fixed", "number": port}, "ready": {"tcp": True}}
    (home / "spec.json").write_text(json.dumps({"instance": f"bare-{number}", "name": "web", "generation": 1,
                                                "workspace": str(base), "services": [service]}))
    begun = time.perf_counter()
    subprocess.run([str(programs / "ostler-keeper"), "run", "--dir", str(home)], check=True,
                   env={"PATH": os.environ["PATH"], "STORM_BASE": str(base)})
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            pass
    took = time.perf_counter() - begun
    ident = json.loads((home / "ident").read_text())
    pidfd = os.pidfd_open(ident["pid"])
    os.kill(ident["pid"], signal.SIGTERM)
    select.select([pidfd], [], [], 20)
    os.close(pidfd)
    return took


def middle(name, values):
    values = sorted(value * 1000 for value in values)
    print(f"{name:<44} median {statistics.median(values):7.2f} ms   least {values[0]:7.2f}   "
          f"most {values[-1]:7.2f}   rounds {len(values)}")
    return statistics.median(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    daemon = Daemon(options.programs)
    programs = daemon.programs
    starts, ends, alone = [], [], []
    try:
        daemon.start()
        subscriber = Subscriber(daemon.socket)
        for number in range(options.rounds):
            name = f"web-{number}"
            service = {"name": "web", "command": [str(programs / "keeper_test_service"), "listen", "wait"],
                       "port": {"kind": "automatic"}, "ready": {"tcp": True}, "restart": {"on": "never"}}
            begun = time.perf_counter()
            made = daemon.create(name, [service])["instance"]["id"]
            starts.append(subscriber.until(lambda e: e["instance"] == made and e["type"] == "instance.running") - begun)
            pid = next(pid for pid, env in daemon.processes().items()
                       if env.get("OSTLER_INSTANCE_NAME") == name and env.get("OSTLER_SERVICE"))
            begun = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            ends.append(subscriber.until(lambda e: e["instance"] == made and e["type"] == "service.exited") - begun)
            daemon.ask("DELETE", f"/api/v1/instances/{name}?force=true")
            subscriber.until(lambda e: e["instance"] == made and e["type"] == "instance.deleted")
            alone.append(bare(programs, daemon.base, number))
        start = middle("request to running, over REST", starts)
        spawn = middle("keeper and service, spawned bare", alone)
        middle("unexpected exit to event at a subscriber", ends)
        print(f"request to running is {start / spawn:.2f} x the bare spawn")
        daemon.stop()
    finally:
        daemon.clear()


if __name__ == "__main__":
    main()
