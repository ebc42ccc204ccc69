"""tools/quickstart at a terminal, as a newcomer runs it."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness import BIN, SAMPLES, TESTS, VERIFIER, wait_for

QUICKSTART = TESTS.parent / "tools/quickstart"
PATIENCE = 50.0


def at_a_terminal(*command):
    """Runs a command on a terminal of its own, where nobody types; gives (exit code, output)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(LAPX_BIN=str(BIN), NO_COLOR="1")
        os.execv(command[0], [str(word) for word in command])
    output, end = b"", time.monotonic() + PATIENCE
    try:
        while select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # it has ended
                piece = b""
            if not piece:
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output.decode().replace("\r\n", "\n")
            output += piece
    finally:
        os.close(terminal)
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    raise TimeoutError(f"it waits for something:\n{output.decode()}")


def nodes_in(folder):
    """The processes that run with something in that folder as their home."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes() and (path.parent / "comm").read_text() == "lapxd\n":
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-quickstart-"))
        self.sandbox = self.folder / "two agencies"
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(subprocess.run, [QUICKSTART, "--stop", self.sandbox], capture_output=True)

    def lapx(self, agency, *args):
        done = subprocess.run([BIN / "lapx", *args, "--home", self.sandbox / agency / "home"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def run_it(self):
        code, output = at_a_terminal(QUICKSTART, self.sandbox)
        self.assertEqual(code, 0, output)
        for words in ("$ lapx file ", "$ lapx approve ", "commercially-sensitive", "Everything fits together", "referrals  delivered", "lapx init --home"):
            self.assertIn(words, output)
        self.assertEqual(output.count(" ready: "), 2, output)
        self.assertEqual(len(re.findall(r"^Ledger: +sound$", output, re.M)), 2, output)
        self.assertIn(f"tools/quickstart --stop {str(self.sandbox).replace(' ', chr(92) + ' ')}", output)
        self.assertEqual(len(nodes_in(self.sandbox)), 2)
        return output

    def test_it_ends_with_a_receipt_that_the_verifier_in_python_takes_and_can_be_run_again(self):
        first, second = self.run_it(), self.run_it()
        shown = [re.search(r"lapx show (\S+)", output)[1] for output in (first, second)]
        self.assertNotEqual(*shown)

        self.lapx("opta.example", "file", "--to", "spam@acma.example", "--send", "--set", "conduct=fraud:phishing smtp",
                  SAMPLES / "phish-bank.eml")
        other = self.folder / "other"

        def delivered():
            listed = self.lapx("opta.example", "outbox")
            return listed.count(" delivered ") == 2 and listed
        rows = wait_for(delivered, "the second referral to be delivered")
        referral = next(word for word in re.findall(r"^([0-9a-f-]{36})", rows, re.M) if word != shown[1])
        self.lapx("opta.example", "show", referral, "--bundle", other)
        checked = subprocess.run([sys.executable, VERIFIER / "mutate_test.py", self.sandbox / "bundle", other], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        passed = re.search(r"^(\d+) passed, 0 failed$", checked.stdout, re.M)
        self.assertGreaterEqual(int(passed[1]), 21, "the bundle as it is, and 20 mutations of it")

        stopped = subprocess.run([QUICKSTART, "--stop", self.sandbox], capture_output=True, text=True)
        self.assertEqual(stopped.returncode, 0, stopped.stderr)
        self.assertEqual(nodes_in(self.sandbox), [])

    def test_it_leaves_no_node_behind_if_it_fails(self):
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("lapxd", "lapx-intake"):
            (programs / name).symlink_to(BIN / name)
        # All goes well until something is to be approved.
        (programs / "lapx").write_text(f'#!/bin/sh\n[ "$1" != approve ] || exit 1\nexec "{BIN}/lapx" "$@"\n')
        (programs / "lapx").chmod(0o755)
        done = subprocess.run([QUICKSTART, self.sandbox], capture_output=True, text=True, env={**os.environ, "LAPX_BIN": str(programs)})
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("no node was left running", done.stderr)
        self.assertEqual(nodes_in(self.sandbox), [])

    def test_it_says_how_it_is_used_and_takes_no_folder_that_is_not_its_own(self):
        told = subprocess.run([QUICKSTART, "--help"], capture_output=True, text=True)
        self.assertEqual((told.returncode, told.stdout[:6]), (0, "usage:"))
        self.assertEqual(subprocess.run([QUICKSTART, "--bogus"], capture_output=True).returncode, 2)
        self.sandbox.mkdir()
        (self.sandbox / "precious").touch()
        self.assertEqual(subprocess.run([QUICKSTART, self.sandbox], capture_output=True, env={**os.environ, "LAPX_BIN": str(BIN)}).returncode, 1)
        self.assertTrue((self.sandbox / "precious").exists())


if __name__ == "__main__":
    unittest.main()
