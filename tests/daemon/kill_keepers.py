#!/usr/bin/env python3
"""Kills keepers, keepers with their daemon, and everything with the command line that waits for it; and lets the
machine seem to have been started anew. Each time the state must come right: one keeper, one process of each service,
those that live taken over and those that died started again as their policy says, and nothing left after a delete.

A reboot is played by another boot id, bound over the kernel's in a mount namespace; a process that lives on with the
number and the start time of a former service is then a stranger, and must not be touched.

  tests/daemon/kill_keepers.py --programs build/dev/bin
"""

import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import uuid

from driven_daemon import Daemon, Refused

BOOT_ID = "/proc/sys/kernel/random/boot_id"
IN_ANOTHER_BOOT = ["unshare", "-m", "sh", "-c", f'mount --bind "$0" {BOOT_ID} && exec "$@"']


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostlerd and its like are")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one of the kinds, as `keeper`")
    parser.add_argument("--keep", action="store_true", help="leave the directory for whoever looks at it")
    return parser.parse_args()


class Kills:
    def __init__(self, options):
        self.options = options
        self.daemon = Daemon(options.programs, options.keep)
        self.luck = random.Random(options.seed)
        self.faults = []
        self.count = 0

    def fault(self, text):
        self.faults.append(text)
        print(f"FAULT {text}", flush=True)

    # --- an instance and what runs of it ---

    def alone(self, name, service, **more):
        words = [str(self.daemon.programs / "keeper_test_service"), "alone", f"{name}.{service}.lock", "file",
                 f"{name}.{service}.runs", "wait"]
        return {"name": service, "command": words, **more}

    def made(self, kind):
        self.count += 1
        name = f"{kind}-{self.count}"
        self.daemon.create(name, [self.alone(name, "keeps", restart={"on": "always"}),
                                  self.alone(name, "never", restart={"on": "never"})])
        self.daemon.wait(name, "ready")
        return name

    def keepers(self):
        """There is one instance at a time, so that all are of it."""
        found = []
        for pid, env in self.daemon.processes().items():
            try:
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            except OSError:
                continue
            # A service is the keeper's program for a moment before it becomes its own.
            if program.startswith("ostler-keeper") and "OSTLER_SERVICE" not in env:
                found.append(pid)
        return found

    def services(self, name):
        found = {}
        for pid, env in self.daemon.processes().items():
            if env.get("OSTLER_INSTANCE_NAME") == name and env.get("OSTLER_SERVICE"):
                found.setdefault(env["OSTLER_SERVICE"], []).append(pid)
        return {service: sorted(pids) for service, pids in found.items()}

    def runs(self, name, service):
        try:
            return len((self.daemon.project / f"{name}.{service}.runs").read_text().split())
        except OSError:
            return 0

    @staticmethod
    def kill(*pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    # --- what must hold ---

    def told(self, name):
        one = self.daemon.ask("GET", f"/api/v1/instances/{name}")
        services = {each["name"]: (each["state"], each["pid"]) for each in
                    self.daemon.ask("GET", f"/api/v1/instances/{name}/services")["services"]}
        return one["state"], services

    def comes_right(self, name, service, holds, what):
        """What the daemon tells of a service and what there is, together."""
        seen = {}

        def look():
            try:
                state, services = self.told(name)
            except Refused as why:
                seen["refused"] = str(why)
                return False
            seen.clear()
            seen.update(state=state, told=services.get(service), there=self.services(name).get(service, []),
                        keepers=len(self.keepers()), runs=self.runs(name, service))
            return seen["keepers"] == 1 and holds(seen)
        try:
            self.daemon.settle(look, what, 40)
        except AssertionError:
            self.fault(f"{name} {service}: {what} never came: {seen}")

    def lives_on(self, name, service, pids):
        self.comes_right(name, service, lambda seen: seen["there"] == pids and seen["told"] == ("running", pids[0]) and
                         seen["runs"] == 1, f"{pids} taken over")

    def started_again(self, name, service, runs=2):
        self.comes_right(name, service, lambda seen: len(seen["there"]) == 1 and seen["runs"] == runs and
                         seen["told"] == ("running", seen["there"][0]), f"run {runs}")

    def stays_down(self, name, service):
        self.comes_right(name, service, lambda seen: not seen["there"] and seen["runs"] == 1 and
                         seen["told"] is not None and seen["told"][0] in ("stopped", "error"), "the end told")

    def leaves_nothing(self, name):
        if list(self.daemon.project.glob(f"{name}*.twice")):
            self.fault(f"{name}: two of it ran at once")
        cgroups = self.daemon.cgroups()
        if name in self.daemon.instances():
            self.daemon.ask("DELETE", f"/api/v1/instances/{name}?force=true")
            self.daemon.settle(lambda: name not in self.daemon.instances(), f"{name} is gone", 60)
        for what, left in (("processes", self.daemon.processes()),
                           ("directories", self.daemon.directories()),
                           ("cgroups", [path for path in cgroups if os.path.isdir(path)]),
                           ("resources", self.daemon.ask("GET", "/api/v1/resources")["resources"])):
            if left:
                self.fault(f"{name}: {what} are left: {left}")

    # --- the kinds ---

    def keeper(self):
        name = self.made("keeper")
        before = self.services(name)
        for _ in range(2):
            self.kill(*self.keepers())
            for service in ("keeps", "never"):
                self.lives_on(name, service, before[service])
        return name

    def keeper_and_services(self):
        name = self.made("keeper-and-services")
        everything = [pid for pids in self.services(name).values() for pid in pids]
        self.kill(*self.keepers(), *everything)
        self.started_again(name, "keeps")
        self.stays_down(name, "never")
        return name

    def keeper_and_daemon(self):
        name = self.made("keeper-and-daemon")
        before = self.services(name)
        self.kill(*self.keepers())
        self.daemon.kill()
        self.daemon.start()
        for service in ("keeps", "never"):
            self.lives_on(name, service, before[service])
        return name

    def all_of_it(self):
        name = self.made("all-of-it")
        pids = [*self.keepers(), *(pid for pids in self.services(name).values() for pid in pids)]
        self.daemon.kill()
        self.kill(*pids)
        self.daemon.start()
        self.started_again(name, "keeps")
        self.stays_down(name, "never")
        return name

    def restarting(self):
        """The keeper dies while it restarts, stops or starts."""
        name = self.made("restarting")
        for act in ("restart", "stop", "start", "restart"):
            try:
                self.daemon.ask("POST", f"/api/v1/instances/{name}/{act}", {})
            except Refused as why:
                # Its keeper was killed just now, and it is on its way.
                if why.error.get("code") not in ("P0401", "P0120"):
                    raise
            time.sleep(self.luck.random() * 0.1)
            self.kill(*self.keepers())
        self.daemon.settle(lambda: self.daemon.instances()[name]["state"] not in ("starting", "stopping"),
                           f"{name} at rest", 60)
        one = self.daemon.instances()[name]
        there = self.services(name)
        if one["state"] == "running" and any(len(pids) != 1 for pids in there.values()):
            self.fault(f"{name} runs with {there}")
        if one["state"] == "stopped" and there:
            self.fault(f"{name} is stopped, and there are {there}")
        return name

    def command_line(self):
        """`ostler up` and everything else, killed together; then asked again."""
        self.count += 1
        name = f"up-{self.count}"
        program = self.daemon.programs / "keeper_test_service"
        (self.daemon.project / "ostler.toml").write_text(
            f'version = 1\n[service.web]\nrun = ["{program}", "alone", "{name}.web.lock", "file", "{name}.web.runs", '
            f'"wait"]\n')
        # A word more than usual in the environment: the line that every process of it is found by.
        words = [str(self.daemon.programs / "ostler"), "--host", f"unix://{self.daemon.socket}", "up", name, "-e",
                 f"STORM_BASE={self.daemon.base}", "--yes", "--timeout", "60s"]
        environment = {**self.daemon.environment(), "OSTLER_STATE": str(self.daemon.state)}
        with open(self.daemon.base / "up.log", "ab") as log:
            subprocess.run([*words[:3], "trust", "--yes"], cwd=self.daemon.project, env=environment, check=True,
                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)

            def run():
                return subprocess.Popen(words, cwd=self.daemon.project, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log)
            up = run()
            time.sleep(self.luck.random() * 0.3)
            self.daemon.kill()
            up.kill()
            up.wait()
            self.kill(*self.daemon.processes())
            self.daemon.start()
            if code := run().wait(70):
                self.fault(f"{name}: `ostler up` again ends with {code}: "
                           f"{(self.daemon.base / 'up.log').read_text()[-600:]}")
        self.comes_right(name, "web", lambda seen: seen["state"] == "running" and len(seen["there"]) == 1 and
                         seen["runs"] in (1, 2), "it runs once")
        return name

    def reboot(self):
        name = self.made("reboot")
        self.daemon.stop()
        services = self.services(name)
        stranger = services["keeps"][0]
        # Out of the cgroup, which would not be there after a real one.
        for mounted in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            try:
                pathlib.Path(mounted, "cgroup.procs").write_text(str(stranger))
            except OSError:
                pass  # Not mounted there.
        self.kill(*self.keepers(), *services["never"])
        (self.daemon.project / f"{name}.keeps.lock").unlink()
        fake = self.daemon.base / "boot_id"
        fake.write_text(f"{uuid.uuid4()}\n")
        self.daemon.start(around=[*IN_ANOTHER_BOOT, str(fake)])
        self.daemon.settle(lambda: self.runs(name, "keeps") == 2, f"{name} started again after the reboot", 40)
        self.daemon.settle(lambda: self.told(name)[1]["keeps"][0] == "running", f"{name} told as running", 40)
        told = self.told(name)[1]
        if told["keeps"][1] == stranger:
            self.fault(f"{name}: the stranger {stranger} was taken for the service")
        state, first = self.told(name), self.services(name)
        if len(first.get("keeps", [])) != 2:
            self.fault(f"{name}: after the reboot there are {first} of it, one a stranger; told: {state}")
        self.daemon.ask("DELETE", f"/api/v1/instances/{name}?force=true")
        self.daemon.settle(lambda: name not in self.daemon.instances(), f"{name} is gone", 60)
        if not os.path.isdir(f"/proc/{stranger}"):
            self.fault(f"{name}: the stranger {stranger} was ended")
        self.kill(stranger)
        self.daemon.settle(lambda: stranger not in self.daemon.processes(), "the stranger is gone")
        self.daemon.stop()
        self.daemon.start()
        return name

    # --- the whole ---

    def can_play_a_reboot(self):
        fake = self.daemon.base / "boot_id"
        fake.write_text(f"{uuid.uuid4()}\n")
        seen = subprocess.run([*IN_ANOTHER_BOOT, str(fake), "cat", BOOT_ID], capture_output=True, text=True, check=False)
        if seen.returncode == 0 and seen.stdout == fake.read_text():
            return True
        print(f"SKIPPED: the reboot, because no mount namespace may be made here: {seen.stderr.strip()}", flush=True)
        return False

    def run(self):
        self.daemon.start()
        kinds = [self.keeper, self.keeper_and_services, self.keeper_and_daemon, self.all_of_it, self.restarting,
                 self.command_line]
        if self.can_play_a_reboot():
            kinds.append(self.reboot)
        for kind in kinds:
            if self.options.only not in (None, kind.__name__):
                continue
            begun = time.monotonic()
            for _ in range(self.options.rounds):
                try:
                    self.leaves_nothing(kind())
                except (AssertionError, Refused, KeyError) as why:
                    self.fault(f"{kind.__name__}: {why!r}")
            print(f"{kind.__name__}: {self.options.rounds} rounds, {time.monotonic() - begun:.1f} s, "
                  f"{len(self.faults)} faults so far", flush=True)
        if self.daemon.stop() != 0:
            self.fault("the daemon did not end in order")


def main():
    kills = Kills(arguments())
    try:
        kills.run()
    finally:
        if kills.faults:
            print("last of the daemon's log:", kills.daemon.tail_of_log(), file=sys.stderr)
        kills.daemon.clear()
    return 1 if kills.faults else 0


if __name__ == "__main__":
    sys.exit(main())
