#!/usr/bin/env python3
"""Writes docs/how-to/screens.md: what somebody sees who tries Ostler for the first time.

Types the commands below into a shell in tmux, in a copy of examples/shop and with a home of its own, and copies
what stands on the screen. Needs tmux and built programs.

  tools/screens.py --programs build/dev/bin
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "how-to" / "screens.md"
PATIENCE = 60
WIDTH, HEIGHT = 108, 50
PROMPT = "$"

# What is typed; behind it what is asked back and what is answered; and why it is here.
STEPS = [
    ("The first words of somebody who does not know it yet.", "ostler", None),
    ("Nothing that a repository asks for runs before somebody agreed to it. The daemon starts by itself.", "ostler up",
     ("[y/N]", "y")),
    ("Where everything is.", "ostler ls", None),
    ("One of them, and what happened to it.", "ostler status shop", None),
    ("What its services print.", "ostler logs shop -n 4", None),
    ("A command in it; its exit code is ours.", "ostler exec shop -- sh -c 'echo the web is at $OSTLER_URL_WEB; exit 3'; "
     "echo \"it ended with $?\"", None),
    ("The daemon is killed. What runs goes on, and the next daemon finds it.",
     "kill -KILL {daemon}; ostler ls", None),
    ("A service is killed; it comes back, and the events say what was.",
     "ostler exec shop -- pkill -KILL -f '[s]tore.py'; ostler events shop | tail -n 5", None),
    ("A word that is wrong.", "ostler lst", None),
    ("And a name.", "ostler logs shpo", None),
    ("What is missing on this machine.", "ostler doctor", None),
    ("The end: nothing is left.", "ostler down shop; ostler ls; ostler leaks", None),
    ("The daemon, too.", "ostler daemon stop", None),
]


class Screen:
    def __init__(self, base, programs):
        self.base = base
        self.programs = programs
        home = base / "home"
        for each in (home, base / "run"):
            each.mkdir(mode=0o700)
        shutil.copytree(ROOT / "examples" / "shop", base / "shop")
        (base / "rc").write_text(
            f"export HOME={home} XDG_RUNTIME_DIR={base}/run PATH={programs}:$PATH PS1='{PROMPT} '\n"
            f"unset XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME OSTLER_URL OSTLER_TOKEN CI\n"
            f"cd {base}/shop\nclear\n")
        self.tmux("new-session", "-d", "-s", "main", "-x", str(WIDTH), "-y", str(HEIGHT),
                  f"bash --noprofile --rcfile {base}/rc")
        self.wait(lambda lines: lines[-1:] == [PROMPT])

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", str(self.base / "tmux"), *words], check=True, capture_output=True,
                              text=True).stdout

    def lines(self):
        text = self.tmux("capture-pane", "-p", "-t", "main")
        lines = [line.rstrip() for line in text.split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def wait(self, holds):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            lines = self.lines()
            if holds(lines):
                return lines
            time.sleep(0.1)
        sys.exit("screens: nothing came of it:\n" + "\n".join(self.lines()))

    def type(self, command, asked):
        self.tmux("send-keys", "-t", "main", "-l", command)
        self.tmux("send-keys", "-t", "main", "Enter")
        if asked:
            question, answer = asked
            self.wait(lambda lines: lines and lines[-1].endswith(question))
            self.tmux("send-keys", "-t", "main", "-l", answer)
            self.tmux("send-keys", "-t", "main", "Enter")
        lines = self.wait(lambda lines: len(lines) > 1 and lines[-1] == PROMPT)[:-1]
        self.tmux("send-keys", "-t", "main", "-l", "clear")
        self.tmux("send-keys", "-t", "main", "Enter")
        self.wait(lambda lines: lines == [PROMPT])
        return lines

    def daemon(self):
        told = subprocess.run([self.programs / "ostler", "daemon", "status", "--json"], check=False, text=True,
                              capture_output=True, env=self.environment()).stdout
        found = re.search(r'"pid": *(\d+)', told)
        return found.group(1) if found else ""

    def environment(self):
        """Of a program that talks to its daemon and starts none."""
        return dict(os.environ, HOME=str(self.base / "home"), XDG_RUNTIME_DIR=str(self.base / "run"),
                    OSTLER_NO_AUTOSTART="1")

    def close(self):
        subprocess.run([self.programs / "ostler", "daemon", "stop"], check=False, capture_output=True,
                       env=self.environment())
        subprocess.run(["tmux", "-S", str(self.base / "tmux"), "kill-server"], check=False, capture_output=True)


def shown(text, base):
    """As on a machine of somebody: the directories of this run are nobody's."""
    text = text.replace(f"{base}/home", "~").replace(f"{base}/run", "/run/user/1000")
    return re.sub(re.escape(str(base)), "/src", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if not shutil.which("tmux"):
        sys.exit("screens: tmux is missing; apt install tmux")
    base = pathlib.Path(tempfile.mkdtemp(prefix="os-", dir="/tmp"))
    parts = ["# Screens\n\nWhat somebody sees who tries Ostler for the first time, with the two services of "
             "`examples/shop`. Written by\n`tools/screens.py`, which types this into a terminal.\n"]
    screen = Screen(base, options.programs.resolve())
    try:
        for why, command, asked in STEPS:
            command = command.replace("{daemon}", screen.daemon())
            lines = screen.type(command, asked)
            parts.append(f"\n{why}\n\n```console\n" + shown("\n".join(lines), base) + "\n```\n")
    finally:
        screen.close()
        shutil.rmtree(base, ignore_errors=True)
    TARGET.write_text("".join(parts))
    print(f"{TARGET.relative_to(ROOT)}: {len(STEPS)} screens")


if __name__ == "__main__":
    main()
