"""clang-tidy is heard, what was clean is remembered, and what changed is looked at again."""

import json
import pathlib
import shutil
import unittest

import check_tidy
import planted

CONFIG = pathlib.Path(check_tidy.__file__).parent.parent / ".clang-tidy"


class CheckTidy(planted.PlantedTree):
    def setUp(self):
        super().setUp()
        self.root = self.root.resolve()
        shutil.copy(CONFIG, self.root)
        self.plant("src/base/id.hpp", "// Ids.\n#pragma once\nint number();\n")
        self.plant("src/base/id.cpp", '#include "base/id.hpp"\nint number() { return 1; }\n')
        self.plant("src/base/id_test.cpp", "int* BadButTest = 0;\n")
        self.compile("src/base/id.cpp")

    def compile(self, *names):
        self.plant(
            "build/dev/compile_commands.json",
            json.dumps(
                [
                    {
                        "directory": str(self.root / "build/dev"),
                        "file": str(self.root / name),
                        "command": f"clang++-19 -I{self.root}/src -std=c++23 -o x.o -c {self.root / name}",
                    }
                    for name in names
                ]
            ),
        )

    def check(self):
        return self.run_main(check_tidy)

    def test_clean_files_are_remembered_until_something_of_theirs_changes(self):
        self.assertEqual(self.check(), (0, self.said(1)))
        self.assertEqual(self.check(), (0, self.said(0)))
        self.plant("src/base/id.hpp", "// Ids, said better.\n#pragma once\nint number();\n")
        self.assertEqual(self.check(), (0, self.said(1)))

    def said(self, changed):
        return f"check_tidy: {changed} of 1 files changed since they were found clean\ncheck_tidy: 1 files are in order\n"

    def test_mistakes_are_told_each_time_and_not_remembered(self):
        self.plant("src/base/id.cpp", '#include "base/id.hpp"\nint number() { int* nothing = 0; return *nothing; }\n')
        for _ in range(2):
            code, printed = self.check()
            self.assertEqual(code, 1)
            self.assertIn("src/base/id.cpp:2: use nullptr", printed)

    def test_names_of_another_house_are_refused_in_headers_too(self):
        self.plant("src/base/id.hpp", "// Ids.\n#pragma once\nint number();\nstruct PortLease { int count; };\n")
        code, printed = self.check()
        self.assertEqual(code, 1)
        self.assertIn("src/base/id.hpp:4: invalid case style for struct 'PortLease'", printed)

    def test_what_does_not_compile_fails(self):
        self.plant("src/base/id.cpp", "int number() { return }\n")
        self.assertEqual(self.check()[0], 1)

    def test_a_source_that_no_target_compiles_is_refused(self):
        self.plant("src/base/forgotten.cpp", "int forgotten();\n")
        code, printed = self.check()
        self.assertEqual(code, 1)
        self.assertIn("src/base/forgotten.cpp:1: no target of the build compiles this file", printed)


if __name__ == "__main__":
    unittest.main()
