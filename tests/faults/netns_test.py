"""Two nodes, each in a network namespace of its own, and between them a line that this process carries packet by packet: it loses, doubles
and delays them, or carries none. After that, what must hold is FaultTest.assert_nothing_lost."""

import contextlib
import fcntl
import os
import random
import secrets
import select
import struct
import subprocess
import threading
import time
import unittest

from faults import FaultTest, Load, order
from harness import Pair, wait_for

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def permitted():
    name = f"lapx-{secrets.token_hex(4)}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class End:
    """One end of the line: a namespace with that address; `fd` gives and takes its packets."""

    def __init__(self, address):
        self.address, self.name = address, f"lapx-{secrets.token_hex(4)}"
        ip("netns", "add", self.name)
        try:
            device = f"l{secrets.token_hex(4)}"
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
            ip("link", "set", device, "netns", self.name)
            for words in (("addr", "add", f"{address}/24", "dev", device), ("link", "set", device, "up"), ("link", "set", "lo", "up")):
                ip("-n", self.name, *words)
        except BaseException:
            self.close()
            raise

    def close(self):
        if hasattr(self, "fd"):
            os.close(self.fd)
        ip("netns", "del", self.name)


class Line:
    """Between two ends. `lost` and `doubled` are shares of the packets, `delay` the most seconds that one takes; `cut` names the ends whose
    packets vanish."""

    def __init__(self, *ends):
        self.ends, self.lost, self.doubled, self.delay, self.cut = ends, 0.0, 0.0, 0.0, ()
        self.late, self.running, self.dice = [], True, random.Random(1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.running:
            wait = 0.05 if not self.late else max(0.0, min(at for at, *_ in self.late) - time.monotonic())
            for fd in select.select([end.fd for end in self.ends], [], [], min(wait, 0.05))[0]:
                self.carry(fd)
            now = time.monotonic()
            due, self.late = [one for one in self.late if one[0] <= now], [one for one in self.late if one[0] > now]
            for _, end, packet in due:
                with contextlib.suppress(OSError):  # an end that is down, or full, loses it too
                    os.write(end.fd, packet)

    def carry(self, fd):
        packet = os.read(fd, 1 << 16)
        source, target = self.ends if fd == self.ends[0].fd else self.ends[::-1]
        if source in self.cut or self.dice.random() < self.lost:
            return
        for _ in range(2 if self.dice.random() < self.doubled else 1):
            self.late.append((time.monotonic() + self.dice.uniform(0, self.delay), target, packet))

    def close(self):
        self.running = False
        self.thread.join(10)


@unittest.skipUnless(permitted(), "ip netns or /dev/net/tun is not permitted here")
class Namespaces(FaultTest):
    """Each node dials the other."""

    @classmethod
    def setUpClass(cls):
        cls.ends = []
        for address in ("10.77.0.1", "10.77.0.2"):
            cls.ends.append(End(address))
            cls.addClassCleanup(cls.ends[-1].close)
        cls.line = Line(*cls.ends)
        cls.addClassCleanup(cls.line.close)
        cls.pair = Pair(verify=False, **{name: {"init": ("--advertise", f"{end.address}:5617")} for name, end in zip("ab", cls.ends)}).__enter__()
        cls.addClassCleanup(lambda: cls.pair.__exit__(AssertionError if cls.any_failed else None, None, None))
        cls.a, cls.b, cls.folder = cls.pair.a, cls.pair.b, cls.pair.folder
        for node, end in zip((cls.a, cls.b), cls.ends):
            node.stop()
            node.wrapper = ("ip", "netns", "exec", end.name)
            config = node.home / "config.toml"
            text = config.read_text()
            assert f"127.0.0.1:{node.port}" in text
            config.write_text(text.replace(f"127.0.0.1:{node.port}", f"{end.address}:5617"))
            node.start()
        cls.a.know(cls.b)
        cls.b.know(cls.a)
        cls.connect()
        cls.accepted, cls.number = {cls.a: [], cls.b: []}, 0

    @classmethod
    def connect(cls):
        cls.a.wait_connected(cls.b)
        cls.b.wait_connected(cls.a)

    def setUp(self):
        self.line.lost, self.line.doubled, self.line.delay, self.line.cut = 0.0, 0.0, 0.0, ()

    def accept(self, sender):
        type(self).number += 1
        recipient = self.b if sender is self.a else self.a
        status, answer = sender.call("POST", "drafts", order(sender, f"one-{self.number}", recipient.desk))
        self.assertEqual(status, 200, answer)
        self.accepted[sender].append(answer["referral"])

    def test_packets_that_are_lost_doubled_and_out_of_order_lose_and_double_no_referral(self):
        self.line.lost, self.line.doubled, self.line.delay = 0.05, 0.05, 0.02
        loads = {node: Load(node, other.desk) for node, other in ((self.a, self.b), (self.b, self.a))}
        wait_for(lambda: all(len(load.accepted) >= 40 for load in loads.values()), "load to flow")
        for node, load in loads.items():
            self.accepted[node] += load.stop()
        self.assert_nothing_lost(self.accepted)

    def partition(self, *silent):
        self.line.cut = silent
        for node in (self.a, self.b):
            self.accept(node)
        wait_for(lambda: not self.a.connected(self.b) and not self.b.connected(self.a), "both to notice", deadline=120)
        for node in (self.a, self.b):
            self.accept(node)
        self.line.cut = ()
        self.assert_nothing_lost(self.accepted)
        self.connect()

    def test_what_is_accepted_while_no_packet_gets_through_is_delivered_afterwards(self):
        self.partition(*self.ends)

    def test_a_line_that_carries_one_way_only_is_no_line(self):
        self.partition(self.ends[0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
