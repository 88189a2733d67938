#!/usr/bin/env python3
"""Runs clang-tidy over the sources (not the tests), and remembers what was found clean.

A file is looked at again only when something that it is made of has changed: itself, a header of ours that it
includes, its flags, .clang-tidy, or clang-tidy.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import check_includes
import tree

PROGRAM = os.environ.get("OSTLER_CLANG_TIDY", "clang-tidy-19")
JOBS_MAX = 2
FOUND = re.compile(r"^(/.*?):(\d+):\d+: (?:error|warning): (.*)$")


def flags_of(build):
    """For each source its folder and flags, of the first command that compiles it."""
    flags = {}
    for command in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(command["command"])[1:]
        kept = []
        skip = False
        for word in words:
            if skip or word in ("-c", command["file"]):
                skip = False
            elif word == "-o":
                skip = True
            else:
                kept.append(word)
        flags.setdefault(command["file"], (command["directory"], kept))
    return flags


class Contents:
    """What files of ours are made of: their own text and that of all headers of ours they include."""

    def __init__(self, root):
        self.root = root
        self.direct = {}

    def read(self, name):
        if name not in self.direct:
            text = tree.read(self.root, name)
            includes = [found.group(2) for line in text.splitlines() if (found := check_includes.INCLUDE.match(line))]
            ours = [path for header in includes for path in (f"src/{header}", header) if (self.root / path).is_file()]
            self.direct[name] = (hashlib.sha256(text.encode()).hexdigest(), ours)
        return self.direct[name]

    def of(self, name):
        seen, waiting = set(), [name]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += self.read(here)[1]
        return sorted((path, self.read(path)[0]) for path in seen)


def run(root, name, folder, flags):
    """What clang-tidy said of a file; nothing when it is clean."""
    ran = subprocess.run(
        [PROGRAM, "--quiet", f"--config-file={root / '.clang-tidy'}", str(root / name), "--", *flags],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if ran.returncode == 0 else ran.stdout or ran.stderr or f"ended with {ran.returncode}"


def findings_in(root, name, said):
    """One for each message, and the whole text where there is no message to be recognised."""
    found = []
    for line in said.splitlines():
        match = FOUND.match(line)
        if match:
            path = os.path.relpath(os.path.realpath(match.group(1)), root)
            found.append(tree.Finding(path, int(match.group(2)), match.group(3)))
    return found or [tree.Finding(name, 1, said)]


def check(root, build, cache):
    root = root.resolve()
    names = [
        name
        for name in tree.sources(root, folders=("src", "simulation"), endings=(".cpp",))
        if not check_includes.is_test_code(name)
    ]
    flags = flags_of(build)
    contents = Contents(root)
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    common = version + (root / ".clang-tidy").read_text()

    findings, waiting = [], []
    for name in names:
        if str(root / name) not in flags:
            findings.append(tree.Finding(name, 1, "no target of the build compiles this file"))
            continue
        folder, words = flags[str(root / name)]
        made_of = json.dumps([common, words, contents.of(name)])
        mark = cache / hashlib.sha256(made_of.encode()).hexdigest()
        if not mark.exists():
            waiting.append((name, folder, words, mark))

    cache.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(min(JOBS_MAX, os.cpu_count() or 1)) as pool:
        answers = pool.map(lambda one: run(root, *one[:3]), waiting)
        for (name, _, _, mark), said in zip(waiting, answers, strict=True):
            if said:
                findings += findings_in(root, name, said)
            else:
                mark.touch()
    print(f"check_tidy: {len(waiting)} of {len(names)} files changed since they were found clean")
    # A header is seen from every file that includes it, and told once.
    return sorted(set(findings), key=lambda finding: (finding.path, finding.line)), len(names)


def main():
    parser = tree.arguments(__doc__)
    parser.add_argument("--build", type=pathlib.Path, help="a configured build folder; build/dev of the root")
    given = parser.parse_args()
    build = given.build or given.root / "build" / "dev"
    if not (build / "compile_commands.json").is_file():
        sys.exit(f"check_tidy: {build} is not configured; run: cmake --preset dev")
    findings, looked_at = check(given.root, build, build / "tidy")
    tree.report("check_tidy", findings, looked_at)


if __name__ == "__main__":
    main()
