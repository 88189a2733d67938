#!/usr/bin/env python3
"""Many agents that dial a real daemon: what a link costs while nothing happens, and how many heartbeats one core takes.

  bench/agent_links.py --programs build/release/bin --links 10000

The rate counts the processor time of the daemon alone, which one thread uses: what one core does that has nothing
else to do. Heartbeats have been taken when the ping behind them is answered: one ping for 32 of them.
"""

import argparse
import json
import pathlib
import resource
import select
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "daemon"))
from driven_daemon import Daemon, Lost  # noqa: E402
from event_subscriber import Subscriber  # noqa: E402

def masked(kind, body):
    size = bytes((0x80 | len(body),)) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
    return bytes((0x80 | kind,)) + size + b"\0\0\0\0" + body


PING = masked(9, b"")
PONG = b"\x8a\x00"


def dial(path, name):
    """Again while it is told that it dials too often."""
    while True:
        try:
            link = Subscriber(path, target="/api/v1/agents/connect")
            break
        except Lost as why:
            if "429" not in str(why):
                raise
            time.sleep(0.1)
    body = json.dumps({"type": "register", "name": name, "version": "1"}).encode()
    link.socket.sendall(masked(1, body))
    assert link.next()["id"]
    return link.socket.detach()


def memory(pid):
    """Of the process alone, in bytes: what of its pages is shared with nobody."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) * 1024


def processor_seconds(pid):
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


class Links:
    def __init__(self, path, name, count):
        self.sockets = [socket.socket(fileno=dial(path, f"{name}{number}")) for number in range(count)]
        self.ready = select.epoll()
        self.by_number = {one.fileno(): one for one in self.sockets}
        for one in self.sockets:
            self.ready.register(one.fileno(), select.EPOLLIN)

    def round(self, words, times):
        """All of them say it so many times, taking turns, and are heard to the end."""
        for _ in range(times):
            for one in self.sockets:
                one.sendall(words)
        for one in self.sockets:
            one.sendall(PING)
        left = len(self.sockets)
        while left:
            for number, _ in self.ready.poll():
                got = self.by_number[number].recv(65536)
                assert got, "the daemon hung up"
                left -= got.endswith(PONG)

    def close(self):
        for one in self.sockets:
            one.close()


def measure(daemon, options):
    # What is there once for all is there before it is measured.
    first = Links(daemon.socket, "first", 100)
    before = memory(daemon.process.pid)
    links = Links(daemon.socket, "agent", options.links)
    each = (memory(daemon.process.pid) - before) / options.links
    print(f"{options.links} registered links: {each:.0f} bytes of the daemon each")
    beat = masked(1, b'{"type":"heartbeat","status":"working","load":0.5}')
    for together, times in ((1, 32), (32, 1)):
        links.round(beat * together, times)
        rates = []
        for _ in range(options.rounds):
            spent = processor_seconds(daemon.process.pid)
            links.round(beat * together, times)
            rates.append(options.links * together * times / (processor_seconds(daemon.process.pid) - spent))
        print(f"heartbeats, {together} in a segment: {statistics.median(rates):,.0f} a second of the daemon's "
              f"processor time ({min(rates):,.0f} to {max(rates):,.0f})")
    seen = len(daemon.ask("GET", "/api/v1/agents")["agents"])
    assert seen == options.links + 100, f"{seen} agents are known"
    links.close()
    first.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--links", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return Daemon(options.programs).tell(lambda daemon: measure(daemon, options))


if __name__ == "__main__":
    sys.exit(main())
