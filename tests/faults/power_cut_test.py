"""Power cuts: at a random moment a node's disk is what had reached it by then, no more. Whatever either node had accepted is delivered
once, and what this one had told its peer is in its ledger.

The home lies on a file system in a file. At the cut that file is copied while the node is stopped: what the node or the kernel had still to
write is not in the copy, from which the node then starts."""

import contextlib
import os
import shutil
import signal
import subprocess
import unittest

from exhibits import FILE, exhibit_of, make_file, send_file, sha256_of, wait_state
from faults import FaultTest, Load, dice
from harness import Pair, wait_for

CUTS = int(os.environ.get("LAPX_POWER_CUTS", "4"))
MIB = 256 + 24 * CUTS  # what is filed meanwhile has to fit


class Disk:
    """A file system in a file, mounted."""

    def __init__(self, folder):
        self.image, self.mounted = folder / "disk.image", folder / "disk"
        self.mounted.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(MIB << 20)
        self.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image)

    @staticmethod
    def run(*command):
        subprocess.run(command, check=True, capture_output=True)

    def mount(self):
        self.run("mount", "-o", "loop", self.image, self.mounted)

    def unmount(self):
        self.run("umount", self.mounted)

    def copy(self):
        """What has reached the disk."""
        self.run("cp", "--sparse=always", self.image, self.image.with_suffix(".cut"))

    def put_copy_back(self):
        os.replace(self.image.with_suffix(".cut"), self.image)


def may_mount():
    """Whether a file can be mounted here; not in each container."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        return False
    return subprocess.run(["losetup", "-f"], capture_output=True).returncode == 0


class OnADisk(Pair):
    """A pair whose first node has its home on a disk of its own."""

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            pair = super().__enter__()
            undo.callback(super().__exit__, None, None, None)
            pair.a.stop()
            self.disk = Disk(pair.folder)
            self.disk.mount()
            undo.callback(subprocess.run, ["umount", "-l", self.disk.mounted], capture_output=True)
            shutil.copytree(pair.a.home, self.disk.mounted / "home", ignore=shutil.ignore_patterns("*.sock"))
            shutil.rmtree(pair.a.home)
            pair.a.home.symlink_to(self.disk.mounted / "home")
            os.sync()
            pair.a.start()
            pair.a.wait_connected(pair.b)
            undo.pop_all()
        return self

    def __exit__(self, kind, value, trace):
        for node in self.nodes:
            node.kill()
        subprocess.run(["umount", "-l", self.disk.mounted], capture_output=True)
        super().__exit__(kind, value, trace)


@unittest.skipUnless(may_mount(), "needs root, and a loop device to mount a file")
class PowerCutTest(FaultTest):
    @classmethod
    def setUpClass(cls):
        cls.pair = OnADisk().__enter__()
        cls.addClassCleanup(lambda: cls.pair.__exit__(AssertionError if cls.any_failed else None, None, None))
        cls.a, cls.b, cls.folder = cls.pair.a, cls.pair.b, cls.pair.folder

    def cut(self):
        disk = self.pair.disk
        self.a.process.send_signal(signal.SIGSTOP)
        disk.copy()
        self.a.kill()
        disk.unmount()
        disk.put_copy_back()
        disk.mount()
        self.a.start()


class Referrals(PowerCutTest):
    def test_what_was_accepted_before_the_power_went_is_delivered_once(self):
        seed, random = dice()
        with self.subTest(seed=seed):
            loads = [Load(self.a, self.b.desk), Load(self.b, self.a.desk)]
            for _ in range(CUTS):
                goals = [len(load.accepted) + random.randrange(1, 60) for load in loads]
                wait_for(lambda goals=goals: all(load.failure or len(load.accepted) >= goal for load, goal in zip(loads, goals)), "some referrals")
                self.cut()
            accepted = {load.node: load.stop() for load in loads}
            self.a.wait_connected(self.b)
            self.assert_nothing_lost(accepted)


class Exhibits(PowerCutTest):
    def test_an_exhibit_that_was_being_fetched_when_the_power_went_comes_whole(self):
        path, digest = make_file(self.folder, 40 << 20)
        referral = send_file(self.b, self.a.desk, path)
        self.b.wait_delivered(referral)
        self.a.cli("exhibit", "fetch", referral, FILE)
        for mib in (4, 12, 20):
            wait_for(lambda mib=mib: exhibit_of(self.a, referral)["octets"] >= mib << 20, "some more of it")
            self.cut()
            self.a.wait_connected(self.b)
        wait_state(self.a, referral, "here")
        self.cut()
        self.a.wait_connected(self.b)
        self.a.cli("exhibit", "get", referral, FILE, "-o", self.folder / "got")
        self.assertEqual(sha256_of(self.folder / "got"), digest)
        shown = self.a.cli("show", referral)["exhibits"][FILE - 1]
        self.assertEqual([one["event"] for one in shown["custody"]], ["came", "taken-out"])
        self.assert_sound(self.a, self.b)


if __name__ == "__main__":
    unittest.main(verbosity=2)
