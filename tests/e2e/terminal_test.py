"""lapx and lapxd at a terminal, and without one."""

import os
import pty
import shutil
import signal
import subprocess
import tempfile
import termios
import unittest
from pathlib import Path

from harness import BIN, DEADLINE, wait_for

PASSPHRASES = {"the node's keys": "correct horse battery", "the root key": "staple staple staple"}


class Terminal:
    """A program on a terminal of its own; a context manager."""

    def __init__(self, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], [str(word) for word in command])
        os.set_blocking(self.fd, False)
        self.shown, self.code = "", None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def ended(self):
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code is not None

    def see(self, words):
        def there():
            try:
                self.shown += os.read(self.fd, 65536).decode().replace("\r\n", "\n")
            except OSError:  # nothing new, or it has ended
                pass
            return words in self.shown
        wait_for(there, f"{words!r} in:\n{self.shown}")
        self.shown = self.shown.partition(words)[2]

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait(self):
        wait_for(self.ended, "the program to end")
        return self.code


class AtATerminal(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.home, self.root = self.folder / "home", self.folder / "root"
        self.init = (BIN / "lapx", "init", "--home", self.home, "--root", self.root, "--agency", "opta.example", "--name", "OPTA", "--country", "NL",
                     "--sector", "enforcement", "--desk", "spam", "--no-inbound", "--officer", "Ada", "--position", "Officer", "--zone", "UTC")

    def make(self):
        with Terminal(*self.init) as terminal:
            terminal.see("How many people")
            terminal.type("")
            for what, passphrase in PASSPHRASES.items():
                terminal.see(f"New passphrase for {what}: ")
                terminal.type(passphrase)
                terminal.see("Once more: ")
                terminal.type(passphrase)
            terminal.see("Safety number")
            self.assertEqual(terminal.wait(), 0)

    def test_a_signal_at_a_prompt_turns_the_echo_on_again_and_init_can_be_repeated(self):
        for what in (None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(what), Terminal(*self.init, "--officers", "1") as terminal:
                terminal.see("New passphrase")
                self.assertFalse(terminal.echoes())
                if what is None:
                    os.write(terminal.fd, b"\x03")
                else:
                    os.kill(terminal.pid, what)
                self.assertEqual(terminal.wait(), -(what or signal.SIGINT))
                self.assertTrue(terminal.echoes())
        self.make()

    def test_a_node_made_and_started_by_one_officer_asks_for_its_own_passphrase(self):
        self.make()
        self.assertIn("self_approval = true", (self.home / "config.toml").read_text())
        for typed, seen, code in (("the root key", "passphrase-wrong", 1), ("the node's keys", " ready: ", 0)):
            with Terminal(BIN / "lapxd", "--home", self.home) as terminal:
                terminal.see("Passphrase of opta.example: ")
                terminal.type(PASSPHRASES[typed])
                terminal.see(seen)
                if not terminal.ended() and code == 0:
                    os.kill(terminal.pid, signal.SIGTERM)
                self.assertEqual(terminal.wait(), code)

    def test_without_a_terminal_the_node_says_what_to_give(self):
        self.make()
        done = subprocess.run([BIN / "lapxd", "--home", self.home], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE, start_new_session=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--passphrase-file", done.stderr)
        self.assertIn("--keyfile", done.stderr)

    def test_wrong_usage_of_the_node_is_left_with_two(self):
        for args in ((), ("--bogus",), ("--home", self.home, "--passphrase-fd", "x")):
            self.assertEqual(subprocess.run([BIN / "lapxd", *args], capture_output=True, env={"PATH": "/usr/bin"}).returncode, 2, args)
        self.assertEqual(subprocess.run([BIN / "lapxd", "--version"], capture_output=True).returncode, 0)


class ToAMediumWithoutPermissions(unittest.TestCase):
    """A stick with a FAT file system: every change of a mode is refused."""

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_init_writes_the_root_key(self):
        with tempfile.TemporaryDirectory(prefix="lapx-e2e-") as folder:
            secret = Path(folder) / "passphrase"
            secret.touch(mode=0o600)
            secret.write_text("correct horse battery\r\n")
            done = subprocess.run(
                ["strace", "-f", "-o", "/dev/null", "-e", "trace=fchmod,chmod,fchmodat", "-e", "inject=fchmod,chmod,fchmodat:error=EPERM",
                 BIN / "lapx", "init", "--home", f"{folder}/home", "--root", f"{folder}/stick/opta", "--agency", "opta.example", "--name", "OPTA",
                 "--country", "NL", "--sector", "enforcement", "--desk", "spam", "--no-inbound", "--passphrase-file", secret],
                # A leak checker cannot look at what is traced.
                capture_output=True, text=True, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(Path(folder, "stick/opta/root.keyring").exists())


if __name__ == "__main__":
    unittest.main()
