"""A disk that fills up: requests fail with a code and change nothing, the node stays up and goes on when there is room."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Node, wait_for


@unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small disk")
class DiskFull(unittest.TestCase):
    small = 0  # which of the two nodes has its home there

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-full-"))
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", self.disk], check=True)
        self.nodes = [Node(self.folder, agency, home=self.disk / "home" if i == self.small else None).start()
                      for i, agency in enumerate(("opta.example", "acma.example"))]
        self.a, self.b = self.nodes
        self.a.know(self.b)
        self.b.know(self.a)
        self.a.wait_connected(self.b)
        self.b.wait_connected(self.a)

    def tearDown(self):
        for node in self.nodes:
            node.kill()
        subprocess.run(["umount", self.disk], check=True)
        shutil.rmtree(self.folder)

    def file(self, number):
        return self.a.call("POST", "drafts", {"to": [self.b.desk], "kind": "information", "send": True,
                                              "set": {"facts": f"{number} " + "x" * 20_000, "seen": "2026-11-21"}})

    def test_a_full_disk_refuses_and_recovers(self):
        accepted, refused = [], 0
        ballast = self.disk / "ballast"
        ballast.write_bytes(bytes(3 << 20))
        for number in range(1000):
            size = self.a.size()
            status, answer = self.file(number)
            if status == 200:
                accepted.append(answer["referral"])
                continue
            self.assertEqual((status, answer["error"]["code"]), (503, "disk-full"))
            self.assertEqual(self.a.size(), size, "a refused request leaves no entry")
            refused += 1
            # What shared the round of one that found no room may be more than the next one needs.
            if refused == 10:
                break
        self.assertEqual(refused, 10)
        self.assertGreater(len(accepted), 5)
        self.assertTrue(self.a.running())
        ballast.unlink()
        status, answer = self.file(1001)
        self.assertEqual(status, 200, answer)
        accepted.append(answer["referral"])
        wait_for(lambda: self.a.get("status")["queued"] == 0, "all to be delivered")
        self.assertEqual(sorted(item["referral"] for item in self.b.listed("inbox")), sorted(accepted))
        for node in self.nodes:
            self.assertTrue(node.cli("ledger", "verify")["ok"])


class RecipientFull(DiskFull):
    """The same, seen from a sender whose peer has no room."""

    small = 1

    def test_a_full_disk_refuses_and_recovers(self):
        ballast = self.disk / "ballast"
        room = os.statvfs(self.disk)
        ballast.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - 300_000)))
        accepted = []
        for number in range(40):
            status, answer = self.file(number)
            self.assertEqual(status, 200, answer)
            accepted.append(answer["referral"])
        wait_for(lambda: any(message["cause"] == "disk-full" for referral in accepted for message in self.a.messages(referral)),
                 "the peer to say that it has no room")
        self.assertTrue(self.b.running())
        ballast.unlink()
        wait_for(lambda: self.a.get("status")["queued"] == 0, "all to be delivered")
        self.assertEqual(sorted(item["referral"] for item in self.b.listed("inbox")), sorted(accepted))
        for node in self.nodes:
            self.assertTrue(node.cli("ledger", "verify")["ok"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
