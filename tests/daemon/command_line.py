#!/usr/bin/env python3
"""The command line as people meet it: the real `ostler` in a project of theirs, with the daemon that it starts itself.

Each story is one check of what users may expect: no escape sequences where no terminal is, logs that one can search,
a first start of a project that nobody prepared, a daemon and services that are killed, work that is not lost, the same
words everywhere, and every exit code.

  tests/daemon/command_line.py --programs build/dev/bin [--only STORY]
"""

import argparse
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
ESCAPE = b"\x1b"
PYTHON = sys.executable

WEB = """import http.server, os, sys
print("words for people", flush=True)
print("ERROR of no importance", file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
# A parent that does the work with a child, and a child that ignores what would be its parent's end.
FAMILY = """import os, signal, sys, time
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.execv(sys.executable, [sys.executable, "web.py"])
open("parent.pid", "w").write(str(os.getpid()))
time.sleep(3600)
"""


class Typed:
    """`ostler` in a terminal of its own, which answers what it asks."""

    def __init__(self, user, words, **environment):
        self.said = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(user.project)
            os.execve(user.ostler, ["ostler", *words], {**user.environment(), "TERM": "xterm", **environment})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def read(self, limit):
        ready, _, _ = select.select([self.terminal], [], [], limit)
        if not ready:
            return False
        try:
            piece = os.read(self.terminal, 65536)
        except OSError:
            return False
        self.said += piece
        return bool(piece)

    def until(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.said:
            assert time.monotonic() < end, f"it never said {text}: {self.said}"
            self.read(1)

    def type(self, text):
        os.write(self.terminal, text)

    def end(self):
        while self.read(PATIENCE):
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class User:
    """Somebody's home, a project in it, and the programs."""

    def __init__(self, programs, keep):
        self.keep = keep
        self.programs = programs.resolve()
        self.ostler = str(self.programs / "ostler")
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="ostler-line-", dir="/tmp"))
        self.project = self.base / "shop"
        for each in ("home", "run", "shop"):
            (self.base / each).mkdir(mode=0o700)

    def environment(self):
        return {"PATH": f"{self.programs}:{os.environ['PATH']}", "HOME": str(self.base / "home"), "LANG": "C.UTF-8",
                "XDG_RUNTIME_DIR": str(self.base / "run"), "OSTLER_LINE_TEST": str(self.base)}

    def write(self, name, text):
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def settings(self, text):
        """They are trusted, as somebody has said once."""
        self.write("ostler.toml", "version = 1\n" + text)
        self.write("web.py", WEB)
        self.run("trust", "--yes", code=0, also=["--no-input"])

    def web(self, more="", top=""):
        self.settings(f'{top}\n[service.web]\nrun = ["{PYTHON}", "web.py"]\nport = "auto"\n'
                      f'ready = {{ http = "/" }}\n{more}')

    def start(self, *words, **environment):
        return subprocess.Popen([self.ostler, *words], cwd=self.project, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**self.environment(), **environment})

    def run(self, *words, code=None, also=(), **environment):
        started = self.start(*words, *also, **environment)
        out, err = started.communicate(timeout=PATIENCE * 2)
        assert code is None or started.returncode == code, \
            f"ostler {' '.join(words)}: exit {started.returncode} instead of {code}\n{out.decode()}{err.decode()}"
        return subprocess.CompletedProcess(words, started.returncode, out.decode(), err.decode())

    def told(self, *words):
        return json.loads(self.run(*words, "--json", code=0).stdout)

    def daemon_pid(self):
        return self.told("daemon", "status")["pid"]

    def processes(self):
        found = {}
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and str(self.base).encode() in pathlib.Path(f"/proc/{entry}/environ").read_bytes() \
                        and pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                    found[int(entry)] = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().split(b"\0")
            except OSError:
                pass
        return found

    def settle(self, holds, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if value := holds():
                return value
            time.sleep(0.05)
        raise AssertionError(f"it never came: {what}")

    def clear(self):
        self.run("down", "--all", "--force", "-y")
        self.run("daemon", "stop", OSTLER_NO_AUTOSTART="1")
        left = {pid: words for pid, words in self.processes().items() if pid != os.getpid()}
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if not self.keep:
            shutil.rmtree(self.base, ignore_errors=True)
        assert not left, f"left behind: {left}"


def no_escape_sequence_without_a_terminal(user):
    user.web()
    for words in (["up"], ["ls"], ["status", "shop"], ["logs", "shop"], ["events", "shop"], ["doctor"], ["lst"], []):
        done = user.run(*words)
        assert "\x1b" not in done.stdout + done.stderr, (words, done)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        typed = Typed(user, ["ls"], **environment)
        assert typed.end() == 0 and ESCAPE not in typed.said, typed.said


def logs_are_searched_whichever_stream_they_came_from(user):
    user.web()
    user.run("up", code=0)
    found = user.settle(lambda: [line for line in user.run("logs", "shop").stdout.split("\n") if "ERROR" in line],
                        "what was written to stderr is in the logs")
    assert len(found) == 1, found
    assert user.run("logs", "shop", "-g", "ERROR", code=0).stdout.count("ERROR") == 1


def logs_that_are_followed_go_on_over_a_restart(user):
    user.web()
    user.run("up", code=0)
    follower = user.start("logs", "-f", "shop")
    seen = b""

    def read_until(count):
        nonlocal seen
        end = time.monotonic() + PATIENCE
        while seen.count(b"words for people") < count:
            assert time.monotonic() < end, seen
            if select.select([follower.stdout], [], [], 1)[0]:
                seen += os.read(follower.stdout.fileno(), 65536)

    read_until(1)
    user.run("restart", "shop", code=0)
    read_until(2)
    follower.send_signal(signal.SIGINT)
    _, err = follower.communicate(timeout=PATIENCE)
    assert follower.returncode == 0, follower.returncode
    assert b"rror" not in err, err


def something_is_said_before_the_end(user):
    user.web(more="", top="")
    user.settings(f'[service.slow]\nrun = ["sh", "-c", "while ! test -e go; do sleep 0.05; done; exec {PYTHON} web.py"]\n'
                  'port = "auto"\nready = { tcp = true, timeout = "60s" }\n')
    typed = Typed(user, ["up"])
    begun = time.monotonic()
    while not typed.said:
        typed.read(1)
    first = time.monotonic() - begun
    user.write("go", "")
    assert typed.end() == 0, typed.said
    times = []
    for words in (["ls"], ["status", "shop"], ["version"], ["lst"]):
        begun = time.monotonic()
        user.run(*words)
        times.append(f"{words[0]} {1000 * (time.monotonic() - begun):.0f} ms")
    print(f"  first word of `up` with a cold daemon after {1000 * first:.0f} ms; whole: {', '.join(times)}")


def a_project_that_nobody_prepared_is_up_after_two_questions_at_most(user):
    subprocess.run(["git", "init", "-q"], cwd=user.project, check=True)
    user.write("web.py", WEB)
    user.write("Procfile", f"web: {PYTHON} web.py\n")
    typed = Typed(user, ["up"])
    questions = 0
    while True:
        more = typed.read(PATIENCE)
        if typed.said.count(b"[y/N]") > questions:
            questions += 1
            typed.type(b"y\n")
        if not more:
            break
    assert typed.end() == 0, typed.said
    assert questions <= 2, typed.said
    assert b"Procfile" in typed.said, typed.said
    url = user.told("status", "shop")["services"][0]["url"]

    def answers():
        try:
            return urllib.request.urlopen(url, timeout=5).status == 200
        except OSError:
            return False

    user.settle(answers, f"200 from {url}")


AGENT = """import sys
print("told:", *sys.argv[1:], flush=True)
for line in sys.stdin:
    print("heard:", line.strip(), flush=True)
    if line.strip() == "end":
        sys.exit(7)
"""


def an_agent_is_started_with_its_prompt_and_reached_in_its_terminal(user):
    user.write("agent.py", AGENT)
    user.web(more=f'[agent]\nrun = ["{PYTHON}", "agent.py"]\n')
    user.write("tasks/one.md", "mend $(the) door")
    done = user.run("up", "one", "--prompt", "@tasks/{name}.md", code=0)
    assert "ostler attach one agent" in done.stdout, done
    refused = user.run("up", "one", "--prompt", "and the roof", code=1)
    assert "it was not given the prompt" in refused.stderr, refused
    user.run("up", "one", code=0)
    typed = Typed(user, ["attach", "one", "agent"])
    typed.until(b"told: mend $(the) door")
    typed.type(b"hello\n")
    typed.until(b"heard: hello")
    typed.type(b"end\n")
    assert typed.end() == 7, typed.said
    # It has ended, so the next call starts another; and one call does all.
    typed = Typed(user, ["up", "one", "--prompt", "paint it", "--attach"])
    typed.until(b"told: paint it")
    typed.type(b"end\n")
    assert typed.end() == 7, typed.said
    missing = user.run("up", "two", "--agent", "no-such-agent", code=1)
    assert "no-such-agent" in missing.stderr and "P0201" in missing.stderr, missing
    user.run("up", "two", "--agent", "none", code=0)
    assert "no terminal runs" in user.run("attach", "two", code=4).stderr


def settings_that_changed_are_brought_in_by_the_next_up(user):
    user.web()
    user.run("up", code=0)
    before = user.told("status", "shop")["services"][0]
    assert user.run("up", "--dry-run", code=0).stdout == "= shop is as it is asked for\n"
    user.web(more='env = { COLOUR = "blue" }\n')
    user.run("daemon", "stop", code=0)
    assert "~ restart service web of shop" in user.run("up", "--dry-run", code=0).stdout
    user.run("up", code=0)
    after = user.told("status", "shop")["services"][0]
    assert after["pid"] != before["pid"] and after["port"] == before["port"], (before, after)
    assert user.run("up", "--dry-run", code=0).stdout == "= shop is as it is asked for\n"


def a_killed_daemon_is_missed_by_nobody(user):
    user.web()
    user.run("up", code=0)
    before = user.told("status", "shop")
    running = {pid for pid, words in user.processes().items() if b"ostlerd" not in words[0]}
    os.kill(user.daemon_pid(), signal.SIGKILL)
    # Until its keeper was heard again, nobody knows whether it is well, and `status` does not claim it.
    user.settle(lambda: user.run("status", "shop").returncode == 0, "it is known to run again")
    after = user.told("status", "shop")
    assert {pid for pid, words in user.processes().items() if b"ostlerd" not in words[0]} == running
    assert [each["port"] for each in after["services"]] == [each["port"] for each in before["services"]]
    assert [each["pid"] for each in after["services"]] == [each["pid"] for each in before["services"]]
    events = [json.loads(line) for line in user.run("events", "-o", "jsonl", code=0).stdout.split("\n") if line]
    events = [each.get("event", each) for each in events]
    # The timeline tells when the new daemon had it again.
    assert sum(each.get("type") == "link.registered" for each in events) >= 2, events


def a_service_whose_parent_is_killed_leaves_nobody_behind(user):
    user.write("family.py", FAMILY)
    user.settings(f'[service.web]\nrun = ["{PYTHON}", "family.py"]\nport = "auto"\nready = {{ tcp = true }}\n'
                  'restart = { on = "never" }\n')
    user.run("up", code=0)
    port = user.told("status", "shop")["services"][0]["port"]
    os.kill(int((user.project / "parent.pid").read_text()), signal.SIGKILL)

    def ended():
        # What is not ready makes `status` say so by its exit code, too.
        one = json.loads(user.run("status", "shop", "--json").stdout)
        return one["services"][0]["state"] in ("error", "stopped") and one

    done = user.settle(ended, "the service has ended")
    user.settle(lambda: not any(b"web.py" in b" ".join(words) or b"family.py" in b" ".join(words)
                                for words in user.processes().values()), "nobody of it is left")
    said = json.dumps(done["services"][0])
    assert "signal 9" in said, said

    # A process that ends loses its environment a moment before its sockets.
    def is_free():
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                return False
        return True

    user.settle(is_free, f"port {port} is free")


def work_that_is_nowhere_else_is_not_removed(user):
    user.web(top='[local]\nmode = "copy"\n')
    user.run("up", code=0)
    where = pathlib.Path(user.run("exec", "shop", "--", "pwd", code=0).stdout.strip())
    assert where != user.project, "it is the checkout itself"
    user.run("exec", "shop", "--", "sh", "-c", "echo work > work.txt", code=0)
    refused = user.run("down", "shop", code=8)
    assert "work.txt" in refused.stderr + refused.stdout, refused
    assert (where / "work.txt").read_text() == "work\n"
    user.run("stop", "shop", code=0)
    refused = user.run("down", "shop", code=8)
    assert "work.txt" in refused.stderr + refused.stdout, refused
    assert (where / "work.txt").read_text() == "work\n"
    user.run("down", "shop", "--force", code=0)
    assert not where.exists() and (user.project / "web.py").exists()


def a_stopped_copy_without_work_goes_without_force(user):
    user.web(top='[local]\nmode = "copy"\n')
    user.run("up", code=0)
    where = pathlib.Path(user.run("exec", "shop", "--", "pwd", code=0).stdout.strip())
    user.run("stop", "shop", code=0)
    user.run("down", "shop", code=0)
    assert not where.exists() and (user.project / "web.py").exists()


def the_words_are_the_same_everywhere(user):
    user.web()
    user.run("up", code=0)
    listed = user.told("ls")
    listed = listed.get("instances", listed)[0]
    one = user.told("status", "shop")
    events = [json.loads(line) for line in user.run("events", "shop", "-o", "jsonl", code=0).stdout.split("\n") if line]
    told = [each.get("event", each) for each in events]
    told = [each for each in told if each.get("type") == "instance.running"][-1]
    assert listed["message"] == one["message"] == told["message"], (listed, one, told)
    table = user.run("ls", code=0).stdout
    assert one["message"] in table, table


def every_exit_code_is_given(user):
    user.web()
    user.run("ls", code=7, OSTLER_NO_AUTOSTART="1")
    user.run("up", code=0)
    user.run("ls", code=0)
    user.run("lst", code=2)
    user.run("up", "--no-such-option", code=2)
    user.run("status", "nobody", code=4)
    user.run("stop", "shop", code=0)
    user.run("status", "shop", code=3)
    user.run("wait", "shop", "--for", "ready", "--timeout", "1s", code=124)
    user.run("start", "shop", code=0)
    user.run("exec", "shop", "--", "sh", "-c", "exit 42", code=42)
    user.run("exec", "shop", "--", "./web.py", code=126)
    user.run("exec", "shop", "--", "there-is-no-such-program", code=127)
    user.run("exec", "shop", "--no-such-option", "--", "true", code=2)
    user.run("exec", "shop", "-w", "/", "--", "sh", "-c", 'test "$(pwd)" = /', code=0)
    user.run("exec", "nobody", "--", "true", code=4)
    user.run("exec", "shop", "-s", "nothing", "--", "true", code=125)
    user.run("up", "other", "--provider", "nowhere", code=5)
    waiting = user.start("wait", "shop", "--for", "stopped", "--timeout", "60s")
    time.sleep(0.3)
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 130, waiting.returncode
    user.write("ostler.toml", "version = 1\nnonsense = true\n")
    user.run("up", code=6)
    user.write("ostler.toml", 'version = 1\n[service.other]\nrun = ["true"]\n')
    refused = user.run("up", also=["--no-input"], code=6)
    assert "trust" in refused.stderr, refused
    # An instance that cannot come up says so by 1.
    user.settings('[service.web]\nrun = ["false"]\nready = { tcp = true, timeout = "5s" }\nport = "auto"\n'
                  'restart = { on = "never" }\n')
    user.run("up", "broken", code=1)


def limits_of_the_whole_are_shown_and_changed_while_it_runs(user):
    pids = []
    for most in (500, 600):
        user.web("open = true\n", top=f"[limits]\npids = {most}\n")
        up = user.run("up", code=0)
        one = user.told("status", "shop")
        limit, = one["limits"]
        assert limit["what"] == "pids" and limit["how"].startswith(f"{most} processes, "), limit
        page = user.run("status", "shop", code=0).stdout
        assert f"limits    pids {most} processes, " in page, page
        # Where it cannot be held, each of them says so.
        assert len(one["warnings"]) == (0 if limit["full"] else 1), one
        for said in (up.stderr, page):
            assert ("does not hold" in said) == (not limit["full"]), said
        pids.append(one["services"][0]["pid"])
    assert pids[0] == pids[1], pids


def every_error_has_a_page(user):
    codes = re.findall(r"^#+ (P\d{4})|^\| `?(P\d{4})`?", (ROOT / "docs/reference/errors.md").read_text(), re.MULTILINE)
    codes = sorted({one or other for one, other in codes})
    assert len(codes) > 30, codes
    for code in codes:
        page = user.run("help", code, code=0).stdout
        assert code in page and len(page.split("\n")) > 2, page


STORIES = [no_escape_sequence_without_a_terminal, logs_are_searched_whichever_stream_they_came_from,
           logs_that_are_followed_go_on_over_a_restart, something_is_said_before_the_end,
           a_project_that_nobody_prepared_is_up_after_two_questions_at_most,
           an_agent_is_started_with_its_prompt_and_reached_in_its_terminal,
           settings_that_changed_are_brought_in_by_the_next_up, a_killed_daemon_is_missed_by_nobody,
           a_service_whose_parent_is_killed_leaves_nobody_behind, work_that_is_nowhere_else_is_not_removed,
           a_stopped_copy_without_work_goes_without_force,
           the_words_are_the_same_everywhere, limits_of_the_whole_are_shown_and_changed_while_it_runs,
           every_exit_code_is_given, every_error_has_a_page]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, type=pathlib.Path, help="where ostler and its like are")
    parser.add_argument("--only", help="stories whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="leave the directories for whoever looks at them")
    options = parser.parse_args()
    faults = 0
    told = [story for story in STORIES if not options.only or options.only in story.__name__]
    if not told:
        parser.error(f"no story has {options.only!r} in its name")
    for story in told:
        user = User(options.programs, options.keep)
        try:
            try:
                story(user)
            finally:
                user.clear()
            print(f"ok     {story.__name__}", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError, KeyError, TypeError, ValueError,
                IndexError) as why:
            faults += 1
            print(f"FAULT  {story.__name__}: {type(why).__name__}: {why}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
