"""Badly set code is refused, and mended when asked."""

import unittest

import check_format
import planted


class CheckFormat(planted.PlantedTree):
    def test_bad_code_is_refused_then_mended(self):
        self.plant(".clang-format", "BasedOnStyle: Google\n")
        self.plant("src/base/x.cpp", "int   main( ){return 0 ;}\n")
        self.plant("docs/x.cpp", "int   left( ){return 0 ;}\n")
        code, printed = self.run_main(check_format)
        self.assertEqual(code, 1)
        self.assertIn("src/base/x.cpp:1: not formatted", printed)
        self.assertNotIn("docs", printed)

        self.assertEqual(self.run_main(check_format, "--fix")[0], 0)
        self.assertEqual((self.root / "src/base/x.cpp").read_text(), "int main() { return 0; }\n")
        self.assertEqual(self.run_main(check_format)[0], 0)

    def test_nothing_to_look_at_fails(self):
        self.assertEqual(self.run_main(check_format)[0], 1)


if __name__ == "__main__":
    unittest.main()
