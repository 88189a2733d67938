#!/usr/bin/env python3
"""Names the tests of a run that were not run, from the report that ctest writes with --output-junit."""

import re
import sys
import xml.etree.ElementTree

# "disabled" are the tests called DISABLED_; "notrun" were skipped, or what they needed was missing.
NOT_RUN = {"notrun": "skipped", "disabled": "disabled"}


def reason(case):
    # What was given to GTEST_SKIP() stands in the line below this.
    told = re.search(r": Skipped\n(.+)", case.findtext("system-out", ""))
    if told:
        return told.group(1)
    element = case.find("skipped")
    said = element.get("message", "") if element is not None else ""
    # ctest writes how it recognised a skipped test, which tells nobody anything.
    return said if said and "SKIP" not in said else NOT_RUN[case.get("status")]


def skipped(report):
    """Pairs of name and why."""
    for case in report.iter("testcase"):
        if case.get("status") in NOT_RUN:
            yield case.get("name"), reason(case)


def main():
    names = list(skipped(xml.etree.ElementTree.parse(sys.argv[1]).getroot()))
    if names:
        print(f"\nSKIPPED: {len(names)}; what these tests promise is not checked here:")
        for name, why in names:
            print(f"  {name} ({why})")


if __name__ == "__main__":
    main()
