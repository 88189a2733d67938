"""Small trees with mistakes planted in them, for the tests of the checks."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest


class PlantedTree(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.root = pathlib.Path(kept.name)

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_main(self, module, *arguments):
        """The exit code of the check and what it printed."""
        printed = io.StringIO()
        before = sys.argv
        sys.argv = [module.__name__, "--root", str(self.root), *arguments]
        try:
            with contextlib.redirect_stdout(printed):
                module.main()
            code = 0
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.argv = before
        return code, printed.getvalue()
