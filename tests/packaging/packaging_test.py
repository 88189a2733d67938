#!/usr/bin/env python3
"""Installs what was built into a temporary folder, and makes the Debian package, and looks at both as their users would.

OSTLER_BUILD names the build, OSTLER_CMAKE and OSTLER_CPACK the programs that install, OSTLER_VERSION what they promise.
"""

import gzip
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["OSTLER_BUILD"])
ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = os.environ["OSTLER_VERSION"]
PATIENCE = 240

PROGRAMS = {"bin/ostler", "bin/ostlerd", "bin/ostler-keeper"}
TEXTS = {
    "lib/systemd/user/ostlerd.service",
    "lib/systemd/user/ostlerd.socket",
    "share/bash-completion/completions/ostler",
    "share/doc/ostler/CHANGELOG.md",
    "share/doc/ostler/copyright",
    "share/doc/ostler/examples/shop/ostler.toml",
    "share/doc/ostler/examples/shop/store.py",
    "share/doc/ostler/examples/shop/web.py",
    "share/fish/vendor_completions.d/ostler.fish",
    "share/man/man1/ostler-keeper.1.gz",
    "share/man/man1/ostler.1.gz",
    "share/man/man1/ostlerd.1.gz",
    "share/ostler/openapi.json",
    "share/ostler/ostler.schema.json",
    "share/zsh/vendor-completions/_ostler",
}


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return unittest.skipIf(missing, f"needs {', '.join(missing)}")


class Temporary(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory(prefix="ostler-packaging-")
        self.addCleanup(kept.cleanup)
        self.base = pathlib.Path(kept.name)
        # Nobody's daemon is asked, and nobody's settings are read.
        (self.base / "runtime").mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base),
            "XDG_RUNTIME_DIR": str(self.base / "runtime"),
            "OSTLER_NO_AUTOSTART": "1",
            "LC_ALL": "C.UTF-8",
        }

    def run_program(self, *words, **more):
        ran = subprocess.run(
            [str(word) for word in words], env={**self.environment, **more}, cwd=self.base, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual(ran.returncode, 0, f"{words}\n{ran.stdout}\n{ran.stderr}")
        return ran


class Installed(Temporary):
    def setUp(self):
        super().setUp()
        self.prefix = self.base / "prefix"
        # CMake leaves folders to the umask.
        self.addCleanup(os.umask, os.umask(0o022))
        self.run_program(os.environ["OSTLER_CMAKE"], "--install", BUILD, "--prefix", self.prefix)


class Files(Installed):
    def test_every_file_is_there_and_none_besides(self):
        found = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if not path.is_dir()}
        self.assertEqual(found, PROGRAMS | TEXTS)

    def test_all_may_read_and_only_the_owner_writes(self):
        for path in self.prefix.rglob("*"):
            name = str(path.relative_to(self.prefix))
            wanted = 0o755 if path.is_dir() or name in PROGRAMS else 0o644
            self.assertEqual(oct(path.stat().st_mode & 0o7777), oct(wanted), name)

    def test_what_was_written_is_noted(self):
        noted = (BUILD / "install_manifest.txt").read_text().split("\n")
        self.assertEqual({name for name in noted if name}, {str(self.prefix / name) for name in PROGRAMS | TEXTS})

    def test_the_licence_is_that_of_the_sources(self):
        self.assertEqual((self.prefix / "share/doc/ostler/copyright").read_bytes(), (ROOT / "LICENSE").read_bytes())


class Programs(Installed):
    def test_they_run_and_say_their_version(self):
        for name in ("ostler", "ostlerd"):
            self.assertEqual(self.run_program(self.prefix / "bin" / name, "--version").stdout, f"{name} {VERSION}\n")
        told = self.run_program(self.prefix / "bin/ostler", "version").stdout
        self.assertEqual(told, f"ostler {VERSION}\nostlerd is not running\n")
        self.assertIn("ostler-keeper", self.run_program(self.prefix / "bin/ostler-keeper", "--version").stdout)

    def test_the_command_line_finds_the_daemon_and_that_the_keeper(self):
        ostler = self.prefix / "bin/ostler"
        state = {"OSTLER_STATE": str(self.base / "state"), "OSTLER_NO_AUTOSTART": ""}
        shop = self.base / "shop"
        shop.mkdir()
        (shop / "ostler.toml").write_text('version = 1\n[service.tick]\nrun = ["sleep", "1000"]\n')
        self.run_program(ostler, "daemon", "start", **state)
        self.addCleanup(self.run_program, ostler, "daemon", "stop", **state)
        self.run_program(ostler, "trust", "-y", "--project", shop, **state)
        # Also what came up only in part is taken away.
        self.addCleanup(self.run_program, ostler, "down", "--project", shop, "--force", "-y", **state)
        self.run_program(ostler, "up", "--project", shop, **state)
        self.assertIn("tick", self.run_program(ostler, "status", "--project", shop, **state).stdout)


class Man(Installed):
    @needs("man")
    def test_the_pages_render_without_a_complaint(self):
        for name, words in (
            ("ostler", ("isolated dev and agent environments", "ostler up", "EXIT STATUS")),
            ("ostlerd", ("--state DIRECTORY", "SEE ALSO")),
            ("ostler-keeper", ("ostler-keeper run --dir DIR", "SEE ALSO")),
        ):
            page = self.prefix / f"share/man/man1/{name}.1.gz"
            ran = self.run_program("man", "--warnings=w", "-l", page, MANWIDTH="120", MANROFFSEQ="", MANPAGER="cat")
            self.assertEqual(ran.stderr, "")
            for word in ("NAME", f"{name} - ", f"ostler {VERSION}", *words):
                self.assertIn(word, ran.stdout)

    def test_the_pages_are_the_same_in_every_build(self):
        for page in (self.prefix / "share/man/man1").iterdir():
            # Neither a name nor a moment stands in its head.
            self.assertEqual(page.read_bytes()[3:8], b"\0\0\0\0\0", page)


class Bash(Installed):
    @needs("bash")
    def test_the_completion_loads_and_completes_a_verb(self):
        script = self.prefix / "share/bash-completion/completions/ostler"
        asks = 'source "$1" && COMP_WORDS=(ostler daemon inst) COMP_CWORD=2 && _ostler && echo "${COMPREPLY[*]}"'
        self.assertEqual(self.run_program("bash", "--norc", "-euc", asks, "bash", script).stdout, "install\n")


class Zsh(Installed):
    @needs("zsh")
    def test_the_completion_is_found_in_fpath_and_answers_at_once(self):
        folder = self.prefix / "share/zsh/vendor-completions"
        # compadd belongs to the line editor, which a script has not.
        asks = (
            'fpath=("$1" $fpath); compadd() { print -r -- "$@" }; autoload -Uz _ostler;'
            "words=(ostler daemon inst); CURRENT=3; _ostler"
        )
        self.assertIn("install", self.run_program("zsh", "-fc", asks, "zsh", folder).stdout.split())


class Fish(Installed):
    @needs("fish")
    def test_the_completion_loads_and_completes_a_verb(self):
        script = self.prefix / "share/fish/vendor_completions.d/ostler.fish"
        ran = self.run_program("fish", "--no-config", "-c", f"source {script}; complete -C 'ostler daemon inst'")
        self.assertEqual(ran.stderr, "")
        self.assertIn("install\t", ran.stdout)


class Units(Installed):
    def test_they_name_the_installed_daemon_and_the_socket_of_its_callers(self):
        folder = self.prefix / "lib/systemd/user"
        self.assertIn(f'ExecStart="{self.prefix}/bin/ostlerd"\n', (folder / "ostlerd.service").read_text())
        told = self.run_program(self.prefix / "bin/ostler", "config", "path").stdout
        [listens] = [
            line.split("=", 1)[1] for line in (folder / "ostlerd.socket").read_text().splitlines()
            if line.startswith("ListenStream=")
        ]  # fmt: skip
        self.assertIn(listens.replace("%t", self.environment["XDG_RUNTIME_DIR"]), told)

    @needs("systemd-analyze")
    def test_systemd_finds_no_fault_in_them(self):
        folder = self.prefix / "lib/systemd/user"
        units = [folder / "ostlerd.service", folder / "ostlerd.socket"]
        ran = self.run_program("systemd-analyze", "--user", "--man=no", "verify", *units)
        told = [line for line in ran.stderr.splitlines() if "ostlerd" in line]
        self.assertEqual(told, [])


@needs("dpkg-deb", "dpkg-shlibdeps", "file")
class Package(Temporary):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.umask, os.umask(0o022))
        out = self.base / "out"
        # What is slow is packed less tightly; the rest is as it is shipped.
        self.run_program(
            os.environ["OSTLER_CPACK"], "--config", BUILD / "CPackConfig.cmake", "-B", out,
            "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip",
        )  # fmt: skip
        [self.package] = out.glob("*.deb")

    def field(self, name):
        return self.run_program("dpkg-deb", "-f", self.package, name).stdout.strip()

    def test_it_is_what_a_machine_of_this_distribution_takes(self):
        architecture = self.run_program("dpkg", "--print-architecture").stdout.strip()
        self.assertEqual(self.package.name, f"ostler_{VERSION}_{architecture}.deb")
        self.assertEqual(self.field("Version"), VERSION)
        needed = self.field("Depends")
        for library in ("libc6 (>= ", "libstdc++6 (>= ", "libsqlite3-0"):
            self.assertIn(library, needed)

        listing = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", self.package], stdout=subprocess.PIPE)
        with listing, tarfile.open(fileobj=listing.stdout, mode="r|") as archive:
            members = list(archive)
        files = {member.name.removeprefix("./usr/"): member for member in members if not member.isdir()}
        self.assertEqual(set(files), PROGRAMS | TEXTS)
        for member in members:
            self.assertEqual((member.uid, member.gid), (0, 0), member.name)
            self.assertFalse(member.mode & 0o022, member.name)

        self.run_program("dpkg-deb", "-x", self.package, self.base / "system")
        usr = self.base / "system/usr"
        unit = (usr / "lib/systemd/user/ostlerd.service").read_text()
        self.assertIn('ExecStart="/usr/bin/ostlerd"\n', unit)
        self.assertIn(b".TH OSTLER 1", gzip.decompress((usr / "share/man/man1/ostler.1.gz").read_bytes()))
        for name in PROGRAMS:
            self.assertIn(", stripped", self.run_program("file", "-b", usr / name).stdout)
            self.run_program(usr / name, "--version")


if __name__ == "__main__":
    unittest.main()
