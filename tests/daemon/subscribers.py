#!/usr/bin/env python3
"""Clients that are slow, silent or cut off: what the daemon owes the others, and them.

  silent    connections that say nothing, more than a door takes: who comes then is told so at once and not left
            waiting, the other door serves, and so does this one when they are gone
  stuck     one listener that never reads, among others that do: the others hear everything, the daemon stays small;
            when it reads at last it is told where it was cut off, and goes on from there
  resumed   listeners that begin again after their last number while the daemon is killed again and again: each hears
            every event once and in order

  tests/daemon/subscribers.py --programs build/dev/bin
"""

import argparse
import http.client
import pathlib
import random
import socket
import sys
import threading
import time

from driven_daemon import Connection, Daemon, Lost, Refused
from event_subscriber import Follower, Subscriber


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--silent", type=int, default=300)
    parser.add_argument("--listeners", type=int, default=50)
    parser.add_argument("--events", type=int, default=3000, help="that the stuck one does not read")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["silent", "stuck", "resumed"])
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


class Clients:
    def __init__(self, options):
        self.options = options
        self.daemon = Daemon(options.programs, options.keep)
        self.luck = random.Random(options.seed)
        self.faults = []
        self.over = threading.Event()
        self.followers = []

    def fault(self, text):
        self.faults.append(text)
        print(f"FAULT {text}", flush=True)

    def newest(self):
        return self.daemon.ask("GET", "/api/v1/events/history?limit=1")["last_seq"]

    def memory(self):
        """KiB."""
        text = pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    # --- silent ---

    def health(self, connection):
        begun = time.monotonic()
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException) as why:
            status = repr(why)
        finally:
            connection.close()
        return status, time.monotonic() - begun

    def silent(self):
        ends = []
        port = int((self.daemon.state / "url").read_text().strip().rsplit(":", 1)[1])
        try:
            for number in range(self.options.silent):
                end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                end.settimeout(10)
                ends.append(end)
                end.connect(self.daemon.socket)
                if number % 3 == 1:
                    self.begin_to_say(end)
            status, took = self.health(Connection(self.daemon.socket, 20))
            print(f"with {self.options.silent} silent ones, the same door says {status} after {took * 1000:.0f} ms")
            if status not in (200, 429, 503):
                self.fault(f"who comes while the door is full gets {status}, and not an answer")
            status, took = self.health(http.client.HTTPConnection("127.0.0.1", port, timeout=20))
            print(f"the other door says {status} after {took * 1000:.0f} ms")
            if status != 200:
                self.fault(f"the other door answers {status} while one is full")
        finally:
            for end in ends:
                end.close()
        self.daemon.settle(lambda: self.health(Connection(self.daemon.socket, 20))[0] == 200,
                           "the door serves again when the silent ones are gone", 10)

    @staticmethod
    def begin_to_say(end):
        try:
            end.send(b"GET /api/v1/inst")
        except OSError:
            pass  # The door was full and has closed it.

    # --- stuck ---

    def follow(self, count, after):
        for _ in range(count):
            one = Follower(self.daemon.socket, after, self.over)
            self.followers.append(one)
            one.start()

    def stuck(self):
        begin = self.newest()
        stuck = Subscriber(self.daemon.socket, begin, buffer=4096)
        self.follow(self.options.listeners, begin)
        before = self.memory()
        made = time.monotonic()
        self.make_events(begin + self.options.events)
        # Who takes nothing for longer than the door waits for him is cut off, and there is no way to tell him.
        cut_off_in_time = time.monotonic() - made > 20
        last = self.newest()
        grown = self.memory() - before
        print(f"{last - begin} events to {self.options.listeners} listeners; the daemon grew by {grown} KiB")
        # 2 MiB of queue are allowed to it; the rest is what the fleet and the allocator take.
        if grown > 64 * 1024:
            self.fault(f"the daemon grew by {grown} KiB")
        self.heard_all(begin, last)
        self.read_at_last(stuck, begin, last, cut_off_in_time)

    def make_events(self, until):
        """By restarts of services, which are many events for little work."""
        command = [str(self.daemon.programs / "keeper_test_service"), "wait"]
        names = [f"busy-{number}" for number in range(4)]
        for name in names:
            self.daemon.create(name, [{"name": f"s{number}", "command": command} for number in range(8)])
        for name in names:
            self.daemon.wait(name, "ready")
        end = time.monotonic() + 240
        while self.newest() < until:
            for name in names:
                self.daemon.ask("POST", f"/api/v1/instances/{name}/restart", {})
            for name in names:
                self.daemon.wait(name, "ready")
            if time.monotonic() > end:
                raise AssertionError(f"only {self.newest()} of {until} events in 240 s")

    def read_at_last(self, stuck, begin, last, cut_off_in_time):
        """What was sent before it was cut off, without a gap, and then where that was."""
        position, told = begin, False
        try:
            while (message := stuck.next()) is not None:
                if message.get("event"):
                    if message["event"]["seq"] != position + 1:
                        self.fault(f"the stuck listener got {message['event']['seq']} after {position}")
                    position = message["event"]["seq"]
                    if position >= last:
                        break
                elif message.get("type") == "lagged":
                    told = True
                    if message["last_seq"] != position:
                        self.fault(f"the stuck listener was told {message['last_seq']} and has {position}")
        except Lost as why:
            told = cut_off_in_time
            if not told:
                self.fault(f"the stuck listener was cut off without a word after {position}: {why}")
        stuck.close()
        print(f"the stuck listener got {position - begin} events and was {'' if told else 'not '}told that it lags")
        if position < last and not told:
            self.fault("the stuck listener was not told that it lags")
        again = Follower(self.daemon.socket, position, self.over)
        again.last = last
        again.start()
        again.join(60)
        if again.numbers != list(range(position + 1, last + 1)):
            self.fault(f"the stuck listener began again after {position} and got {len(again.numbers)} of "
                       f"{last - position}")

    def heard_all(self, begin, last):
        for one in self.followers:
            one.last = last
        end = time.monotonic() + 60
        for number, one in enumerate(self.followers):
            one.join(max(end - time.monotonic(), 0.1))
            expected = list(range(begin + 1, last + 1))
            if one.numbers[:len(expected)] != expected:
                double = len(one.numbers) - len(set(one.numbers))
                missing = sorted(set(expected) - set(one.numbers))
                self.fault(f"listener {number} ({one.cut_off} times cut off, {one.lagged} lagged): {double} double, "
                           f"{len(missing)} missing {missing[:5]}, in order: {one.numbers == sorted(one.numbers)}")
            if one.fault:
                self.fault(f"listener {number}: {one.fault}")
        print(f"{len(self.followers)} listeners, cut off {sum(one.cut_off for one in self.followers)} times, lagged "
              f"{sum(one.lagged for one in self.followers)} times, {last - begin} events each")
        self.followers = []

    # --- resumed ---

    def resumed(self):
        begin = self.newest()
        self.follow(10, begin)
        worker = threading.Thread(target=self.keep_busy)
        worker.start()
        try:
            for _ in range(self.options.kills):
                time.sleep(self.luck.random() * 0.5)
                self.daemon.kill()
                self.daemon.start()
        finally:
            self.quiet = True
            worker.join()
        self.daemon.settle(lambda: all(one["state"] not in ("starting", "stopping")
                                       for one in self.daemon.instances().values()), "everything is at rest")
        last = self.newest()
        self.heard_all(begin, last)
        self.agrees_with_history(begin, last)

    quiet = False

    def keep_busy(self):
        number = 0
        while not self.quiet:
            number += 1
            try:
                name = f"brief-{number}"
                self.daemon.create(name, [{"name": "web", "command": [str(self.daemon.programs / "keeper_test_service"),
                                                                      "wait"]}])
                self.daemon.ask("POST", f"/api/v1/instances/{name}/stop", {})
                self.daemon.ask("DELETE", f"/api/v1/instances/{name}?force=true")
            except (Lost, Refused):
                pass  # It was just killed; the next one will do.

    def agrees_with_history(self, begin, last):
        numbers = [event["seq"] for event in self.daemon.events(begin or 1) if event["seq"] <= last]
        if numbers != list(range(max(begin, 1) + 1, last + 1)):
            self.fault("the history has a gap or a double")

    # --- the whole ---

    def run(self):
        self.daemon.start()
        for part in ("silent", "stuck", "resumed"):
            if self.options.only in (None, part):
                begun = time.monotonic()
                getattr(self, part)()
                print(f"{part}: {time.monotonic() - begun:.1f} s, {len(self.faults)} faults")
        for name in self.daemon.instances():
            self.daemon.ask("DELETE", f"/api/v1/instances/{name}?force=true")
        self.daemon.settle(lambda: not self.daemon.instances(), "all are gone")
        if left := self.daemon.processes() or self.daemon.directories():
            self.fault(f"left: {left}")


def main():
    clients = Clients(arguments())
    try:
        clients.run()
    finally:
        clients.over.set()
        if clients.faults:
            print("last of the daemon's log:", clients.daemon.tail_of_log(), file=sys.stderr)
        clients.daemon.clear()
    return 1 if clients.faults else 0


if __name__ == "__main__":
    sys.exit(main())
