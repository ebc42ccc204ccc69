"""A disk that refuses a node's writes for a while, at a chosen moment: system calls fail as strace is told."""

import os
import subprocess
import unittest

from faults import FaultTest, order
from harness import wait_for


class FailingWrites:
    """While it is entered, no write of the node's store succeeds."""

    def __init__(self, node):
        self.node = node

    def __enter__(self):
        self.strace = subprocess.Popen(
            ["strace", "-f", "-qq", "-p", str(self.node.process.pid), "-o", "/dev/null", "-e", "trace=pwrite64",
             "-e", "inject=pwrite64:error=ENOSPC"], stderr=subprocess.DEVNULL)
        tasks = f"/proc/{self.node.process.pid}/task"
        wait_for(lambda: all(self._traced(f"{tasks}/{task}") for task in os.listdir(tasks)), "strace to hold every thread")
        return self

    @staticmethod
    def _traced(task):
        with open(f"{task}/status") as status:
            return "TracerPid:\t0\n" not in status.read()

    def __exit__(self, *_):
        self.strace.terminate()
        self.strace.wait()


@unittest.skipUnless(os.geteuid() == 0, "needs root to reach into a node")
class ReceiptThatCannotBeKept(FaultTest):
    def test_a_receipt_whose_entry_could_not_be_written_is_asked_for_again(self):
        self.b.kill()
        wait_for(lambda: not self.a.connected(self.b), "the outage to be noticed")
        status, answer = self.a.call("POST", "drafts", order(self.a, 1, self.b.desk))
        self.assertEqual(status, 200, answer)
        with FailingWrites(self.a):
            self.b.start()
            wait_for(lambda: "disk-full" in self.a.log(), "the receipt's round to fail")
            self.assertEqual(self.a.get("status")["queued"], 1)
            self.assertEqual(len(self.b.listed("inbox")), 1)
        wait_for(lambda: "takes writes again" in self.a.log(), "the store to recover")
        self.assert_exactly_once(self.a, self.b, [answer["referral"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
