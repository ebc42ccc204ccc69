"""Runs the tests of one file. If every one of them was skipped it leaves with 77, for ctest to show the file as skipped, not passed."""

import sys
import unittest
from pathlib import Path

SKIPPED = 77

if __name__ == "__main__":  # which a process that multiprocessing starts is not
    path = Path(sys.argv[1])
    sys.path.insert(0, str(path.parent))
    result = unittest.main(module=path.stem, argv=sys.argv[1:], exit=False).result
    none_ran = result.skipped and len(result.skipped) >= result.testsRun
    sys.exit(1 if not result.wasSuccessful() else SKIPPED if none_ran else 0)
