#!/usr/bin/env python3
"""The numbers at /metrics, read after something was done: calls of providers with their failures and durations, requests
by operation and code, services that were started again. And the heartbeats of keepers, for a listener that asks for them.

  tests/daemon/numbers.py --programs build/dev/bin
"""

import argparse
import pathlib
import re
import sys
import urllib.parse

from driven_daemon import Daemon, Refused
from event_subscriber import Subscriber


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


class Numbers:
    """One reading: name and labels, as they are written, to the number."""

    def __init__(self, text):
        self.of = {}
        known = set()
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                known.add(line.split()[2])
            elif not line.startswith("#"):
                name, _, number = line.rpartition(" ")
                assert name not in self.of, f"told twice: {name}"
                self.of[name] = float(number)
                family = re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0])
                assert family in known or name.split("{")[0] in known, f"nobody says what {name} is"

    def get(self, name, **labels):
        words = ",".join(f'{key}="{value}"' for key, value in labels.items())
        return self.of.get(f"{name}{{{words}}}" if words else name, 0)


def numbers_of(daemon):
    return Numbers(daemon.ask("GET", "/metrics"))


def refused(daemon, method, path, body=None):
    try:
        daemon.ask(method, path, body)
    except Refused as why:
        return why.error["code"]
    raise AssertionError(f"{method} {path} was not refused")


def tell_providers(daemon):
    before = numbers_of(daemon)
    daemon.create("counted", [{"name": "web", "command": ["sleep", "1000"]}])
    daemon.wait("counted", "ready")
    after = numbers_of(daemon)
    for operation in ("plan", "launch", "dial"):
        labels = {"provider": "local", "operation": operation}
        told = after.get("ostler_provider_operations_total", **labels)
        assert told > before.get("ostler_provider_operations_total", **labels), operation
        name = "ostler_provider_operation_seconds"
        assert after.get(f"{name}_count", **labels) == told, operation
        assert after.get(f"{name}_bucket", **labels, le="+Inf") == told, operation
        assert after.get(f"{name}_sum", **labels) > 0, operation
        buckets = [number for key, number in after.of.items()
                   if key.startswith(f'{name}_bucket{{provider="local",operation="{operation}"')]
        assert len(buckets) == 11 and buckets == sorted(buckets), buckets
    failures = {"provider": "local", "operation": "plan"}
    before = numbers_of(daemon).get("ostler_provider_failures_total", **failures)
    refused(daemon, "POST", "/api/v1/instances",
            {"name": "nowhere", "provider": "local", "project": str(daemon.base / "nothing"), "services": []})
    assert numbers_of(daemon).get("ostler_provider_failures_total", **failures) == before + 1


def tell_requests(daemon):
    before = numbers_of(daemon)
    daemon.ask("GET", "/api/v1/instances/counted")
    daemon.ask("GET", "/api/v1/instances/counted")
    code = refused(daemon, "GET", "/api/v1/instances/unheard-of")
    lost = refused(daemon, "GET", "/no/such/page")
    after = numbers_of(daemon)

    def grew(operation, code):
        labels = {"operation": operation, "code": code}
        return after.get("ostler_requests_total", **labels) - before.get("ostler_requests_total", **labels)

    assert grew("instances.get", "ok") == 2, after.of
    assert grew("instances.get", code) == 1, after.of
    assert grew("", lost) == 1, after.of
    assert grew("metrics", "ok") == 1, after.of
    assert after.get("ostler_connections_total") > before.get("ostler_connections_total")
    assert after.get("ostler_connections_open", kind="unix") >= 1


def tell_restarts(daemon):
    mark = daemon.project / "deaths"
    script = f"if [ $(wc -l < {mark}) -lt 3 ]; then echo x >> {mark}; exit 3; fi; exec sleep 1000"
    mark.write_text("")
    daemon.create("dying", [{"name": "web", "command": [script], "shell": True,
                             "restart": {"on": "always", "first": 10, "cap": 10}}])

    def service():
        return daemon.ask("GET", "/api/v1/instances/dying/services")["services"][0]

    daemon.settle(lambda: service()["restarts"] == 3 and service()["state"] == "running", "it was started three times")
    labels = {"instance": "dying", "service": "web"}
    assert numbers_of(daemon).get("ostler_service_restarts_total", **labels) == 3
    assert numbers_of(daemon).get("ostler_service_restarts_total", instance="counted", service="web") == 0
    daemon.kill()
    daemon.start()
    daemon.settle(lambda: service()["restarts"] == 3, "they are known to the next daemon")
    # Asked for, it is no restart by itself.
    daemon.settle(lambda: daemon.instances()["dying"]["link"]["state"] == "registered", "its keeper is reached again")
    daemon.ask("POST", "/api/v1/instances/dying/services/web/restart", {"wait": 20000})
    assert service()["restarts"] == 3, service()


def tell_heartbeats(daemon):
    """Keepers beat every thirty seconds."""
    one = daemon.ask("GET", "/api/v1/instances/counted")
    query = urllib.parse.urlencode({"instance": "counted", "heartbeats": "true"})
    listener = Subscriber(daemon.socket, target=f"/api/v1/events?{query}", timeout=120)
    without = Subscriber(daemon.socket, timeout=120)
    assert without.next()["type"] == "status"
    first = listener.next()
    assert first["type"] == "status", first
    while True:
        told = listener.next()
        assert told["type"] == "lifecycle:update" and told["event"]["instance"] == one["id"], told
        if told["event"]["type"] == "link.heartbeat":
            break
    assert told["event"]["seq"] == 0 and told["seq"] >= first["seq"], told
    listener.close()
    # Who did not ask is told the next event, and nothing before it.
    daemon.ask("POST", "/api/v1/instances/counted/stop", {"wait": 30000})
    told = without.next()
    assert told["event"]["type"] != "link.heartbeat", told
    without.close()


def main():
    options = arguments()
    daemon = Daemon(options.programs, options.keep)
    try:
        daemon.start()
        for tell in (tell_providers, tell_requests, tell_restarts, tell_heartbeats):
            print(f"{tell.__name__} ...", flush=True)
            tell(daemon)
        assert daemon.stop() == 0, daemon.tail_of_log()
    except Exception:
        print(daemon.tail_of_log(), flush=True)
        raise
    finally:
        daemon.clear()


sys.exit(main())
