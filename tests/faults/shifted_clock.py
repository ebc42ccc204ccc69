"""Nodes of which each has a clock of its own, that shifted_clock.c, compiled here, sets while it runs, and thinks that it is in another time
zone."""

import mmap
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from faults import FaultTest, order
from harness import Node, wait_for

HOUR = 3600
DAY = 24 * HOUR
ZONES = ("Pacific/Chatham", "America/New_York", "Asia/Kathmandu", "UTC")


class ShiftedClock:
    """Of a node that is not running; it is from its next start that it has this clock."""

    def __init__(self, node, zone):
        library, path = node.folder / "shifted_clock.so", node.folder / "shifted_clock"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("shifted_clock.c"), "-ldl"], check=True)
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)
        node.wrapper = ("env", f"LD_PRELOAD={library}", f"LAPX_CLOCK={path}", f"TZ={zone}")

    def set(self, seconds):
        self.shared[:8] = struct.pack("=q", seconds)

    def suspend(self, seconds):
        """As if the machine had been suspended for so long: its clock goes on right."""
        self.shared[8:] = struct.pack("=q", seconds)


class Hurry:
    """Minutes pass for those who wait for them: it is after some that a node does again what has no answer."""

    PATIENCE = 1.0  # seconds

    def __init__(self, *clocks):
        self.clocks, self.minutes = clocks, 0

    def until(self, condition, what):
        waited = time.monotonic()

        def once():
            nonlocal waited
            if time.monotonic() > waited + self.PATIENCE:
                self.minutes, waited = self.minutes + 1, time.monotonic()
                for clock in self.clocks:
                    clock.suspend(self.minutes * 60)
            return condition()
        wait_for(once, what, deadline=120)


class ClockTest(FaultTest):
    """Starts anew for each test, at the true time."""

    agencies = ("opta.example", "acma.example")

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lapx-clock-", ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.nodes = [Node(folder.name, agency) for agency in self.agencies]
        self.clocks = [ShiftedClock(node, zone) for node, zone in zip(self.nodes, ZONES)]
        self.a, self.b = self.nodes[:2]
        self.number = 0

    def begin(self):
        for node in self.nodes:
            node.start()
            self.addCleanup(node.kill)
        for other in self.nodes[1:]:
            self.a.know(other)
            other.know(self.a)
        for other in self.nodes[1:]:
            self.a.wait_connected(other)
            other.wait_connected(self.a)

    def file(self, sender, recipient):
        self.number += 1
        return sender.call("POST", "drafts", order(sender, self.number, recipient.desk))

    def accept(self, sender, recipient):
        status, answer = self.file(sender, recipient)
        self.assertEqual(status, 200, answer)
        return answer["referral"]

    def cause(self, sender, referral):
        return [message["cause"] for message in sender.messages(referral)]
