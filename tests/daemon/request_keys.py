#!/usr/bin/env python3
"""Asks for changes with a key, kills the daemon after them and in their middle, and asks again with the same key: the
answer is the same, and what was asked for was done once.

  tests/daemon/request_keys.py --programs build/dev/bin
"""

import argparse
import pathlib
import sys
import threading

from driven_daemon import Connection, Daemon, Lost, Refused


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def reached(daemon):
    """A daemon that was started anew finds its keepers again, and until then says that it has not."""
    def holds():
        try:
            return daemon.ask("GET", "/api/v1/instances/web/files?path=.")
        except Refused as why:
            expect(why.error.get("name") == "link_failed", str(why))
            return None
    daemon.settle(holds, "the keeper is reached")


def kill_and_start(daemon):
    daemon.kill()
    daemon.start()


def run(daemon, script, key, wait="60s"):
    body = {"command": ["/bin/sh", "-c", script], "wait": wait}
    return daemon.ask("POST", "/api/v1/instances/web/exec", body, key)


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def refused(what, name):
    try:
        answer = what()
    except Refused as why:
        expect(why.error.get("name") == name, f"refused as {why}, expected {name}")
        return
    raise AssertionError(f"it was answered instead of refused: {answer}")


def put(daemon, text, key):
    connection = Connection(daemon.socket, 60)
    try:
        connection.request("PUT", "/api/v1/instances/web/files/content?path=uploaded", text,
                           {"Idempotency-Key": key, "Content-Type": "application/octet-stream"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def answered_once_and_the_same(daemon):
    file = daemon.base / "ran"
    script = f"echo again >> {file}; cat /proc/sys/kernel/random/uuid"
    first = run(daemon, script, "exec")
    kill_and_start(daemon)
    expect(run(daemon, script, "exec") == first, "another answer to the same command")
    expect(lines(file) == ["again"], f"the command ran {len(lines(file))} times")
    refused(lambda: run(daemon, "true", "exec"), "request_key_reused")
    kill_and_start(daemon)
    expect(run(daemon, script, "exec") == first, "another answer after the second start")


def killed_in_the_middle_is_not_begun_again(daemon):
    file = daemon.base / "began"
    script = f"echo again >> {file}; exec sleep 1000"

    def ask():
        try:
            run(daemon, script, "middle", "600s")
        except Lost:
            pass

    asking = threading.Thread(target=ask)
    asking.start()
    daemon.settle(lambda: lines(file), "the command began")
    daemon.kill()
    asking.join()
    daemon.start()
    refused(lambda: run(daemon, script, "middle", "600s"), "answer_lost")
    expect(lines(file) == ["again"], f"the command ran {len(lines(file))} times")


def an_older_order_is_answered_and_not_given_again(daemon):
    stop = {"wait": "60s"}
    first = daemon.ask("POST", "/api/v1/instances/web/stop", stop, "stop")
    expect(first["state"] == "stopped", first["state"])
    daemon.ask("POST", "/api/v1/instances/web/start", {"wait": "60s"}, "start")
    kill_and_start(daemon)
    expect(daemon.ask("POST", "/api/v1/instances/web/stop", stop, "stop") == first, "another answer to the same stop")
    daemon.wait("web", "ready")


def a_restart_that_was_cut_off_is_not_begun_again(daemon):
    """Of a service that takes its time to end, so that the daemon is killed before it has."""
    daemon.create("slow", [{"name": "slow", "command": ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"],
                            "stop": {"grace": 2000}}])
    daemon.wait("slow", "ready")

    def ask():
        try:
            daemon.ask("POST", "/api/v1/instances/slow/restart", {"wait": "60s"}, "restart")
        except Lost:
            pass

    def number_of_starts():
        who = daemon.instances()["slow"]["id"]
        return len([one for one in daemon.events() if one["type"] == "instance.running" and one["instance"] == who])

    asking = threading.Thread(target=ask)
    asking.start()
    daemon.settle(lambda: daemon.instances()["slow"]["state"] == "stopping", "it is on its way down")
    kill_and_start(daemon)
    asking.join()
    refused(lambda: daemon.ask("POST", "/api/v1/instances/slow/restart", {"wait": "60s"}, "restart"), "answer_lost")
    daemon.wait("slow", "ready")
    expect(number_of_starts() == 2, f"it was started {number_of_starts()} times")


def an_upload_is_known_by_its_bytes(daemon):
    first = put(daemon, "one", "upload")
    expect(first[0] == 200, first)
    kill_and_start(daemon)
    expect(put(daemon, "one", "upload") == first, "another answer to the same upload")
    expect(put(daemon, "two", "upload")[0] == 409, "other bytes were taken under the same key")


def main():
    daemon = Daemon(arguments().programs, arguments().keep)
    try:
        daemon.start()
        daemon.create("web", [{"name": "sleeper", "command": ["sleep", "1000"]}], key="create")
        daemon.wait("web", "ready")
        for check in (answered_once_and_the_same, killed_in_the_middle_is_not_begun_again,
                      an_upload_is_known_by_its_bytes, a_restart_that_was_cut_off_is_not_begun_again,
                      an_older_order_is_answered_and_not_given_again):
            daemon.wait("web", "ready")
            reached(daemon)
            check(daemon)
            print(f"{check.__name__}: yes")
    finally:
        daemon.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())
