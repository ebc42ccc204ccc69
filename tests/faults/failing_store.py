"""A node's store of which one step can be made to fail: failing_store.c, compiled here, stands between lapxd and the C library."""

import errno
import mmap
import struct
import subprocess
from pathlib import Path

STEPS = ("write wal", "sync wal", "cut wal", "write db", "sync db", "write head", "write exhibit", "sync exhibit", "name exhibit",
         "write keys", "sync keys", "name keys")
WAYS = ("failed", "persisted", "torn")
FORM = struct.Struct("6i")


class FailingStore:
    """Of a node that is not running; it is from its next start that it has this store."""

    def __init__(self, node):
        library, path = node.folder / "failing_store.so", node.folder / "failing_store"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("failing_store.c"), "-ldl"], check=True)
        path.write_bytes(FORM.pack(-1, 0, 0, 0, 0, 0) + bytes(4 * len(STEPS)))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 0)
        node.wrapper = ("env", f"LD_PRELOAD={library}", f"LAPX_FAULTS={path}")

    def fail(self, step, after=0, how="failed", error=errno.EIO, lasting=False):
        """The step after so many of its kind fails, and with `lasting` all that follow."""
        self.mend()
        self.shared[4:FORM.size] = FORM.pack(0, after, WAYS.index(how), error, lasting, 0)[4:]
        self.shared[:4] = struct.pack("i", STEPS.index(step))

    def mend(self):
        self.shared[:4] = struct.pack("i", -1)

    @property
    def fired(self):
        """How often it failed."""
        return FORM.unpack(self.shared[:FORM.size])[5]

    def counts(self):
        """How many of each step there were so far."""
        return dict(zip(STEPS, struct.unpack_from(f"{len(STEPS)}i", self.shared, FORM.size)))
