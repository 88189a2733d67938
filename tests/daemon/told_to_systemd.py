#!/usr/bin/env python3
"""Starts the daemon as systemd does for a unit of Type=notify: it says READY=1 when it answers and not before, and
STOPPING=1 when it is asked to end.

  tests/daemon/told_to_systemd.py --programs build/dev/bin
"""

import argparse
import pathlib
import socket
import sys

from driven_daemon import PATIENCE, Daemon


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    return parser.parse_args()


class Told(Daemon):
    def environment(self):
        return {**super().environment(), "NOTIFY_SOCKET": str(self.base / "notify")}


def main():
    daemon = Told(arguments().programs)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        listening.bind(str(daemon.base / "notify"))
        listening.settimeout(PATIENCE)
        daemon.start(wait=False)
        told = listening.recv(256)
        # Asked at once, without a second try: it must answer by now.
        daemon.instances()
        assert told == b"READY=1", told
        code = daemon.stop()
        told = listening.recv(256)
        assert told == b"STOPPING=1", told
        assert code == 0, code
    finally:
        listening.close()
        daemon.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
