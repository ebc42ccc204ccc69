"""What lapxd and its intake worker look like to other programs of the same account: no core dumps, not traceable, keys in memory that
is never swapped out."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Node, wait_for

# Root without the capabilities that open every process: like an account of its own.
ORDINARY = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


def field(process, name):
    """A line of /proc/PID/status; nothing when the process is gone."""
    try:
        return re.search(rf"^{name}:\s*(.*)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)[1]
    except OSError:
        return None


def children(process):
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if field(path.name, "PPid") == str(process)]


def is_open_to_others(process):
    """Whether another program of the account may look into it; the kernel asks the same before ptrace and before a core dump."""
    return subprocess.run([*ORDINARY, "head", "-c1", f"/proc/{process}/environ"], capture_output=True).returncode == 0


class Processes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="lapx-e2e-")
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        node = Node(folder, "opta.example").start(wrapper=ORDINARY)
        cls.addClassCleanup(node.kill)
        cls.lapxd = node.process.pid
        cls.worker, = wait_for(lambda: children(cls.lapxd), "the intake worker")

    def test_neither_dumps_core(self):
        for process in (self.lapxd, self.worker):
            limits = Path(f"/proc/{process}/limits").read_text()
            self.assertRegex(limits, r"(?m)^Max core file size +0 +0 ")

    def test_neither_can_be_looked_into_by_another_program_of_the_account(self):
        control = subprocess.Popen([*ORDINARY, "sleep", "600"])
        self.addCleanup(control.wait)
        self.addCleanup(control.kill)
        wait_for(lambda: field(control.pid, "Name") == "sleep", "the control to start")
        self.assertTrue(is_open_to_others(control.pid), "the control")
        self.assertFalse(is_open_to_others(self.lapxd))
        self.assertFalse(is_open_to_others(self.worker))

    def test_keys_lie_in_locked_memory(self):
        self.assertGreater(int(field(self.lapxd, "VmLck").split()[0]), 0)


if __name__ == "__main__":
    unittest.main()
