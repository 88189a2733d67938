"""What run.sh, test.sh and tools/package.sh refuse: wrong words, and missing packages where nothing may be installed."""

import os
import pathlib
import shutil
import subprocess
import unittest

import planted

ROOT = pathlib.Path(planted.__file__).resolve().parent.parent.parent


class Scripts(planted.PlantedTree):
    def setUp(self):
        super().setUp()
        for name in ("run.sh", "test.sh", "tools/package.sh", "tools/setup.sh"):
            (self.root / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def run_script(self, *words, packages="bash command bash\n"):
        self.plant("tools/packages.txt", packages)
        # From another folder, as anybody may.
        return subprocess.run(
            [self.root / words[0], *words[1:]],
            cwd="/", env={**os.environ, "OSTLER_NO_INSTALL": "1"}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def test_wrong_words_are_a_usage_error_that_names_what_is_allowed(self):
        for words, said in (
            (("test.sh", "everything"), "unknown word 'everything'; allowed: unit, sim, real, all"),
            (("test.sh", "unit", "sim"), "'sim' after 'unit'"),
            (("test.sh", "-k"), "-k needs a name"),
            (("test.sh", "--preset"), "--preset needs a name"),
            (("test.sh", "--preset", "fast"), "unknown preset 'fast'; allowed: dev, asan, tsan, release"),
            (("run.sh", "--quickly"), "unknown word '--quickly'; allowed: --build-only"),
            (("tools/package.sh", "rpm"), "unknown word 'rpm'; allowed: -h"),
        ):
            ran = self.run_script(*words)
            self.assertEqual(ran.returncode, 2, words)
            self.assertIn(said, ran.stderr)
            self.assertEqual(ran.stdout, "")

    def test_help_is_no_error(self):
        for name, shown in (("test.sh", "./test.sh ["), ("run.sh", "./run.sh ["), ("tools/package.sh", "tools/package.sh [")):
            ran = self.run_script(name, "-h")
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            self.assertIn(shown, ran.stdout)

    @unittest.skipUnless(shutil.which("apt-get"), "needs apt-get")
    def test_what_is_missing_is_named_with_the_one_command_to_run(self):
        packages = (
            "# a comment\n\n"
            "bash                 command bash\n"
            "no-such-a            command no-such-a\n"
            "no-such-b|no-such-c  header no/such/b.hpp\n"
            "no-such-d            package\n"
        )
        ran = self.run_script("test.sh", packages=packages)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("apt-get install -y no-such-a no-such-b no-such-d\n", ran.stderr)
        self.assertNotIn("Configure", ran.stdout)

    @unittest.skipUnless(shutil.which("apt-get"), "needs apt-get")
    def test_a_header_of_another_version_does_not_count(self):
        here = "fmt-dev  header fmt/format.h"
        self.assertNotIn("fmt-dev", self.run_script("test.sh", packages=f"{here}\n").stderr)
        self.assertIn("fmt-dev", self.run_script("test.sh", packages=f"{here} define NO_SUCH_VERSION\n").stderr)

    def test_a_line_that_proves_nothing_is_refused(self):
        ran = self.run_script("test.sh", packages="bash hopefully\n")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("'hopefully' proves nothing", ran.stderr)

    def test_a_failing_step_shows_all_it_said_and_what_to_do(self):
        ran = self.run_script("test.sh")  # no CMakePresets.json here
        self.assertEqual(ran.returncode, 1)
        self.assertIn("CMake Error: Could not read presets", ran.stdout)
        self.assertIn("Configure dev\n  If the build folder is of another time: rm -r build/dev\n", ran.stderr)


if __name__ == "__main__":
    unittest.main()
