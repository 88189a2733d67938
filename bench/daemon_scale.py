#!/usr/bin/env python3
"""Many instances on this machine, one sleeping service each: how long until all are up, what that costs while nothing
happens, how soon a daemon that was killed has all of them again, and how long until nothing is left.

  bench/daemon_scale.py --programs build/release/bin --instances 1000
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "daemon"))
from driven_daemon import Daemon  # noqa: E402


def proportional_memory(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def processor_seconds(pids):
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return total / os.sysconf("SC_CLK_TCK")


def count(daemon, state):
    return sum(one["count"] for one in daemon.ask("GET", "/api/v1/status")["instances"] if one["state"] == state)


def all_are(daemon, state, number, seconds):
    daemon.settle(lambda: count(daemon, state) == number, f"{number} are {state}", seconds)


def measure(daemon, options):
    number = options.instances
    service = {"name": "sleep", "command": ["/bin/sleep", "1000000"]}
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda at: daemon.create(f"i{at}", [service]), range(number)))
    all_are(daemon, "running", number, 600)
    print(f"{number} instances up in {time.monotonic() - begun:.1f} s")
    print(f"daemon: {proportional_memory(daemon.process.pid):.1f} MiB PSS")
    pids = [daemon.process.pid, *daemon.processes()]
    before = processor_seconds(pids)
    time.sleep(options.idle)
    used = processor_seconds(pids) - before
    print(f"idle: {100 * used / options.idle:.2f} % of a core, daemon and all keepers, over {options.idle:.0f} s")
    keepers = sorted(pid for pid, env in daemon.processes().items())
    for _ in range(3):
        daemon.kill()
        begun = time.monotonic()
        answers = daemon.start()
        first = time.monotonic()
        daemon.instances()
        first = time.monotonic() - first
        all_reached = daemon.settle(
            lambda: all(one["link"]["state"] == "registered" for one in daemon.instances().values()),
            "all keepers are reached again", 120)
        adopted = time.monotonic() - begun
        same = keepers == sorted(daemon.processes())
        print(f"killed: answers after {answers * 1000:.0f} ms, lists all {first * 1000:.0f} ms later, "
              f"all adopted after {adopted:.2f} s, processes {'the same' if same and all_reached else 'CHANGED'}")
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda at: daemon.ask("DELETE", f"/api/v1/instances/i{at}?force=true"), range(number)))
    daemon.settle(lambda: not daemon.instances(), "all are gone", 600)
    print(f"all gone in {time.monotonic() - begun:.1f} s; left: {len(daemon.processes())} processes, "
          f"{len(daemon.directories())} directories, {len(daemon.cgroups())} cgroups")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--idle", type=float, default=20, help="how many seconds nothing happens")
    options = parser.parse_args()
    return Daemon(options.programs).tell(lambda daemon: measure(daemon, options))


if __name__ == "__main__":
    sys.exit(main())
