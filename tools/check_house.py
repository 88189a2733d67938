#!/usr/bin/env python3
"""Refuses what the house does not want and no compiler sees. Each rule is one function below."""

import re

import tree

LINES_WARN = 500
LINES_MAX = 600


def rule_long_files(name, text):
    if not name.startswith(("src/", "simulation/")) or not name.endswith((".hpp", ".cpp")):
        return
    lines = text.count("\n")
    if lines > LINES_WARN:
        yield tree.Finding(
            name,
            lines,
            f"{lines} lines, probably two subjects (warned of above {LINES_WARN}, refused above {LINES_MAX})",
            warning=lines <= LINES_MAX,
        )


def rule_header_says_what_it_is_for(name, text):
    if name.endswith(".hpp") and not text.lstrip().startswith("//"):
        yield tree.Finding(name, 1, "a header opens with a comment that says what it is for, and why it is so")


def lines_that_match(name, text, pattern, why):
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield tree.Finding(name, number, why)


def is_code(name):
    return name.split("/")[0] in tree.SOURCE_FOLDERS and name.endswith((".hpp", ".cpp", ".def"))


def is_test(name):
    return is_code(name) and (name.endswith("_test.cpp") or name.startswith("tests/"))


def is_library(name):
    return name.startswith(("src/", "simulation/")) and not name.startswith("src/programs/") and not is_test(name)


# Which files, what is refused in a line of them, and why. The patterns are written so that they do not match here.
LINE_RULES = [
    (is_code, r"\b(TO[D]O|FIX[M]E|XX[X])\b", "do it, write it in the documents as what comes, or leave it out"),
    (
        is_test,
        r"sleep_(for|until)\b|\busleep\b|\bnanosleep\b|(?<![\w.>:])sleep\(",
        "no sleeps in tests: wait for the event, or move the clock",
    ),
    (is_code, r"std::basic_regex|std::w?regex", "patterns are RE2: std's crashes on long text and takes for ever on some"),
    (
        lambda name: is_code(name) and not is_test(name),
        r"asio(::|/)detached\b",
        "who starts a coroutine owns it: spawn through a scope",
    ),
    (
        is_library,
        r"(?<![\w.:])(std::)?(v?printf|puts|putchar)\s*\(|(std|fmt)::print(ln)?\s*\((?!\s*stderr)|[,(]\s*stdout\s*[,)]|std::cout\b",
        "a library does not print: it returns what is to be said",
    ),
    (
        lambda name: name != "LICENSE",
        r"(?<![\w.~$}])/(work|home|root|Users)/[\w.-]",
        "a path of one machine; write it from the root of the checkout, or take it from outside",
    ),
]
LINE_RULES = [(applies, re.compile(pattern), why) for applies, pattern, why in LINE_RULES]

DECISION = re.compile(r"^docs/decisions/(?:(\d{4})-[a-z0-9-]+\.md|.*)$")
DECISION_PARTS = ("Decision", "Why", "Refused")


def rule_decisions(texts):
    numbers = {}
    for name, text in texts.items():
        found = DECISION.match(name)
        if not found or name == "docs/decisions/README.md":
            continue
        number = found.group(1)
        if number is None:
            yield tree.Finding(name, 1, "a decision is called NNNN-in-a-few-words.md")
            continue
        if number in numbers:
            yield tree.Finding(name, 1, f"the number {number} is taken by {numbers[number]}")
        numbers.setdefault(number, name)
        headings = re.findall(r"^#+\s+(.*?)\s*$", text, re.MULTILINE)
        for part in DECISION_PARTS:
            if part not in headings:
                yield tree.Finding(name, 1, f"a decision has the heading '{part}'")


def rule_rows_once(name, text):
    """Two that say the same of one thing come from two changes that were put together."""
    if name != "ARCHITECTURE.md":
        return
    table = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("|"):
            table = {}
            continue
        first = line.split("|")[1].strip()
        if first in table and not set(first) <= set("-: "):
            yield tree.Finding(name, number, f"{first} has a row already, at line {table[first]}")
        table.setdefault(first, number)


def check(root):
    texts = {}
    for name in tree.files(root):
        content = (root / name).read_bytes()
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", errors="replace")
    findings = []
    for name, text in texts.items():
        findings += rule_long_files(name, text)
        findings += rule_rows_once(name, text)
        findings += rule_header_says_what_it_is_for(name, text)
        for applies, pattern, why in LINE_RULES:
            if applies(name):
                findings += lines_that_match(name, text, pattern, why)
    findings += rule_decisions(texts)
    return findings, len(texts)


def main():
    given = tree.arguments(__doc__).parse_args()
    findings, looked_at = check(given.root)
    tree.report("check_house", findings, looked_at)


if __name__ == "__main__":
    main()
