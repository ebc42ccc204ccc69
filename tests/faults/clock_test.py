"""Clocks that are wrong, and that jump: what is refused and warned of, and that nothing is lost. Every node has a clock of its own, which
shifted_clock.c, compiled here, sets while it runs; and each thinks that it is in another time zone."""

import mmap
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import inside
from faults import FaultTest, order
from harness import Node, wait_for

HOUR = 3600
ZONES = ("Pacific/Chatham", "America/New_York", "Asia/Kathmandu", "UTC")


class ShiftedClock:
    """Of a node that is not running; it is from its next start that it has this clock."""

    def __init__(self, node, zone):
        library, path = node.folder / "shifted_clock.so", node.folder / "shifted_clock"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("shifted_clock.c"), "-ldl"], check=True)
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)
        node.wrapper = ("env", f"LD_PRELOAD={library}", f"LAPX_CLOCK={path}", f"TZ={zone}")

    def set(self, seconds):
        self.shared[:8] = struct.pack("=q", seconds)


def warned(node, words):
    return any(words in warning for warning in node.get("status")["warnings"])


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


class TwoClocks(ClockTest):
    def test_who_is_an_hour_ahead_is_told_so_and_its_referrals_arrive_once_the_clocks_agree(self):
        self.begin()
        self.clocks[1].set(HOUR)
        self.b.restart()
        self.a.wait_connected(self.b)
        wait_for(lambda: warned(self.a, f"clock: that of {self.b.agency} is 36") and warned(self.b, f"clock: that of {self.a.agency} is 3"),
                 "both to warn of the other's clock")
        self.assertIn("clock", str(self.a.run("doctor")[1]))
        late = self.accept(self.b, self.a)
        wait_for(lambda: self.cause(self.b, late) == ["clock"], "it to be refused for now")
        self.assertIn("clock off", self.b.messages(late)[0]["hint"])
        self.assertIsNone(self.a.row("inbox", late))
        on_time = self.accept(self.a, self.b)
        self.a.wait_delivered(on_time)
        # Now the other one is found to be behind; who waits is not kept by what its clock said before.
        self.clocks[0].set(HOUR)
        self.clocks[1].set(HOUR + 400)
        self.assert_nothing_lost({self.a: [on_time], self.b: [late]})

    def test_a_clock_that_jumps_back_by_an_hour_delays_nothing_and_no_entry_is_earlier_than_the_one_before(self):
        self.clocks[1].set(HOUR)
        self.clocks[0].set(HOUR)
        self.begin()
        sent = {self.a: [self.accept(self.a, self.b)], self.b: [self.accept(self.b, self.a)]}
        # What was signed at a time that is still to come is refused until it has.
        for sender, (referral,) in sent.items():
            sender.wait_delivered(referral)
        for clock in self.clocks:
            clock.set(0)
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            sent[sender].append(self.accept(sender, recipient))
        self.assert_nothing_lost(sent)
        for node in self.nodes:
            times = [entry.split(b"\ntime ")[1].split(b"\n")[0] for entry in inside.entries(node)]
            self.assertEqual(times, sorted(times))
            self.assertTrue(all(time.endswith(b"Z") for time in times))


class FourClocks(ClockTest):
    agencies = ("opta.example", "acma.example", "ftc.example", "bipt.example")

    def test_who_is_alone_with_its_time_signs_nothing_until_its_clock_is_set_right(self):
        self.begin()
        for seconds in (-HOUR, HOUR):
            with self.subTest(seconds=seconds):
                self.clocks[0].set(seconds)
                wait_for(lambda: warned(self.a, "our own clock is wrong"), "it to notice")
                size = self.a.size()
                status, answer = self.file(self.a, self.b)
                self.assertEqual((status, answer["error"]["code"]), (503, "clock"))
                self.assertEqual(self.a.size(), size)
                self.clocks[0].set(0)
                wait_for(lambda: not warned(self.a, "clock"), "it to agree again")
                self.a.wait_delivered(self.accept(self.a, self.b))
        self.assert_sound(*self.nodes)

    def test_two_who_say_another_time_stop_nobody(self):
        self.clocks[1].set(HOUR // 2)
        self.clocks[2].set(HOUR // 2)
        self.begin()
        wait_for(lambda: warned(self.a, f"clock: that of {self.b.agency}"), "it to notice")
        self.assertFalse(warned(self.a, "our own"))
        self.a.wait_delivered(self.accept(self.a, self.nodes[3]))
        self.assert_sound(*self.nodes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
