"""Each rule of check_house is broken once."""

import unittest

import check_house
import planted


class CheckHouse(planted.PlantedTree):
    def setUp(self):
        super().setUp()
        self.plant("src/base/id.hpp", "// Ids.\n#pragma once\n")
        self.plant("docs/decisions/0001-compiler.md", "# One\n\n## Decision\n\n## Why\n\n## Refused\n")

    def check(self):
        return self.run_main(check_house)

    def refused(self, name, text, *words):
        self.plant(name, text)
        code, printed = self.check()
        self.assertEqual(code, 1, f"{name} with {text[:60]!r} passed: {printed}")
        self.assertIn(f"{name}:", printed)
        for word in words:
            self.assertIn(word, printed)
        (self.root / name).unlink()

    def allowed(self, name, text):
        self.plant(name, text)
        code, printed = self.check()
        self.assertEqual(code, 0, printed)
        (self.root / name).unlink()

    def test_a_tree_in_order_passes(self):
        self.assertEqual(self.check(), (0, "check_house: 2 files are in order\n"))

    def test_long_files(self):
        self.allowed("src/base/x.cpp", "\n" * 500)
        self.refused("src/base/x.cpp", "\n" * 601, "probably two subjects")
        self.allowed("tests/x.cpp", "\n" * 601)
        self.plant("src/base/x.cpp", "\n" * 501)
        code, printed = self.check()
        self.assertEqual(code, 0)
        self.assertIn("src/base/x.cpp:501: warning: 501 lines, probably two subjects", printed)

    def test_headers_say_what_they_are_for(self):
        self.refused("src/base/x.hpp", "#pragma once\n// Late.\n", "says what it is for")
        self.refused("src/base/x.hpp", "")
        self.allowed("src/base/x.hpp", "\n// Soon enough.\n")

    def test_things_put_off(self):
        for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
            self.refused("src/base/x.cpp", f"int one; // {word}: two\n", ":1: do it")
        self.allowed("src/base/x.cpp", "// XXXL and a mastodon\n")

    def test_sleeps_in_tests(self):
        for call in ("std::this_thread::sleep_" + "for(1s);", "u" + "sleep(1);", "sl" + "eep(1);", "nano" + "sleep(&t, 0);"):
            self.refused("src/base/x_test.cpp", f"{call}\n", "no sleeps")
        self.allowed("src/base/x_test.cpp", "fleet.sleep(1h); clock::sleep(2);\n")

    def test_patterns_of_std(self):
        self.refused("src/base/x.cpp", "std::re" + "gex pattern;\n", "RE2")

    def test_unowned_coroutines(self):
        self.refused("src/base/x.cpp", "co_spawn(e, f(), asio::" + "detached);\n", "through a scope")
        self.refused("src/base/x.cpp", "#include <boost/asio/" + "detached.hpp>\n")
        self.allowed("src/base/x.cpp", "auto const detached = phase::detached;\n")

    def test_libraries_do_not_print(self):
        for line in ("printf(text);", 'std::printf("x");', 'fmt::print("x");', "std::println(stdout);", 'std::cout << "x";',
                     "std::fputs(text, stdout);", 'puts("x");'):
            self.refused("src/base/x.cpp", f"{line}\n", "does not print")
        for line in ("std::snprintf(b, n, f);", "std::fprintf(stderr, f);", "fmt::print(stderr, f);", "// its stdout is read"):
            self.allowed("src/base/x.cpp", f"{line}\n")
        self.allowed("src/programs/x.cpp", 'fmt::print("x");\n')

    def test_paths_of_one_machine(self):
        for path in ("/wo" + "rk/x", "/ho" + "me/me/x", "/ro" + "ot/.x"):
            self.refused("docs/x.md", f"see {path}\n", "from the root of the checkout")
        for text in ("src/wo" + "rk/x", "https://a.example/ho" + "me/x", "~/wo" + "rk/x", "/ro" + "ot"):
            self.allowed("docs/x.md", f"see {text}\n")

    def test_rows_once(self):
        table = "| folder | what |\n| --- | --- |\n| base | one |\n"
        self.allowed("ARCHITECTURE.md", table + "| wire | two |\n\n" + table)
        self.refused("ARCHITECTURE.md", table + "| base | two |\n", "base has a row already, at line 3")

    def test_decisions(self):
        whole = "# X\n\n## Decision\n\n## Why\n\n## Refused\n"
        self.allowed("docs/decisions/0020-machines.md", whole)
        self.refused("docs/decisions/0001-linker.md", whole, "the number 0001 is taken")
        self.refused("docs/decisions/machines.md", whole, "is called NNNN-")
        for part in ("Decision", "Why", "Refused"):
            self.refused("docs/decisions/0002-build.md", whole.replace(f"## {part}\n", ""), f"the heading '{part}'")


if __name__ == "__main__":
    unittest.main()
