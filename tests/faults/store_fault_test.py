"""A disk that fails a node at one step: every write, sync and cut of its files in turn, each *failed* and *failed but done* and done by half."""

import errno
import http.client
import os
import signal
import unittest
from pathlib import Path

import inside
from exhibits import FILE, exhibit_of, files_of, make_file, send_file, sha256_of, wait_state
from failing_store import WAYS, FailingStore
from faults import FaultTest, order
from harness import Failed, wait_for
from reach_test import configure
from relay_test import Relayed
from shifted_clock import Hurry, ShiftedClock

# Of a kind of step that comes often, so many are tried: the first ones, the last ones, and some between.
TRIED = int(os.environ.get("LAPX_STORE_STEPS", "3"))
POLICY = (Path(__file__).resolve().parents[2] / "config/disclosure.toml").read_text()
# What is asked of a node that ends just then.
ENDED = (OSError, http.client.HTTPException, ValueError, AssertionError, Failed)


def some_of(count):
    """Which of so many are tried."""
    if count <= TRIED:
        return list(range(count))
    return sorted({round(i * (count - 1) / (TRIED - 1)) for i in range(TRIED)})


def revive(test, *nodes):
    """A node that the fault ended is started anew; what it says last is that its store failed."""
    for node in nodes:
        if not node.running() and node.process.returncode != -signal.SIGKILL:
            test.assertEqual(node.process.returncode, 1, node.log()[-2000:])
            test.assertRegex(node.log().splitlines()[-1], "lapxd: error: (io|database-broken|disk-full)")
            node.start()


def fail_each_step(test, node, action, settle, error=errno.EIO, prepare=lambda: None, steps=None):
    """Does the action once without a fault, to see which steps it takes, then once with each of them failing in each way; after each time
    it settles."""
    prepare()
    before = node.store.counts()
    action()
    taken = {step: count - before[step] for step, count in node.store.counts().items()}
    fired = dict.fromkeys(steps or [step for step, count in taken.items() if count], 0)
    for step in fired:
        for after in some_of(max(taken[step], 1)):
            for how in WAYS if step.startswith("write") else WAYS[:2]:
                with test.subTest(step=step, after=after, how=how):
                    prepare()
                    node.store.fail(step, after, how, error)
                    action()
                    fired[step] += node.store.fired
                    node.store.mend()
                    settle()
    test.assertGreater(sum(fired.values()), 0, "nothing was made to fail")
    test.assertEqual([step for step in steps or () if not fired[step]], [], "that was never made to fail")


class StoreTest(FaultTest):
    """Both nodes have a store that can be made to fail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accepted = {cls.a: [], cls.b: []}
        cls.number = 0
        for node in (cls.a, cls.b):
            node.store = FailingStore(node)
            node.restart()
        cls.connect()

    @classmethod
    def connect(cls):
        wait_for(cls.are_connected, "the two to be connected, and each to confirm the other's ledger")

    @classmethod
    def are_connected(cls):
        return cls.a.connected(cls.b) and cls.b.connected(cls.a) and all(
            node.call("POST", "drafts", {})[1]["error"]["code"] != "starting" for node in (cls.a, cls.b))

    def revive(self):
        revive(self, self.a, self.b)

    def eventually(self, condition, what):
        """Of a node that may end and be started anew meanwhile."""
        def once():
            self.revive()
            try:
                return condition()
            except ENDED:
                return None
        return wait_for(once, what)

    def ask(self, node, method, path, body=None):
        """Asks until it is answered for good, whatever happens to the node meanwhile; gives (status, answer)."""
        def once():
            try:
                status, answer = node.call(method, path, body)
            except (OSError, http.client.HTTPException, ValueError):
                status, answer = 0, None
            if status in (0, 500, 503):
                self.assertIn(status and answer["error"]["code"], (0, "io", "disk-full", "starting", "shutting-down"))
                if status != 503:
                    wait_for(lambda: not node.running(), "the node to end after an error of its store")
            self.revive()
            return status not in (0, 500, 503) and (status, answer)
        return wait_for(once, f"{method} {path} to be answered")

    def accept(self, node, other):
        """One referral, accepted, whatever it takes."""
        type(self).number += 1
        status, answer = self.ask(node, "POST", "drafts", order(node, self.number, other.desk))
        self.assertEqual(status, 200, answer)
        self.accepted[node].append(answer["referral"])
        return answer["referral"]

    def delivered(self, node, referral):
        self.eventually(lambda: node.delivered(referral), f"{referral} to be delivered")

    def each_step(self, node, action, error=errno.EIO, then=lambda: None, **options):
        def settle():
            then()
            self.eventually(self.are_connected, "the two to be connected")
            self.assert_nothing_lost(self.accepted)
        fail_each_step(self, node, action, settle, error, **options)


class ReceiptThatCannotBeKept(StoreTest):
    def test_a_receipt_whose_entry_could_not_be_written_is_asked_for_again(self):
        self.b.kill()
        wait_for(lambda: not self.a.connected(self.b), "the outage to be noticed")
        self.accept(self.a, self.b)
        self.a.store.fail("write wal", error=errno.ENOSPC, lasting=True)
        self.b.start()
        wait_for(lambda: "disk-full" in self.a.log(), "the receipt's round to fail")
        self.assertEqual(self.a.get("status")["queued"], 1)
        self.assertEqual(len(self.b.listed("inbox")), 1)
        self.a.store.mend()
        wait_for(lambda: "takes writes again" in self.a.log(), "the store to recover")
        self.assert_nothing_lost(self.accepted)


class Sender(StoreTest):
    def test_whatever_step_fails_of_accepting_sending_and_keeping_the_receipt_nothing_is_lost(self):
        self.each_step(self.a, lambda: self.delivered(self.a, self.accept(self.a, self.b)))


class SenderWithoutRoom(StoreTest):
    def test_a_disk_that_was_full_for_one_step_is_the_same(self):
        self.each_step(self.a, lambda: self.delivered(self.a, self.accept(self.a, self.b)), errno.ENOSPC)

    def test_what_was_refused_and_yet_written_is_there_once_if_the_node_is_killed_at_once(self):
        def action():
            referral = self.accept(self.a, self.b)
            self.delivered(self.a, referral)

        def kill():
            self.a.kill()
            self.a.start()
        self.each_step(self.a, action, errno.ENOSPC, then=kill, steps=["write wal", "sync wal"])


class Recipient(StoreTest):
    def test_whatever_step_fails_of_taking_a_referral_in_it_is_taken_in_once(self):
        self.each_step(self.b, lambda: self.delivered(self.a, self.accept(self.a, self.b)))


class RecipientWithoutRoom(StoreTest):
    def test_whatever_step_finds_the_disk_full_the_referral_is_taken_in_once(self):
        self.each_step(self.b, lambda: self.delivered(self.a, self.accept(self.a, self.b)), errno.ENOSPC)


class Exhibits(StoreTest):
    """Octets that did not reach the disk are not counted on, whatever the next attempt to write them says."""

    CHUNK = 128 << 10
    # Sealed, it is as long as two chunks: what is there of it is whole before it has its name.
    EVEN = 2 * CHUNK - 248

    def file_of(self, node, referral):
        (name, size), = inside.rows(node, "SELECT e.file, e.sealed_size FROM exhibit e JOIN referral r ON r.seq = e.referral WHERE r.id = ? "
                                          "AND e.number = ?", bytes.fromhex(referral.replace("-", "")), FILE)
        return name, size

    def tearDown(self):
        self.b.store.mend()

    def fetched(self, step, error, size):
        """The names of its file when the step had failed once and twice, and how long it is, sealed."""
        path, digest = make_file(self.folder, size)
        self.b.store.fail(step, error=error, lasting=True)
        referral = send_file(self.a, self.b.desk, path)
        self.accepted[self.a].append(referral)
        wait_for(lambda: self.b.store.fired, f"{step} to fail")
        first, sealed = self.file_of(self.b, referral)
        wait_for(lambda: self.b.store.fired > 1, f"{step} to be tried again", deadline=90)
        second, _ = self.file_of(self.b, referral)
        self.b.store.mend()
        wait_state(self.b, referral, "here")
        self.b.cli("exhibit", "get", referral, FILE, "-o", self.folder / f"got-{referral}")
        self.assertEqual(sha256_of(self.folder / f"got-{referral}"), digest)
        self.assert_nothing_lost(self.accepted)
        return first, second, sealed

    def test_what_was_fetched_and_not_written_is_fetched_anew(self):
        first, second, _ = self.fetched("sync exhibit", errno.EIO, 3 << 20)
        self.assertNotEqual(first, second)

    def test_what_is_all_there_and_had_no_room_for_its_name_is_finished_later(self):
        first, second, sealed = self.fetched("name exhibit", errno.ENOSPC, self.EVEN)
        self.assertEqual((first, sealed), (second, 2 * self.CHUNK))

    def test_an_upload_that_was_not_written_is_none(self):
        path, _ = make_file(self.folder, 3 << 20)
        before = files_of(self.a)
        for step in ("write exhibit", "sync exhibit", "name exhibit"):
            with self.subTest(step=step):
                self.a.store.fail(step)
                self.assertNotEqual(self.a.run("file", "--to", self.b.desk, "--kind", "information", "--set", "facts=x", "--exhibit", path, "--send")[0], 0)
                self.assertTrue(self.a.store.fired)
                self.revive()
                self.connect()
                wait_for(lambda: files_of(self.a) == before, "what was written of it to be gone")
        self.assert_nothing_lost(self.accepted)


class Custody(StoreTest):
    """An exhibit that is asked for, and that each side writes down who had it."""

    STEPS = ("write wal", "sync wal")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        configure(cls.b, r"(?m)^fetch_up_to = .*$", "fetch_up_to = 0")
        cls.b.restart()
        cls.connect()
        cls.file, cls.digest = make_file(cls.folder, 1 << 20)

    def sent(self):
        self.referral = send_file(self.a, self.b.desk, self.file)
        self.accepted[self.a].append(self.referral)
        self.a.wait_delivered(self.referral)

    def taken_out(self):
        out = self.folder / f"got-{self.referral}"
        status, answer = self.ask(self.b, "POST", f"referrals/{self.referral}/exhibits/{FILE}/fetch")
        self.assertTrue(status == 200 or answer["error"]["code"] == "wrong-state", answer)
        self.eventually(lambda: exhibit_of(self.b, self.referral)["state"] == "here", "the exhibit")
        self.eventually(lambda: out.exists() or self.b.run("exhibit", "get", self.referral, FILE, "-o", out)[0] == 0, "it to be taken out")
        self.assertEqual(sha256_of(out), self.digest)
        events = {node: [one["event"] for one in self.eventually(lambda: node.cli("show", self.referral), "what is known of it")
                         ["exhibits"][FILE - 1]["custody"]] for node in (self.a, self.b)}
        self.assertEqual(events[self.b].count("came"), 1)
        self.assertIn("taken-out", events[self.b])
        self.assertIn("served", events[self.a])

    def test_whatever_step_fails_of_who_asks_it_comes_and_is_written_down(self):
        self.each_step(self.b, self.taken_out, prepare=self.sent, steps=self.STEPS)

    def test_whatever_step_fails_of_who_gives_it_comes_and_is_written_down(self):
        self.each_step(self.a, self.taken_out, prepare=self.sent, steps=self.STEPS)


class Keys(StoreTest):
    """New keys for a desk: what was sealed for either is opened, and the keyring has what the notice names."""

    STEPS = ("write keys", "sync keys", "name keys")

    def rotated(self):
        before = self.b.get("card")["notice_serial"]

        def done():
            if self.b.get("card")["notice_serial"] == before:
                status, answer = self.b.call("POST", "keys/rotation", {"key": "desk", "desk": self.b.desk_id})
                self.assertIn(status == 200 or answer["error"]["code"], (True, "io", "disk-full", "wrong-state", "starting"))
            return self.b.get("card")["notice_serial"] > before
        self.eventually(done, "the new notice to be in force")
        self.delivered(self.a, self.accept(self.a, self.b))

    def test_whatever_step_fails_of_a_rotation_nothing_is_sealed_for_a_key_that_is_lost(self):
        self.each_step(self.b, self.rotated, steps=self.STEPS)

    def test_whatever_step_finds_the_disk_full_nothing_is_sealed_for_a_key_that_is_lost(self):
        self.each_step(self.b, self.rotated, errno.ENOSPC, steps=self.STEPS)


class Relay(Relayed):
    """What a relay said that it keeps it does keep, and gives once."""

    STEPS = ("write wal", "sync wal")
    sender = "again = 2\n"

    def setUp(self):
        super().setUp()
        self.r.store = FailingStore(self.r)
        for node in (self.a, self.b, self.r):
            node.stop()
        self.hurry = Hurry(*(ShiftedClock(node, "UTC") for node in (self.a, self.b)))
        for node in (self.r, self.a, self.b):
            node.start()
        for node in (self.a, self.b):
            node.wait_connected(self.r)
        self.referrals = []

    def until(self, condition, what):
        def once():
            revive(self, self.r)
            try:
                return condition()
            except ENDED:
                return None
        self.hurry.until(once, what)

    def given(self):
        self.b.stop()
        self.referrals.append(self.filed())
        self.until(lambda: self.relay_of(self.referrals[-1]).get("state") == "kept", "the relay to keep it")
        self.b.start()
        self.until(lambda: self.a.delivered(self.referrals[-1]), "it to be delivered")

    def settle(self):
        # The round in which a file is deleted may be the one that fails.
        self.until(lambda: self.kept() == [] and self.r.get("status")["relayed"] == {"files": 0, "octets": 0}, "the relay to be empty")
        self.assertEqual(sorted(row["referral"] for row in self.b.listed("inbox")), sorted(self.referrals))
        self.assert_sound(self.a, self.b, self.r)

    def test_whatever_step_fails_of_a_relay_the_file_arrives_once(self):
        fail_each_step(self, self.r, self.given, self.settle, steps=self.STEPS)

    def test_whatever_step_finds_the_disk_full_the_file_arrives_once(self):
        fail_each_step(self, self.r, self.given, self.settle, errno.ENOSPC, steps=self.STEPS)


class Moves(StoreTest):
    """A question of consent and its answer, of which either side's store fails."""

    def action(self):
        referral = self.accept(self.a, self.b)
        self.delivered(self.a, referral)
        self.said(self.b, referral, {"move": "consent-asked", "onward": ["ftc.example"]})
        self.eventually(lambda: "consent-asked" in self.moves(self.a, referral), "the question")
        self.said(self.a, referral, {"move": "consent-granted", "to": self.b.desk})
        self.eventually(lambda: "consent-granted" in self.moves(self.b, referral), "the answer")
        for node in (self.a, self.b):
            shown = self.eventually(lambda: self.moves(node, referral), "an answer")
            self.assertEqual(sorted(shown), ["consent-asked", "consent-granted"], "each once")

    @staticmethod
    def moves(node, referral):
        return [one["move"] for one in node.get(f"referrals/{referral}")["moves"]]

    def said(self, node, referral, move):
        status, answer = self.ask(node, "POST", f"referrals/{referral}/move", move)
        self.assertTrue(status == 200 or answer["error"]["code"] == "wrong-state", answer)

    def test_whatever_step_fails_of_who_grants_each_move_is_there_once(self):
        self.each_step(self.a, self.action)

    def test_whatever_step_fails_of_who_asks_each_move_is_there_once(self):
        self.each_step(self.b, self.action)


class Erasure(StoreTest):
    def action(self):
        referral = self.accept(self.a, self.b)
        self.delivered(self.a, referral)
        body = {"item": "facts", "basis": "GDPR 17"}
        status, answer = self.ask(self.a, "POST", f"referrals/{referral}/erase", body)
        self.assertTrue(status == 200 or answer["error"]["code"] == "erased", answer)

    def test_whatever_step_fails_of_an_erasure_it_is_done_once_and_known(self):
        self.each_step(self.a, self.action)

    def test_whatever_step_fails_of_the_checkpoint_that_ends_it_nothing_is_lost(self):
        # What was erased is gone once the log is copied into the database and cut.
        def action():
            self.action()
            self.eventually(lambda: (self.a.home / "lapx.db-wal").stat().st_size == 0, "the log to be cut")
        self.each_step(self.a, action, steps=("write db", "sync db", "cut wal"))


class Releases(StoreTest):
    """A referral that leaves by itself when its time has come."""

    def setUp(self):
        path = self.a.home / "disclosure.toml"
        path.write_text('release_delay = "1s"\n' + POLICY)
        path.chmod(0o600)
        self.a.restart()
        self.connect()

    def action(self):
        referral = self.accept(self.a, self.b)
        self.eventually(lambda: self.a.messages(referral), "it to leave")
        self.delivered(self.a, referral)

    def test_whatever_step_fails_of_a_release_it_leaves_once(self):
        self.each_step(self.a, self.action)


if __name__ == "__main__":
    unittest.main(verbosity=2)
