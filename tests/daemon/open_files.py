#!/usr/bin/env python3
"""A daemon that may have few files open at first: it takes as many as it may, serves more listeners than that, and
what it starts has the limit that it was given itself.

  tests/daemon/open_files.py --programs build/dev/bin
"""

import argparse
import pathlib
import resource
import shutil
import sys

from driven_daemon import Daemon
from event_subscriber import Subscriber

FEW = 200


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard > 2 * FEW, f"no more than {hard} files may be open here, which is too few to tell"
    daemon = Daemon(options.programs)
    listeners = []
    try:
        daemon.start(around=[shutil.which("prlimit"), f"--nofile={FEW}:{hard}"])
        listeners += [Subscriber(daemon.socket) for _ in range(FEW + 50)]
        for each in listeners:
            assert each.next()["type"] == "status"
        daemon.create("few", [{"name": "say", "command": ["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn; exec sleep 1000000"]}])
        daemon.wait("few", "running")
        told = daemon.settle(
            lambda: [line["text"] for line in daemon.ask("GET", "/api/v1/instances/few/logs?service=say")["lines"]][:2],
            "the service has said what it may open")
        assert told == [str(FEW), str(hard)], told
    except Exception:
        print(daemon.tail_of_log(), flush=True)
        raise
    finally:
        for each in listeners:
            each.close()
        daemon.clear()


sys.exit(main())
