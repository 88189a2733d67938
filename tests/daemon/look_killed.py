#!/usr/bin/env python3
"""Kills the daemon while it has a stopped place looked at before it is deleted: whoever looks ends with it, nothing was
deleted, nothing is left behind, and who asks again gets a new look.

The look is held up by a fifo that git wants to read, so the daemon is certain to die in the midst of it.

  tests/daemon/look_killed.py --programs build/dev/bin
"""

import argparse
import os
import pathlib
import subprocess
import sys
import threading

from driven_daemon import Daemon, Lost, Refused

ROUNDS = 3


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    return parser.parse_args()


def git(where, *words):
    subprocess.run(["git", "-C", where, "-c", "user.name=N", "-c", "user.email=n@example.com", *words], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def looking(daemon):
    """The program that looks and its git, when both are there."""
    found = {}
    for pid in daemon.processes():
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[1:2] in ([b"look"], [b"status"]):
            found[words[1]] = pid
    return found if len(found) == 2 else None


def delete(daemon, ends):
    try:
        ends.append(daemon.ask("DELETE", "/api/v1/instances/web?wait=60s"))
    except (Lost, Refused) as why:
        ends.append(why)


def kill_in_the_midst(daemon, fifo):
    before = daemon.directories()
    if fifo.exists():
        fifo.unlink()
    os.mkfifo(fifo)
    ends = []
    asking = threading.Thread(target=delete, args=(daemon, ends))
    asking.start()
    daemon.settle(lambda: looking(daemon), "somebody looks")
    daemon.kill()
    asking.join()
    assert isinstance(ends[0], Lost), ends
    daemon.settle(lambda: not daemon.processes(), "whoever looked has ended")
    assert daemon.directories() == before, (before, daemon.directories())
    assert daemon.cgroups() == [], daemon.cgroups()
    daemon.start()
    assert daemon.instances()["web"]["state"] == "stopped", daemon.instances()
    fifo.unlink()


def main():
    daemon = Daemon(arguments().programs)
    try:
        git(daemon.project, "init")
        (daemon.project / "file").write_text("of the project\n")
        git(daemon.project, "add", "-A")
        git(daemon.project, "commit", "-m", "first")
        daemon.start()
        daemon.create("web", [{"name": "wait", "command": ["sleep", "1000"]}], settings={"mode": "copy"})
        daemon.wait("web", "ready")
        daemon.ask("POST", "/api/v1/instances/web/stop", {"wait": 60_000})
        daemon.settle(lambda: not daemon.processes(), "its keeper has ended")
        work = next(place / "work" for place in daemon.folder("places") if (place / "work").is_dir())
        for _ in range(ROUNDS):
            kill_in_the_midst(daemon, work / ".git/info/exclude")
        (work / "file").write_text("work\n")
        try:
            daemon.ask("DELETE", "/api/v1/instances/web?wait=60s")
            raise AssertionError("work was deleted")
        except Refused as why:
            assert why.error["code"] == "P0801" and "not committed: file" in why.error["detail"], why.error
        (work / "file").write_text("of the project\n")
        daemon.ask("DELETE", "/api/v1/instances/web?wait=60s")
        daemon.settle(lambda: not daemon.directories(), "nothing is left of it")
        assert daemon.processes() == {} and daemon.cgroups() == []
    finally:
        daemon.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
