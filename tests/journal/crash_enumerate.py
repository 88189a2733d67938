#!/usr/bin/env python3
"""Kills the journal at every system call that changes something, and looks at what is left.

A fixed workload (journal_crash_driver write) runs once under strace, which lists its state-changing calls on the
files of the journal. Then it runs once for each of them: killed (SIGKILL) on entering that call, so that the call
is not made; or with that call failing with EIO or ENOSPC. After each run `journal_crash_driver check` opens what
is left, as a starting daemon does, and compares all of it with a model: everything told as kept is there, nothing
is there by halves, events have no gap, the database is intact, and it goes on from there. After a failed sync the
trace must show no second one, and nothing told as kept.

strace counts the calls of each kind by themselves, and for each thread; so this goes kind by kind, over the calls
on the journal's own files only, nearly all of which are made by one thread. A call that another thread hides is
counted and named in the end.

Workloads: `fresh` starts in an empty directory; `torn` starts on what a killed run left, so that recovery itself
is killed, too.

The whole run:  tests/journal/crash_enumerate.py --driver build/dev/bin/journal_crash_driver
A sample:       … --points 60     (spread evenly over all points)
"""

import argparse
import collections
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# All calls by which a file, a name or its durability changes; what the workload does not use has no points.
CALLS = ("write pwrite64 writev pwritev pwritev2 fdatasync fsync sync_file_range msync ftruncate truncate fallocate "
         "open openat creat mkdir mkdirat unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat "
         "chmod fchmod fchmodat chown fchown flock").split()
SYNCS = {"fdatasync", "fsync"}
# What can fail for want of space, and what with a broken disk.
ENOSPC_CALLS = {"write", "pwrite64", "ftruncate", "fallocate", "openat", "mkdir"}
EIO_CALLS = {"pwrite64", "fdatasync", "fsync", "ftruncate"}
LINE = re.compile(r"^(\d+)\s+(\w+)\((.*)$")

Point = collections.namedtuple("Point", "workload fault call number")
Workload = collections.namedtuple("Workload", "name template count")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--driver", required=True, type=pathlib.Path, help="the program journal_crash_driver")
    parser.add_argument("--points", type=int, default=0, help="try only so many, spread evenly (default: all)")
    parser.add_argument("--fault", action="append", choices=["kill", "EIO", "ENOSPC"],
                        help="only this one (may be repeated; default: all three)")
    parser.add_argument("--workload", action="append", choices=["fresh", "torn"], help="only this one (default: both)")
    parser.add_argument("--transactions", type=int, default=40, help="length of the workload (default: 40)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time (default: 2)")
    parser.add_argument("--directory", type=pathlib.Path, help="where to work; must be on a disk (default: TMPDIR)")
    return parser.parse_args()


def strace(place, options, command, trace=None):
    files = [place, f"{place}.told"] + [place / name for name in (
        "lock", "journal.reserve", "journal.db", "journal.db-journal", "journal.db-wal", "journal.db-shm")]
    paths = [word for file in files for word in ("-P", str(file))]
    log = ["-o", str(trace)] if trace else ["-o", "/dev/null"]
    return subprocess.run(["strace", "-f", "-y", "-qq", *log, *paths, *options, *map(str, command)],
                          capture_output=True, text=True)


def copy_of(template, place):
    if template is None:
        return
    shutil.copytree(template, place)
    shutil.copy(f"{template}.told", f"{place}.told")


def clear(place):
    shutil.rmtree(place, ignore_errors=True)
    for suffix in (".told", ".trace"):
        pathlib.Path(f"{place}{suffix}").unlink(missing_ok=True)


class Enumeration:
    def __init__(self, options, base):
        self.driver = options.driver.resolve()
        self.options = options
        self.base = base
        self.hidden = []

    def workloads(self):
        wanted = self.options.workload or ["fresh", "torn"]
        if "fresh" in wanted:
            yield Workload("fresh", None, self.options.transactions)
        if "torn" in wanted:
            yield Workload("torn", self.torn_directory(), self.options.transactions * 3 // 4)

    def torn_directory(self):
        """What is left of a run that died in the middle, with a long log."""
        place = self.base / "template"
        half = self.options.transactions // 2
        strace(place, ["-e", "trace=fdatasync", "-e", f"inject=fdatasync:signal=SIGKILL:when={half}"],
               [self.driver, "write", place, self.options.transactions])
        assert (place / "journal.db-wal").stat().st_size > 0, "the template has a log to recover"
        return place

    def points_of(self, workload):
        """Runs the workload once, unharmed, and counts."""
        place = self.base / f"count-{workload.name}"
        copy_of(workload.template, place)
        trace = pathlib.Path(f"{place}.trace")
        run = strace(place, ["-e", "trace=" + ",".join(CALLS)], [self.driver, "write", place, workload.count], trace)
        assert run.returncode == 0, run.stderr
        made = collections.Counter()
        longest = collections.Counter()
        for line in trace.read_text().splitlines():
            match = LINE.match(line)
            if not match or " resumed>" in line:
                continue
            thread, call = match[1], match[2]
            made[thread, call] += 1
            if made[thread, call] <= longest[call]:
                self.hidden.append(f"{workload.name}: {call} {made[thread, call]} of a second thread: {match[3]}")
            longest[call] = max(longest[call], made[thread, call])
        clear(place)
        faults = self.options.fault or ["kill", "EIO", "ENOSPC"]
        calls_of = {"kill": set(CALLS), "EIO": EIO_CALLS, "ENOSPC": ENOSPC_CALLS}
        return [Point(workload, fault, call, number) for fault in faults for call in CALLS
                if call in calls_of[fault] for number in range(1, longest[call] + 1)]

    def try_point(self, point):
        """None when all promises hold, else what is broken."""
        place = self.base / f"{point.workload.name}-{point.fault}-{point.call}-{point.number}"
        copy_of(point.workload.template, place)
        told = pathlib.Path(f"{place}.told")
        told_before = told.stat().st_size if told.exists() else 0
        trace = pathlib.Path(f"{place}.trace")
        how = "signal=SIGKILL" if point.fault == "kill" else f"error={point.fault}"
        traced = {point.call, "write"} | SYNCS
        run = strace(place, ["-e", "trace=" + ",".join(sorted(traced)),
                             "-e", f"inject={point.call}:{how}:when={point.number}"],
                     [self.driver, "write", place, point.workload.count], trace)
        broken = self.judge_run(point, run, trace, told.exists() and told.stat().st_size > told_before)
        check = subprocess.run([self.driver, "check", place], capture_output=True, text=True)
        if not broken and check.returncode != 0:
            broken = check.stderr.strip() or f"check ended with {check.returncode}"
        if broken:
            return f"{broken} (left in {place})"
        clear(place)
        return None

    @staticmethod
    def judge_run(point, run, trace, something_told):
        killed = run.returncode in (-9, 137)
        if point.fault == "kill":
            return None if killed else f"was not killed, ended with {run.returncode}"
        if run.returncode not in (0, 3):
            return f"ended with {run.returncode}: {run.stderr.strip()}"
        lines = trace.read_text().splitlines()
        failed = next((i for i, line in enumerate(lines) if "(INJECTED)" in line), None)
        if failed is None:
            return "the call was not made"
        # SQLite takes no notice of a directory that cannot be synced; the start then syncs it by itself.
        of_directory = re.search(r"sync\(\d+<([^>]*)>", lines[failed])
        of_directory = of_directory and pathlib.Path(of_directory[1]).is_dir()
        if point.call in SYNCS and something_told and not of_directory:
            again = [line for line in lines[failed + 1:] if re.search(r"\b(fsync|fdatasync)\(", line)]
            if again:
                return f"synced again after a failed sync: {again[0]}"
            told = [line for line in lines[failed + 1:] if ".told>" in line]
            if told:
                return f"told something as kept after a failed sync: {told[0]}"
        return None

    def run(self):
        points = [point for workload in self.workloads() for point in self.points_of(workload)]
        everything = len(points)
        if 0 < self.options.points < everything:
            step = everything / self.options.points
            points = [points[int(i * step + step / 2)] for i in range(self.options.points)]
        tally = collections.Counter()
        failures = []
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for point, broken in zip(points, pool.map(self.try_point, points)):
                tally[point.workload.name, point.fault, point.call] += 1
                if broken:
                    failures.append(f"{point.workload.name} {point.fault} {point.call} {point.number}: {broken}")
                    print("BROKEN", failures[-1], flush=True)
        print(f"{'workload':10} {'fault':8} {'call':12} points")
        for (workload, fault, call), count in sorted(tally.items()):
            print(f"{workload:10} {fault:8} {call:12} {count:6}")
        for line in self.hidden:
            print("not reached by itself:", line)
        print(f"{len(points)} of {everything} points tried, {len(failures)} broken")
        return not failures


def main():
    options = arguments()
    if shutil.which("strace") is None:
        print("NOT TRIED: killing the journal at its system calls. strace is missing: apt-get install strace")
        return SKIPPED
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("NOT TRIED: killing the journal at its system calls. ptrace is not allowed here (CAP_SYS_PTRACE)")
        return SKIPPED
    base = pathlib.Path(tempfile.mkdtemp(prefix="ostler-crash-", dir=options.directory))
    whole = False
    try:
        whole = Enumeration(options, base).run()
    finally:
        # What is broken is left to be looked at.
        if whole:
            shutil.rmtree(base)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
