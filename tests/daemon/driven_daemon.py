"""A daemon that a test starts, asks over its socket, kills and starts again; and what is left of it afterwards.

Everything lies below one temporary directory. Whatever runs because of it is found by the path of that directory in
its environment, whoever its parent is.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 120.0


class Refused(Exception):
    def __init__(self, status, body):
        self.status = status
        self.error = body.get("error", {}) if isinstance(body, dict) else {}
        super().__init__(f"{status} {self.error.get('code', '')} {self.error.get('message', body)}")


class Lost(Exception):
    """Nobody answered, or the answer did not come whole."""


class Connection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, programs, keep=False):
        self.programs = pathlib.Path(programs).resolve()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="ostler-storm-"))
        self.keep = keep
        self.state = self.base / "state"
        self.socket = str(self.base / "s.sock")
        self.project = self.base / "project"
        self.project.mkdir()
        self.log = self.base / "daemon.log"
        self.process = None
        self.starts = 0

    # --- its life ---

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.base), "TMPDIR": str(self.base)}

    def start(self, wait=True, around=None):
        """Starts it; returns how long it took until it answered. `around`: the words before it, as of strace."""
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        begun = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*(around or []), str(self.programs / "ostlerd"), "--state", str(self.state), "--socket", self.socket,
                 "--port", "0", "--wait"],
                env={**self.environment(), "OSTLER_READY_FD": str(writing)}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, pass_fds=[writing], start_new_session=True)
        os.close(writing)
        self.starts += 1
        if not wait:
            os.close(reading)
            return None
        told = os.read(reading, 1)
        os.close(reading)
        if told != b"r":
            raise Lost("the daemon did not begin: " + self.tail_of_log())
        return time.monotonic() - begun

    def tail_of_log(self):
        return self.log.read_text(errors="replace")[-2000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    # --- what is asked ---

    def ask(self, method, path, body=None, key=None, timeout=PATIENCE):
        connection = Connection(self.socket, timeout)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as why:
            raise Lost(str(why)) from why
        finally:
            connection.close()
        value = json.loads(text) if text and answer.headers.get("Content-Type", "").startswith("application/json") \
            else text.decode(errors="replace")
        if answer.status >= 400:
            raise Refused(answer.status, value)
        return value

    def instances(self):
        return {one["name"]: one for one in self.ask("GET", "/api/v1/instances?limit=10000")["instances"]}

    def create(self, name, services, start=True, key=None, **more):
        body = {"name": name, "provider": "local", "project": str(self.project), "services": services, "start": start,
                "env": [f"STORM_BASE={self.base}"], **more}
        return self.ask("POST", "/api/v1/instances", body, key)

    def wait(self, name, until, timeout=60):
        answer = self.ask("GET", f"/api/v1/instances/{name}/wait?until={until}&timeout={timeout}s")
        if not answer["reached"]:
            one = answer["instance"]
            raise AssertionError(f"{name} is not {until} after {timeout} s: {one['state']}/{one['phase']} "
                                 f"{one['message']} {one['detail']} {one['error']}")
        return answer["instance"]

    def events(self, after=0):
        found = []
        # Without a number, it would be the newest.
        begin = f"after={after}" if after else "since=1970-01-01T00:00:00Z"
        while True:
            page = self.ask("GET", f"/api/v1/events/history?{begin}&limit=1000")
            found += page["events"]
            if not page["more"]:
                return found
            begin = f"after={page['events'][-1]['seq']}"

    # --- what is there ---

    def processes(self):
        """Of everything that runs because of it but itself: pid and environment."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                text = pathlib.Path(f"/proc/{entry}/environ").read_bytes()
                state = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[0]
                command = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes()
            except OSError:
                continue
            if str(self.base).encode() not in text or state in "ZX" or b"ostlerd" in command.split(b"\0")[0]:
                continue
            variables = dict(one.split(b"=", 1) for one in text.split(b"\0") if b"=" in one)
            found[int(entry)] = {key.decode(errors="replace"): value.decode(errors="replace")
                                 for key, value in variables.items()}
        return found

    def directories(self):
        return sorted(entry.name for folder in ("places", "trash", "making")
                      for entry in self.folder(folder))

    def folder(self, name):
        place = self.state / "local" / name
        return list(place.iterdir()) if place.is_dir() else []

    def cgroups(self):
        """Those in which a process of ours is, or that a home of ours has noted and that are still there."""
        noted = set()
        for home in self.folder("places"):
            try:
                noted |= set((home / "keeper" / "cgroups").read_text().split("\n"))
            except OSError:
                pass
        return sorted(path for path in noted if path and os.path.isdir(path))

    def settle(self, holds, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = holds()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"it never came: {what}")

    def tell(self, story):
        """Runs the story with it, from its start to its end; the exit code of a script."""
        try:
            self.start()
            story(self)
            self.stop()
        except Lost as why:
            print(f"the daemon does not answer: {why}\n{self.tail_of_log()}")
            return 1
        finally:
            self.clear()
        return 0

    def clear(self):
        if self.process and self.process.poll() is None:
            self.kill()
        for _ in range(100):
            left = self.processes()
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)
        for path in self.cgroups():
            for root, _, _ in os.walk(path, topdown=False):
                try:
                    os.rmdir(root)
                except OSError:
                    pass
        if not self.keep:
            shutil.rmtree(self.base, ignore_errors=True)
