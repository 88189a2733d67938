#!/usr/bin/env python3
"""Kills the daemon before each single system call of a create, a start, a stop and a delete, and looks what comes of it.

For each of these and each kind of call that touches anything outside the process, the calls are counted once under
strace; then the same is done once for each of them, with SIGKILL in its place. After that the daemon is started again,
the same is asked again with the same key, and the instance must come to where it was asked to be: its service started
once and not twice, and nothing left when it was deleted.

The whole run:  tests/daemon/kill_enumerate.py --programs build/dev/bin
A sample:       … --points 24     (spread evenly over all points)
"""

import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from driven_daemon import Daemon, Lost, Refused

SKIPPED = 77
# What leaves the process. Reading, waiting and memory are left out: killed before them is killed before what follows.
CALLS = ("write pwrite64 sendto sendmsg fdatasync fsync openat mkdirat renameat renameat2 unlinkat ftruncate fchmod "
         "clone clone3 vfork execve connect kill pidfd_send_signal close").split()
ACTS = ("create", "stop", "start", "delete")
STATE_AFTER = {"create": "running", "stop": "stopped", "start": "running", "delete": "deleted"}

Point = collections.namedtuple("Point", "act call number")


class Enumeration:
    def __init__(self, options):
        self.daemon = Daemon(options.programs, options.keep)
        self.points_max = options.points
        self.faults = []
        self.count = 0

    def fault(self, text):
        self.faults.append(text)
        print(f"FAULT {text}", flush=True)

    # --- one instance, led through its life ---

    def ask(self, act, name):
        path = f"/api/v1/instances/{name}"
        if act == "create":
            service = {"name": "web", "command": [str(self.daemon.programs / "keeper_test_service"), "alone",
                                                  f"{name}.lock", "file", f"{name}.runs", "wait"]}
            return self.daemon.create(name, [service], key=f"{name}-{act}")
        if act == "delete":
            try:
                return self.daemon.ask("DELETE", path, None, f"{name}-{act}")
            except Refused as why:
                if why.status == 404:
                    return None
                raise
        return self.daemon.ask("POST", f"{path}/{act}", {}, f"{name}-{act}")

    def is_there(self, act, name):
        one = self.daemon.instances().get(name)
        return (one["state"] if one else "deleted") == STATE_AFTER[act]

    def reach(self, act, name):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.is_there(act, name):
                return
            time.sleep(0.01)
        one = self.daemon.instances().get(name)
        raise AssertionError(f"after {act}, {name} is {one and (one['state'], one['phase'], one['message'])}")

    def attached(self, words):
        # Its threads, and not what they start: that is killed elsewhere.
        tasks = pathlib.Path(f"/proc/{self.daemon.process.pid}/task")
        threads = [word for task in tasks.iterdir() for word in ("-p", task.name)]
        strace = subprocess.Popen(["strace", "-qq", *threads, *words], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        while strace.poll() is None:
            try:
                if all(re.search(r"TracerPid:\t[1-9]", (task / "status").read_text()) for task in tasks.iterdir()):
                    break
            except OSError:
                break
        return strace

    def counts(self, act, name):
        """How many calls of each kind the act makes, the most of any thread."""
        with tempfile.NamedTemporaryFile("r", suffix=".trace") as trace:
            strace = self.attached(["-o", trace.name, "-e", "trace=" + ",".join(CALLS)])
            self.ask(act, name)
            self.reach(act, name)
            strace.terminate()
            strace.wait()
            by_thread = collections.Counter()
            for line in trace:
                found = re.match(r"(\d+)\s+(\w+)\(", line)
                if found:
                    by_thread[found.groups()] += 1
        most = {}
        for (_, call), count in by_thread.items():
            most[call] = max(most.get(call, 0), count)
        return most

    def find_points(self):
        points = []
        self.daemon.start()
        for act in ACTS:
            for call, count in sorted(self.counts(act, "counted").items()):
                points += [Point(act, call, number) for number in range(1, count + 1)]
        self.daemon.stop()
        self.total = len(points)
        if self.points_max and len(points) > self.points_max:
            step = len(points) / self.points_max
            points = [points[int(i * step)] for i in range(self.points_max)]
        return points

    def try_point(self, point):
        name = f"p{self.count}"
        self.count += 1
        self.daemon.start()
        for act in ACTS:
            killed = act == point.act
            if killed:
                strace = self.attached(["-e", f"trace={point.call}", "-e",
                                        f"inject={point.call}:signal=KILL:when={point.number}"])
            lost = False
            try:
                self.ask(act, name)
                self.until(act, name)
            except Lost:
                lost = True
            if killed:
                died = self.dies_within(10 if lost else 0.02)
                if not died:
                    strace.terminate()
                strace.wait()
                if died:
                    self.daemon.process.wait()
                    self.daemon.start()
                    self.ask(act, name)
            self.reach(act, name)
            if act in ("create", "start"):
                self.has_begun(name, 1 if act == "create" else 2)
        self.judge(point, name)
        self.daemon.stop()

    def until(self, act, name):
        end = time.monotonic() + 60
        while time.monotonic() < end and not self.is_there(act, name):
            time.sleep(0.002)

    def has_begun(self, name, times):
        """`running` means that its process is there, which on a busy machine is before it has written so; ended by the
        next act, it never would."""
        runs = self.daemon.project / f"{name}.runs"
        self.daemon.settle(lambda: runs.exists() and len(runs.read_text().split()) >= times, f"{name} has begun", 30)

    def dies_within(self, seconds):
        try:
            self.daemon.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def begin_anew(self):
        """So that what went wrong once is not found again at every point behind it."""
        self.daemon.clear()
        self.daemon = Daemon(self.daemon.programs, self.daemon.keep)

    def judge(self, point, name):
        runs = (self.daemon.project / f"{name}.runs").read_text().split()
        if len(runs) != 2:
            self.fault(f"{point}: started {len(runs)} times, asked for twice")
        if (self.daemon.project / f"{name}.lock.twice").exists() or list(self.daemon.project.glob(f"{name}*.twice")):
            self.fault(f"{point}: two of it ran at once")
        for what, left in (("processes", self.daemon.processes()), ("directories", self.daemon.directories()),
                           ("cgroups", self.daemon.cgroups())):
            if left:
                self.fault(f"{point}: {what} are left: {left}")
        leaks = self.daemon.ask("GET", "/api/v1/leaks")["leaks"]
        if leaks:
            self.fault(f"{point}: leaks: {leaks}")

    def run(self):
        points = self.find_points()
        begun = time.monotonic()
        for point in points:
            try:
                self.try_point(point)
            except (AssertionError, Refused, Lost, OSError) as why:
                self.fault(f"{point}: {why}")
                self.begin_anew()
        print(f"{len(points)} of {self.total} points, {len(self.faults)} faults, "
              f"{time.monotonic() - begun:.0f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path)
    parser.add_argument("--points", type=int, default=0, help="only so many, spread evenly (default: all)")
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    options = parser.parse_args()
    if not shutil.which("strace"):
        print("skipped: strace is missing")
        return SKIPPED
    enumeration = Enumeration(options)
    try:
        enumeration.run()
    finally:
        if enumeration.faults:
            print("last of the daemon's log:", enumeration.daemon.tail_of_log(), file=sys.stderr)
        enumeration.daemon.clear()
    return 1 if enumeration.faults else 0


if __name__ == "__main__":
    sys.exit(main())
