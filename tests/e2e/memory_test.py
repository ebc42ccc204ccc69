"""What an exhibit costs in memory does not grow with it."""

import unittest

from exhibits import FILE, make_file, peak, reset_peak, send_file, sha256_of, wait_state
from harness import PairTest

LIMIT = 32   # MiB above idle (docs/benchmarks.md)
SIZE = 256   # MiB; tools/bench/exhibit takes any


class Exhibit(PairTest):
    def test_neither_side_takes_more_than_its_share_for_a_large_one(self):
        path, digest = make_file(self.folder, SIZE << 20)
        idle = {node: reset_peak(node) for node in (self.a, self.b)}

        def within_limits(step):
            for node, before in idle.items():
                self.assertLess(peak(node) - before, LIMIT, f"{step} at {node.agency}")

        referral = send_file(self.a, self.b.desk, path)
        within_limits("upload")
        self.a.wait_delivered(referral)
        self.b.cli("exhibit", "fetch", referral, FILE)
        wait_state(self.b, referral, "here", deadline=120)
        within_limits("fetch")
        out = self.folder / "out"
        self.b.cli("exhibit", "get", referral, FILE, "-o", out)
        within_limits("take out")
        self.assertEqual(sha256_of(out), digest)


if __name__ == "__main__":
    unittest.main(verbosity=2)
