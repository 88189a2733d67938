"""What was not run is named, and nothing is said when all was run."""

import contextlib
import io
import sys
import unittest

import planted
import skipped

REPORT = """<testsuite>
  <testcase name="a.runs" status="run"/>
  <testcase name="a.is_skipped" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase>
  <testcase name="a.says_why" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>[ RUN ]
x_test.cpp:9: Skipped
no container engine here

[  SKIPPED ]</system-out></testcase>
  <testcase name="a.lacks" status="notrun"><skipped message="Unable to find executable"/></testcase>
  <testcase name="a.is_off" status="disabled"/>
</testsuite>"""


class Skipped(planted.PlantedTree):
    def said(self, report):
        self.plant("report.xml", report)
        printed = io.StringIO()
        before, sys.argv = sys.argv, ["skipped", str(self.root / "report.xml")]
        with contextlib.redirect_stdout(printed):
            skipped.main()
        sys.argv = before
        return printed.getvalue()

    def test_all_that_was_not_run_is_named(self):
        self.assertEqual(
            self.said(REPORT),
            "\nSKIPPED: 4; what these tests promise is not checked here:\n"
            "  a.is_skipped (skipped)\n  a.says_why (no container engine here)\n"
            "  a.lacks (Unable to find executable)\n  a.is_off (disabled)\n",
        )

    def test_nothing_is_said_when_all_was_run(self):
        self.assertEqual(self.said('<testsuite><testcase name="a" status="run"/></testsuite>'), "")


if __name__ == "__main__":
    unittest.main()
