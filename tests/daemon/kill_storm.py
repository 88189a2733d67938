#!/usr/bin/env python3
"""Kills the daemon again and again while instances are in every kind of transition, and looks whether anything was
lost, started twice, told wrongly or left behind.

Instances of four kinds, all on the local place:
  still     up before the first kill and never touched: their processes must be the same at the end
  ends      each has one service that ends with a code of its own: the event must tell that code, or that it is unknown
  moving    are created, started, stopped, restarted and deleted at random, all the time
  hopeless  their service cannot start: they must say so, and nothing of them may stay

Whoever asks gets no answer when the daemon dies meanwhile; he asks again, with the same key. What was answered must
hold. In the end everything is deleted, and what exists must be what exists before: no process, no directory, no
cgroup.

The whole run:  tests/daemon/kill_storm.py --programs build/dev/bin --kills 300 --instances 100
"""

import argparse
import os
import pathlib
import random
import sys
import threading
import time

from driven_daemon import Daemon, Lost, Refused

CODES = range(10, 40)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--instances", type=int, default=24)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


def service(programs, *words, name="web", **more):
    return {"name": name, "command": [str(programs / "keeper_test_service"), *words], **more}


class Storm:
    def __init__(self, options):
        self.options = options
        self.daemon = Daemon(options.programs, options.keep)
        self.programs = self.daemon.programs
        self.luck = random.Random(options.seed)
        self.faults = []
        self.over = threading.Event()
        self.asked = 0
        self.repeated = 0
        self.lock = threading.Lock()
        share = max(options.instances // 4, 2)
        self.still = [f"still-{i}" for i in range(share)]
        self.ends = [f"ends-{i}" for i in range(share)]
        self.moving = [f"moving-{i}" for i in range(max(options.instances - 3 * share, 2))]
        self.hopeless = [f"hopeless-{i}" for i in range(share)]
        self.codes = {name: CODES[i % len(CODES)] for i, name in enumerate(self.ends)}
        # What was answered last: "running", "stopped", "deleted".
        self.promised = {}
        # Restarts of which nobody knew the end.
        self.cut_off = 0

    def fault(self, text):
        with self.lock:
            self.faults.append(text)
        print(f"FAULT {text}", flush=True)

    def insist(self, what, name):
        """Asks until there is an answer."""
        end = time.monotonic() + 120
        while True:
            try:
                self.asked += 1
                return what()
            except Lost:
                self.repeated += 1
                time.sleep(0.01)
            except Refused as why:
                # It was on its way up or down when the daemon came back.
                if why.error.get("code") in ("P0401", "P0706", "P0690"):
                    time.sleep(0.02)
                else:
                    raise
            if time.monotonic() > end:
                raise AssertionError(f"{name}: nobody answers for two minutes")

    # --- who asks ---

    def alone(self, name):
        """Notices when another one of it runs."""
        return service(self.programs, "alone", f"{name}.lock", "file", f"{name}.runs", "wait")

    def begin(self):
        for name in self.still:
            self.daemon.create(name, [self.alone(name)])
        for name in self.still:
            self.daemon.wait(name, "ready")
            self.promised[name] = "running"
        for name in self.ends:
            self.daemon.create(name, [service(self.programs, "file", f"{name}.ready", "on", "10",
                                              str(self.codes[name]), "print", "up", "wait",
                                              restart={"on": "never"}, ready={"output": "up"})])
        for name in self.ends:
            self.daemon.wait(name, "ready")
            self.promised[name] = "running"
        self.before = {pid: env for pid, env in self.daemon.processes().items()
                       if env.get("OSTLER_INSTANCE_NAME", "").startswith("still-")}

    def move(self, name, luck):
        try:
            exists = False
            round_number = 0
            while not self.over.is_set():
                round_number += 1
                key = f"{name}-{round_number}-{luck.random()}"
                what = luck.choice(["stop", "start", "restart", "delete", "start"]) if exists else "create"
                path = f"/api/v1/instances/{name}"
                if what == "create":
                    self.insist(lambda: self.daemon.create(name, [self.alone(name)], key=key), name)
                    exists = True
                    self.promised[name] = "running"
                elif what == "delete":
                    self.insist(lambda: self.gone(path, key), name)
                    self.insist(lambda: self.until_gone(name), name)
                    exists = False
                    self.promised[name] = "deleted"
                else:
                    self.order(path, what, key, name)
                    self.promised[name] = "stopped" if what == "stop" else "running"
                time.sleep(luck.choice([0.0, 0.01, 0.05, 0.2]))
        except Exception as why:
            self.fault(f"{name}: {why}")

    def order(self, path, what, key, name):
        """A restart whose end nobody knows is not begun again for the same key: then it is asked for anew."""
        while True:
            try:
                return self.insist(lambda: self.daemon.ask("POST", f"{path}/{what}", {}, key), name)
            except Refused as why:
                if what != "restart" or why.error.get("code") != "P0412":
                    raise
                self.cut_off += 1
                key += "+"

    def gone(self, path, key):
        try:
            return self.daemon.ask("DELETE", f"{path}?force=true", None, key)
        except Refused as why:
            if why.status == 404:
                return None
            raise

    def until_gone(self, name):
        self.daemon.settle(lambda: name not in self.insist(self.daemon.instances, name), f"{name} is gone")

    def end_one_by_one(self, luck):
        """Tells services to end, at moments when nobody may be listening."""
        try:
            for name in luck.sample(self.ends, len(self.ends)):
                if self.over.wait(luck.random() * 0.5):
                    return
                for pid, env in self.daemon.processes().items():
                    if env.get("OSTLER_INSTANCE_NAME") == name and env.get("OSTLER_SERVICE") == "web":
                        try:
                            os.kill(pid, 10)
                        except ProcessLookupError:
                            pass
        except Exception as why:
            self.fault(f"ends: {why}")

    def fail_to_start(self, luck):
        try:
            for name in self.hopeless:
                key = f"{name}-{luck.random()}"
                self.insist(lambda: self.daemon.create(name, [service(self.programs, "exit", "3",
                                                                      restart={"on": "never"},
                                                                      ready={"output": "never"})],
                                                       key=key, keep_on_error=False), name)
                self.promised[name] = "failed"
                if self.over.wait(luck.random() * 0.3):
                    return
        except Exception as why:
            self.fault(f"hopeless: {why}")

    # --- the storm ---

    def run(self):
        self.daemon.start()
        self.begin()
        threads = [threading.Thread(target=self.move, args=(name, random.Random(self.luck.random())))
                   for name in self.moving]
        threads.append(threading.Thread(target=self.end_one_by_one, args=(random.Random(self.luck.random()),)))
        threads.append(threading.Thread(target=self.fail_to_start, args=(random.Random(self.luck.random()),)))
        for one in threads:
            one.start()
        slowest = 0.0
        for _ in range(self.options.kills):
            time.sleep(self.luck.choice([0.0, 0.005, 0.02, 0.1, 0.3]) * self.luck.random())
            self.daemon.kill()
            slowest = max(slowest, self.daemon.start())
        self.over.set()
        for one in threads:
            one.join()
        self.judge()
        print(f"{self.options.kills} kills, {len(self.promised)} instances, {self.asked} requests "
              f"({self.repeated} asked again, {self.cut_off} restarts without an end), "
              f"slowest start {slowest * 1000:.0f} ms, seed {self.options.seed}, "
              f"{len(self.faults)} faults")

    # --- what came of it ---

    def judge(self):
        self.daemon.settle(self.nothing_moves, "everything is at rest")
        now = self.daemon.instances()
        for name, promise in self.promised.items():
            one = now.get(name)
            state = one["state"] if one else "deleted"
            if state != promise:
                self.fault(f"{name} was promised to be {promise} and is {state}: {one and one['message']}")
        for name in now:
            if name not in self.promised:
                self.fault(f"{name} exists and nobody was told")
        self.judge_processes(now)
        self.judge_ends()
        self.judge_events()
        self.judge_ledger()
        self.delete_all(now)

    def nothing_moves(self):
        return all(one["state"] not in ("starting", "stopping") for one in self.daemon.instances().values())

    def judge_processes(self, now):
        after = self.daemon.processes()
        for pid, env in self.before.items():
            if pid not in after:
                self.fault(f"process {pid} of {env.get('OSTLER_INSTANCE_NAME')} is gone")
        for path in self.daemon.project.glob("*.twice"):
            self.fault(f"{path.name}: two of it ran at once")
        for name in self.still:
            runs = (self.daemon.project / f"{name}.runs").read_text().split()
            if len(runs) != 1:
                self.fault(f"{name} was started {len(runs)} times")
        for pid, env in after.items():
            name = env.get("OSTLER_INSTANCE_NAME")
            if name and now.get(name, {}).get("state") != "running":
                self.fault(f"process {pid} of {name} runs, which is {now.get(name, {}).get('state', 'deleted')}")

    def judge_ends(self):
        told = {}
        names = {one["id"]: one["name"] for one in self.daemon.instances().values()}
        for event in self.daemon.events():
            if event["type"] == "service.exited":
                told.setdefault(names.get(event["instance"]), []).append(event["message"])
        self.unknown = 0
        for name, code in self.codes.items():
            for message in told.get(name, []):
                if "unknown" in message:
                    self.unknown += 1
                elif message != f"exited ({code})":
                    self.fault(f"{name} exits with {code}, and was told as: {message}")
            if len(told.get(name, [])) > 1:
                self.fault(f"{name} ended once and was told {len(told[name])} times")
            lives = any(env.get("OSTLER_INSTANCE_NAME") == name and env.get("OSTLER_SERVICE") == "web"
                        for env in self.daemon.processes().values())
            if not lives and not told.get(name):
                self.fault(f"the end of {name} was never told")

    def judge_events(self):
        numbers = [event["seq"] for event in self.daemon.events()]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            self.fault("the events have a gap or a double")

    def judge_ledger(self):
        ledger = {one["name"] for one in self.daemon.ask("GET", "/api/v1/resources")["resources"]
                  if one["kind"] == "directory"}
        there = set(self.daemon.directories())
        for name in there - ledger:
            self.fault(f"{name} is there and not in the ledger")
        for name in ledger - there:
            self.fault(f"{name} is in the ledger and not there")

    def delete_all(self, now):
        cgroups = self.daemon.cgroups()
        for name in now:
            self.gone(f"/api/v1/instances/{name}", f"end-{name}")
        self.daemon.settle(lambda: not self.daemon.instances(), "all are gone")
        for what, left in (("process", self.daemon.processes()), ("directory", self.daemon.directories()),
                           ("resource", self.daemon.ask("GET", "/api/v1/resources")["resources"]),
                           ("leak", self.daemon.ask("GET", "/api/v1/leaks")["leaks"]),
                           ("cgroup", [path for path in cgroups if pathlib.Path(path).is_dir()])):
            for one in left:
                self.fault(f"{what} {one} is left")
        if self.daemon.stop() != 0:
            self.fault("the daemon did not end in order")


def main():
    storm = Storm(arguments())
    try:
        storm.run()
    finally:
        if storm.faults:
            print("last of the daemon's log:", storm.daemon.tail_of_log(), file=sys.stderr)
        storm.daemon.clear()
    return 1 if storm.faults else 0


if __name__ == "__main__":
    sys.exit(main())
