"""Nodes killed while they change keys: keyring, ledger and card are three writes, and whatever came of each, the node starts and its peers
go on."""

import http.client
import threading
import unittest

from faults import FaultTest, order
from harness import wait_for

CHANGES = (("keys/rotation", {"key": "desk", "desk": "spam"}), ("keys/rotation", {"key": "connection", "overlap_seconds": 86400}), ("card/renewal", None))


class KilledWhileItChangesKeys(FaultTest):
    number = 0

    def stamp(self, name):
        path = self.b.home / name
        return path.stat().st_mtime_ns, path.stat().st_ino

    def begin(self, path, body):
        def ask():
            try:
                self.b.call("POST", path, body)
            except (OSError, http.client.HTTPException, ValueError):
                pass  # killed before it answered

        asking = threading.Thread(target=ask)
        asking.start()
        return asking

    def send(self, sender, recipient):
        def accepted():
            status, answer = sender.call("POST", "drafts", order(sender, self.number, recipient.desk))
            return answer["referral"] if status == 200 else None

        self.number += 1
        return wait_for(accepted, "it to sign again")

    def test_a_node_that_is_killed_while_it_changes_keys_starts_and_is_reached(self):
        sent = {self.a: [], self.b: []}
        for path, body in CHANGES:
            for file in (None, "keys/node.keyring", "ledger.head", "card"):
                with self.subTest(path=path, body=body, killed_after=file):
                    before = file and self.stamp(file)
                    asking = self.begin(path, body)
                    if file is not None:
                        wait_for(lambda: self.stamp(file) != before or not asking.is_alive(), "the write")
                    self.b.kill()
                    asking.join()
                    self.b.start()
                    self.b.wait_connected(self.a)
                    self.a.wait_connected(self.b)
                    for sender, recipient in ((self.a, self.b), (self.b, self.a)):
                        sent[sender].append(self.send(sender, recipient))
        self.assert_nothing_lost(sent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
