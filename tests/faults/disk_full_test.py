"""A disk that fills up: requests fail with a code and change nothing, the node stays up and goes on when there is room."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import evil
from exhibits import FILE, exhibit_of, make_file, send_file, sha256_of, wait_state
from faults import assert_receipts
from harness import Node, wait_for


@unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small disk")
class SmallDisk(unittest.TestCase):
    small = 0  # which of the two nodes has its home there
    size = "8m"

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-full-"))
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size},mode=0700", "tmpfs", self.disk], check=True)
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


class DiskFull(SmallDisk):
    def file(self, number):
        return self.a.call("POST", "drafts", {"to": [self.b.desk], "kind": "information", "send": True,
                                              "set": {"facts": f"{number} " + "x" * 20_000, "seen": "2026-11-21"}})

    def assert_once(self, accepted):
        self.assertEqual(sorted(item["referral"] for item in self.b.listed("inbox")), sorted(accepted))
        assert_receipts(self, self.a, self.b)
        for node in self.nodes:
            self.assertTrue(node.cli("ledger", "verify")["ok"])

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
        self.assert_once(accepted)


class LittleRoom(SmallDisk):
    """The ledger needs it to go on: what is brought beforehand is refused."""

    def test_an_upload_of_any_size_is_refused_and_what_is_filed_goes_on(self):
        for size in (1, 50_000, 200_000):
            connection = self.a.control()
            with contextlib.closing(connection):
                # Without the octets: it does not wait for them.
                connection.request("POST", "/v1/uploads", headers={"Content-Type": "application/octet-stream", "Content-Length": size})
                answer = connection.getresponse()
                self.assertEqual((answer.status, json.loads(answer.read())["error"]["code"]), (503, "disk-full"))
        self.a.wait_delivered(self.a.send(self.b.desk, "--set", "facts=x")["referral"])


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
        self.assert_once(accepted)


class FullWhileFetching(SmallDisk):
    """The recipient of a large exhibit has no room for the rest of it."""

    small = 1
    size = "300m"

    def fill(self, file):
        """All room there is, while somebody else takes of it too."""
        for piece in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(file, os.fstat(file).st_size, piece)

    def test_what_does_not_fit_waits_for_room_and_goes_on_where_it_stopped(self):
        path, digest = make_file(self.folder, 100 << 20)
        referral = send_file(self.a, self.b.desk, path)
        self.a.wait_delivered(referral)
        with open(self.disk / "ballast", "wb") as ballast:
            self.b.cli("exhibit", "fetch", referral, FILE)
            wait_for(lambda: exhibit_of(self.b, referral)["octets"] > 1 << 20, "some of it to come")
            self.fill(ballast.fileno())
            wait_for(lambda: exhibit_of(self.b, referral)["cause"] == "disk-full", "the disk to be full")
        came = exhibit_of(self.b, referral)
        self.assertEqual(came["state"], "in-transit")
        self.assertGreater(came["octets"], 1 << 20)
        self.assertTrue(self.b.running())
        (self.disk / "ballast").unlink()
        wait_state(self.b, referral, "here")
        self.b.cli("exhibit", "get", referral, FILE, "-o", self.folder / "got")
        self.assertEqual(sha256_of(self.folder / "got"), digest)
        for node in self.nodes:
            self.assertTrue(node.cli("audit", "check")["ok"])


class RelayFull(SmallDisk):
    """A relay without room for what it is to keep: said to the depositor, who evil.py plays."""

    small = 1

    def test_a_relay_without_room_says_so_and_keeps_files_again_once_it_has_some(self):
        path = self.b.home / "config.toml"
        path.write_text(path.read_text().replace("\n[log]\n", '\n[relay]\nfor = ["opta.example"]\n\n[log]\n'))
        self.b.restart()
        self.a.wait_connected(self.b)
        self.a.stop()
        depositor = evil.Peer(self.a, self.b)
        self.addCleanup(depositor.close)
        depositor.connect().hello()
        ballast = self.disk / "ballast"
        room = os.statvfs(self.disk)
        ballast.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - 300_000)))

        def deposited():
            deposit = evil.uuid7()
            depositor.dealer.send(evil.put_frame("opta.example", deposit, bytes(200_000)))
            return depositor.wait("RelayAnswer", message=deposit)["code"].decode()

        wait_for(lambda: deposited() == "disk-full", "the relay to say that it has no room")
        self.assertTrue(self.b.running())
        ballast.unlink()
        wait_for(lambda: deposited() == "", "it to keep files again")


if __name__ == "__main__":
    unittest.main(verbosity=2)
