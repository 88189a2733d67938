"""ostler_link_test() lets a declared reference pass and stops an undeclared one."""

import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class LinkTest(unittest.TestCase):
    def run_cmake(self, *arguments):
        return subprocess.run(
            ["cmake", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )

    def test_undeclared_references_fail_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            configured = self.run_cmake(
                "-S", HERE / "link_test_project", "-B", folder, "-G", "Ninja",
                f"-DOSTLER_CMAKE={HERE.parent.parent / 'cmake'}",
                f"-DCMAKE_CXX_COMPILER={os.environ.get('CXX', 'clang++-19')}",
            )  # fmt: skip
            self.assertEqual(configured.returncode, 0, configured.stdout)
            declared = self.run_cmake("--build", folder, "--target", "upper_link_test")
            self.assertEqual(declared.returncode, 0, declared.stdout)
            undeclared = self.run_cmake("--build", folder, "--target", "sinner_link_test")
            self.assertNotEqual(undeclared.returncode, 0, undeclared.stdout)
            self.assertRegex(undeclared.stdout, r"undefined (symbol|reference).*lower")


if __name__ == "__main__":
    unittest.main()
