#!/usr/bin/env python3
"""Refuses code that clang-format would write otherwise; --fix writes it so."""

import os
import re
import subprocess
import sys

import tree

PROGRAM = os.environ.get("OSTLER_CLANG_FORMAT", "clang-format-19")
WARNING = re.compile(r"^(.*?):(\d+):\d+: (?:error|warning): code should be clang-formatted")


def check(root, fix):
    names = tree.sources(root)
    if not names:
        return [], 0
    mode = ["-i"] if fix else ["--dry-run", "-Werror", "--ferror-limit=1"]
    ran = subprocess.run(
        [PROGRAM, "--style=file", *mode, *names], cwd=root, capture_output=True, text=True, check=False
    )
    findings = []
    for line in ran.stderr.splitlines():
        found = WARNING.match(line)
        if found:
            findings.append(tree.Finding(found.group(1), int(found.group(2)), "not formatted; mend: tools/check_format.py --fix"))
    if ran.returncode != 0 and not findings:
        sys.exit(f"{PROGRAM} failed:\n{ran.stderr}")
    return findings, len(names)


def main():
    parser = tree.arguments(__doc__)
    parser.add_argument("--fix", action="store_true", help="write the files as they should be")
    given = parser.parse_args()
    findings, looked_at = check(given.root, given.fix)
    tree.report("check_format", findings, looked_at)


if __name__ == "__main__":
    main()
