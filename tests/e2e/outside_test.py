"""What nodes hand out, checked by programs that share no code with them."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

from harness import TESTS, VERIFIER, PairTest
from mutate_test import flip

GO_SOURCES = TESTS / "outside/go"
GO_PACKAGES = Path("/usr/share/gocode")
REFERRALS = 90  # three entries each: more than one full tile


class Outside(PairTest):
    def test_the_verifier_refuses_every_mutation_of_a_real_bundle_even_with_the_receipt_of_another(self):
        bundles = []
        for i in range(2):
            referral = self.a.send(self.b.desk)["referral"]
            self.a.wait_delivered(referral)
            bundles.append(self.folder / f"bundle-{i}")
            self.a.cli("show", referral, "--bundle", bundles[-1])
        done = subprocess.run([sys.executable, VERIFIER / "mutate_test.py", *bundles], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(" passed, 0 failed", done.stdout)


@unittest.skipUnless(shutil.which("go") and (GO_PACKAGES / "src/golang.org/x/mod/sumdb/tlog").exists() and GO_SOURCES.exists(),
                     "needs Go and golang-golang-x-mod-dev")
class ExportedLedger(PairTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for referral in [cls.a.send(cls.b.desk)["referral"] for _ in range(REFERRALS)]:
            cls.a.wait_delivered(referral)
        cls.b.wait_delivered(cls.b.send(cls.a.desk)["referral"])
        cls.export, cls.verifier = cls.folder / "export", cls.folder / "verify_export"
        cls.a.cli("ledger", "export", "-o", cls.export)
        subprocess.run(["go", "build", "-o", cls.verifier, *sorted(GO_SOURCES.glob("*.go"))], check=True,
                       env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(GO_PACKAGES),
                            "GOCACHE": str(cls.folder / "cache")})

    def verify(self, folder):
        return subprocess.run([self.verifier, folder], capture_output=True, text=True)

    def test_the_verifier_in_go_accepts_the_export_of_a_real_ledger(self):
        done = self.verify(self.export)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_export_holds_what_protocol_9_says(self):
        names = {path.relative_to(self.export).as_posix() for path in self.export.rglob("*") if path.is_file()}
        self.assertLessEqual({"checkpoint", "policy", "README"}, names)
        self.assertLessEqual({"tile/0/000", "tile/1/000.p/1", "tile/entries/000"}, names)
        self.assertTrue(any(name.startswith("proofs/") and name.endswith(".tlog-proof") for name in names), names)

    def refused(self, what, change):
        with self.subTest(what):
            folder = self.folder / "altered"
            shutil.copytree(self.export, folder)
            try:
                change(folder)
                self.assertEqual(self.verify(folder).returncode, 1, what)
                self.refusals += 1
            finally:
                shutil.rmtree(folder)

    def test_it_refuses_whatever_was_altered_removed_or_added(self):
        self.refusals = 0
        files = sorted(path.relative_to(self.export) for path in self.export.rglob("*") if path.is_file() and path.name not in ("README", "policy"))
        proofs = [name for name in files if name.parts[0] == "proofs"]
        files = [name for name in files if name.parts[0] != "proofs"] + proofs[:3] + proofs[-3:]
        for name in files:
            size = (self.export / name).stat().st_size
            for at in {size // 5, size // 2, size - 2}:
                self.refused(f"{name}: octet {at} altered", lambda folder: (folder / name).write_bytes(flip((self.export / name).read_bytes(), at)))
            self.refused(f"{name}: cut short", lambda folder: (folder / name).write_bytes((self.export / name).read_bytes()[:-1]))
            if not name.parts[0] == "proofs":
                self.refused(f"{name}: removed", lambda folder: (folder / name).unlink())
        policy = (self.export / "policy").read_text()
        key = policy.split("ledger-1+")[1][:12]  # key id, and the first characters of the key
        self.refused("the log's key", lambda folder: (folder / "policy").write_text(policy.replace(key, key[:10] + "zz")))
        self.refused("no policy", lambda folder: (folder / "policy").unlink())
        self.refused("a file too many", lambda folder: (folder / "tile/0/999").write_bytes(b"x"))
        self.assertGreaterEqual(self.refusals, 20)


if __name__ == "__main__":
    unittest.main()
