"""What the checks of the tree share: its files, and how a finding is told."""

import argparse
import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass

SOURCE_FOLDERS = ("src", "simulation", "tests", "fuzz", "bench")
# Not ours, or made from what is ours.
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str
    # A warning is shown and fails nothing.
    warning: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.text}"


def files(root):
    """Paths from the root of all that is tracked, or would be: neither ignored nor deleted."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    inside = (root / ".git").exists()
    if inside and listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
    else:  # an archive of the sources
        names = []
        for folder, folders, here in os.walk(root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            names += [os.path.relpath(os.path.join(folder, name), root) for name in here]
    return sorted(name for name in set(names) if (root / name).is_file())


def sources(root, folders=SOURCE_FOLDERS, endings=(".hpp", ".cpp")):
    return [name for name in files(root) if name.split("/")[0] in folders and name.endswith(endings)]


def read(root, name):
    return (root / name).read_text(encoding="utf-8", errors="replace")


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent, help="the checkout"
    )
    return parser


def report(name, findings, looked_at):
    """Prints the findings and ends the program: 1 when there was one that counts."""
    for finding in findings:
        print(finding)
    failures = [finding for finding in findings if not finding.warning]
    if failures:
        print(f"{name}: {len(failures)} found in {looked_at} files")
        sys.exit(1)
    if not looked_at:
        # A check that looks at nothing would always pass.
        print(f"{name}: no file to look at; is the root right?")
        sys.exit(1)
    print(f"{name}: {looked_at} files are in order")
