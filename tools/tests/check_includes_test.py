"""Each rule of check_includes is broken once."""

import pathlib
import tomllib
import unittest

import check_includes
import planted

RULES = pathlib.Path(check_includes.__file__).with_name("include_rules.toml")


class CheckIncludes(planted.PlantedTree):
    def setUp(self):
        super().setUp()
        self.plant("src/base/id.hpp", "// Ids.\n#include <string>\n#include <fmt/format.h>\n")
        self.plant("src/journal/journal.hpp", '// Journal.\n#include "base/id.hpp"\n')
        self.plant("src/journal/memory_journal.hpp", '// In memory.\n#include "journal/journal.hpp"\n')
        self.plant("src/journal/sqlite/sqlite_journal.hpp", "// On disk.\n#include <sqlite3.h>\n")
        self.plant("src/lifecycle/policy/backoff.hpp", '// Waits.\n#include "base/id.hpp"\n')
        self.plant("src/lifecycle/instance/step.hpp", '// Step.\n#include "lifecycle/policy/backoff.hpp"\n')
        self.plant("src/lifecycle/fleet/fleet.hpp", '// Fleet.\n#include "lifecycle/instance/step.hpp"\n')
        self.plant("src/programs/main.hpp", '// Main.\n#include "journal/sqlite/sqlite_journal.hpp"\n')
        self.plant("tests/support/golden.hpp", "// Golden.\n#include <gtest/gtest.h>\n")

    def check(self):
        return self.run_main(check_includes, "--rules", str(RULES))

    def refused(self, name, include, *words):
        self.plant(name, f"// Planted.\n#include {include}\n")
        code, printed = self.check()
        self.assertEqual(code, 1, printed)
        self.assertIn(f"{name}:2: includes {include[1:-1]}: ", printed)
        for word in words:
            self.assertIn(word, printed)
        (self.root / name).unlink()

    def allowed(self, name, include):
        self.plant(name, f"// Planted.\n#include {include}\n")
        code, printed = self.check()
        self.assertEqual(code, 0, printed)
        (self.root / name).unlink()

    def test_a_tree_in_order_passes(self):
        code, printed = self.check()
        self.assertEqual((code, printed), (0, "check_includes: 9 files are in order\n"))

    def test_nothing_to_look_at_fails(self):
        self.root = self.root / "elsewhere"
        self.root.mkdir()
        self.assertEqual(self.check()[0], 1)

    def test_upward_and_sideward_is_refused_with_rule_and_reason(self):
        self.refused("src/base/x.hpp", '"journal/journal.hpp"', "not allowed in base", "leans on nobody", "allowed: base")
        self.refused("src/base/facts.def", '"journal/journal.hpp"')
        self.refused("src/lifecycle/policy/x.cpp", '"lifecycle/instance/step.hpp"')
        self.refused("src/lifecycle/instance/x.cpp", '"lifecycle/fleet/fleet.hpp"')
        self.refused("src/lifecycle/instance/x.cpp", '"journal/journal.hpp"')
        self.refused("src/journal/x.cpp", '"journal/sqlite/sqlite_journal.hpp"')
        self.refused("src/journal/x.cpp", '"lifecycle/fleet/fleet.hpp"')

    def test_what_the_table_names_is_allowed(self):
        self.allowed("src/lifecycle/fleet/x.cpp", '"lifecycle/policy/backoff.hpp"')
        self.allowed("src/journal/sqlite/x.cpp", '"journal/memory_journal.hpp"')
        self.allowed("simulation/x.cpp", '"journal/memory_journal.hpp"')
        self.allowed("simulation/deep/x.cpp", '"lifecycle/fleet/fleet.hpp"')
        self.allowed("tests/x.cpp", '"journal/sqlite/sqlite_journal.hpp"')

    def test_one_header_of_a_folder_is_not_the_folder(self):
        self.allowed("src/records/x.cpp", '"journal/journal.hpp"')
        self.refused("src/records/x.cpp", '"journal/memory_journal.hpp"')

    def test_the_simulation_knows_no_database(self):
        self.refused("simulation/x.cpp", '"journal/sqlite/sqlite_journal.hpp"')
        self.refused("simulation/x.cpp", "<boost/asio.hpp>")

    def test_only_one_folder_knows_sqlite(self):
        for folder in ("src/journal", "src/base", "simulation", "src/supervisor"):
            self.refused(f"{folder}/x.cpp", "<sqlite3.h>")

    def test_nobody_includes_programs(self):
        for folder in ("src/base", "simulation", "tests", "fuzz", "bench"):
            self.refused(f"{folder}/x.cpp", '"programs/main.hpp"')

    def test_the_system_is_not_for_the_pure(self):
        self.refused("src/lifecycle/policy/x.cpp", "<unistd.h>")
        self.refused("src/lifecycle/policy/x.cpp", "<sys/socket.h>")

    def test_tests_may_include_test_code_and_nobody_else(self):
        for include in ("<gtest/gtest.h>", "<gmock/gmock.h>", '"tests/support/golden.hpp"'):
            self.allowed("src/base/x_test.cpp", include)
            self.refused("src/base/x.cpp", include)
        self.plant("src/journal/conformance/suite.hpp", "// Suite.\n#include <gtest/gtest.h>\n")
        self.allowed("src/journal/x_test.cpp", '"journal/conformance/suite.hpp"')
        self.refused("src/journal/x.cpp", '"journal/conformance/suite.hpp"', "that is for tests")

    def test_a_test_may_not_look_upward_either(self):
        self.refused("src/base/x_test.cpp", '"journal/journal.hpp"')

    def test_unknown_headers_and_folders_are_refused(self):
        self.refused("src/base/x.cpp", "<left_pad/left_pad.hpp>", "no name in [headers]")
        self.plant("src/miscellany/x.cpp", "")
        code, printed = self.check()
        self.assertEqual(code, 1)
        self.assertIn("src/miscellany/x.cpp:1: this folder has no rule", printed)

    def test_ways_of_writing_that_hide_what_is_included(self):
        self.refused("src/base/x.cpp", '"id.hpp"', "its path is written from src")
        self.refused("src/base/x.cpp", '"../journal/journal.hpp"')
        self.refused("src/base/x.cpp", "<base/id.hpp>", "in quotes")
        self.plant("src/base/id.cpp", "")
        self.refused("src/base/x.cpp", '"base/id.cpp"', "compiled, not included")

    def test_odd_spacing_is_read(self):
        self.plant("src/base/x.cpp", '  #  include   "journal/journal.hpp"\n')
        self.assertEqual(self.check()[0], 1)

    def test_rules_give_a_reason_and_know_their_headers(self):
        for text in (
            '[headers]\n[tests]\nmay = []\nwhy = "x"\n[folder.base]\nmay = []\n',
            '[headers]\n[tests]\nmay = []\nwhy = "x"\n[folder.base]\nmay = ["<asio>"]\nwhy = "x"\n',
        ):
            with self.assertRaises(SystemExit):
                check_includes.Rules(tomllib.loads(text))


if __name__ == "__main__":
    unittest.main()
