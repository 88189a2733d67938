#!/usr/bin/env python3
"""Refuses every #include that include_rules.toml does not allow, naming the rule."""

import pathlib
import re
import tomllib

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
# <vector>, <cstdint>: the standard library has neither folders nor endings.
STANDARD = re.compile(r"^[a-z_0-9]+$")
ALWAYS = ("<fmt>",)


class Rules:
    def __init__(self, table):
        self.headers = table["headers"]
        self.folders = table["folder"]
        self.tests = table["tests"]
        for name, rule in {**self.folders, "tests": self.tests}.items():
            if "may" not in rule or not rule.get("why"):
                raise SystemExit(f"include_rules.toml: {name} needs `may` and `why`")
            for entry in rule["may"]:
                if entry.startswith("<") and entry[1:-1] not in self.headers:
                    raise SystemExit(f"include_rules.toml: {name} names {entry}, which [headers] does not")

    def folder_of(self, path):
        """The rule for a path from src or from the root: the longest folder that holds it; None when there is none."""
        parts = path.split("/")[:-1]
        while parts:
            if "/".join(parts) in self.folders:
                return "/".join(parts)
            parts.pop()
        return None

    def name_of_header(self, header):
        for name, beginnings in self.headers.items():
            for beginning in beginnings:
                if header == beginning or (beginning.endswith("/") and header.startswith(beginning)):
                    return f"<{name}>"
        return None


def allows(may, target, target_folder):
    """Whether an entry of `may` stands for the header `target` of ours."""
    for entry in may:
        if entry == "*":
            if target_folder != "programs":
                return True
        elif entry.endswith("/*"):
            if target_folder == entry[:-2] or target_folder.startswith(entry[:-1]):
                return True
        elif entry in (target, target_folder):
            return True
    return False


def path_in_rules(name):
    """src/base/id.hpp is base/id.hpp; the other folders keep their names."""
    return name.removeprefix("src/")


def is_test_code(name):
    """Tests, and what only tests use: folders called test or conformance, and tests/ itself."""
    folders = name.split("/")[:-1]
    return name.endswith("_test.cpp") or folders[:1] == ["tests"] or "test" in folders or "conformance" in folders


def refusal(rules, known, name, bracket, header):
    """Why `name` may not include `header`; None when it may."""
    folder = rules.folder_of(path_in_rules(name))
    if folder is None:
        return "this folder has no rule; give it one, with the reason, in tools/include_rules.toml"
    rule = rules.folders[folder]
    may = list(rule["may"])
    if is_test_code(name):
        may += rules.tests["may"]

    if bracket == "<":
        if header in known:
            return 'what is ours is included in quotes: "' + header + '"'
        if STANDARD.match(header):
            return None
        group = rules.name_of_header(header)
        if group is None:
            return "no name in [headers] of tools/include_rules.toml stands for this header"
        if group in ALWAYS or group in may or "*" in may:
            return None
    else:
        if header not in known:
            return "what is in quotes is ours, and its path is written from src or from the root"
        if header.endswith(".cpp"):
            return "a .cpp is compiled, not included"
        if is_test_code(header):
            return None if is_test_code(name) else "that is for tests, and this is none"
        target_folder = rules.folder_of(header)
        if target_folder is None or target_folder == folder or allows(may, header, target_folder):
            return None
    allowed = ", ".join([folder, "the standard library", "fmt", *may])
    return f"not allowed in {folder}, because {rule['why']}; allowed: {allowed}"


def check(root, rules):
    everything = tree.files(root)
    known = {path_in_rules(name) for name in everything if name.split("/")[0] in tree.SOURCE_FOLDERS}
    names = tree.sources(root, endings=(".hpp", ".cpp", ".def"))
    findings = []
    for name in names:
        if rules.folder_of(path_in_rules(name)) is None:
            findings.append(tree.Finding(name, 1, refusal(rules, known, name, "<", "")))
            continue
        for number, line in enumerate(tree.read(root, name).splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            why = refusal(rules, known, name, *found.groups())
            if why:
                findings.append(tree.Finding(name, number, f"includes {found.group(2)}: {why}"))
    return findings, len(names)


def main():
    parser = tree.arguments(__doc__)
    parser.add_argument("--rules", type=pathlib.Path, help="instead of tools/include_rules.toml of the root")
    given = parser.parse_args()
    rules_path = given.rules or given.root / "tools" / "include_rules.toml"
    findings, looked_at = check(given.root, Rules(tomllib.loads(rules_path.read_text())))
    tree.report("check_includes", findings, looked_at)


if __name__ == "__main__":
    main()
