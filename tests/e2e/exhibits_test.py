"""Exhibits that are too large for a parcel: uploaded, disclosed, fetched in chunks, taken out; with either side killed in between, and
with peers that ask for or send what they should not."""

import contextlib
import http.client
import json
import re
import secrets
import shutil
import signal
import unittest

import evil
import inside
from exhibits import FILE, exhibit_of, files_of, make_file, send_file, sha256_of, wait_state
from harness import Pair, PairTest, wait_for
from forms import H
from mutate_test import b64

CHUNK = 128 * 1024
BIG = 64 << 20  # more than comes unasked
MEDIUM = 3 << 20


def read_octets(node):
    """How many octets this run of the node has read from files, as the kernel counts them: of an exhibit each chunk that it sends."""
    with open(f"/proc/{node.process.pid}/io", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


class Transfers(PairTest):
    def sent(self, size, disclose=True):
        """The referral once it is delivered, and the SHA-256 of the file."""
        path, digest = make_file(self.folder, size)
        referral = send_file(self.a, self.b.desk, path, disclose)
        self.a.wait_delivered(referral)
        return referral, digest

    def taken_out(self, node, referral, number=FILE):
        out = node.folder / f"out-{secrets.token_hex(4)}"
        node.cli("exhibit", "get", referral, number, "-o", out)
        return sha256_of(out)

    def test_one_of_a_few_mebioctets_comes_by_itself_and_each_hand_over_is_recorded(self):
        referral, digest = self.sent(MEDIUM)
        wait_state(self.b, referral, "here")
        self.assertEqual(self.taken_out(self.b, referral), digest)
        self.assertEqual(self.taken_out(self.a, referral), digest)
        there = self.b.cli("show", referral)["exhibits"][FILE - 1]
        self.assertEqual([(one["event"], one["who"]) for one in there["custody"]], [("came", self.a.agency), ("taken-out", "op-1")])
        here = self.a.cli("show", referral)["exhibits"][FILE - 1]
        self.assertEqual(here["to"], [{"to": self.b.desk, "state": "sent"}])
        self.assertEqual(sorted((one["event"], one["who"]) for one in here["custody"]), [("served", self.b.agency), ("taken-out", "op-1")])
        for node, shown in ((self.a, here), (self.b, there)):
            for one in shown["custody"]:
                self.assertIn(b64(digest), inside.committed(node, one["entry"]))
        self.assert_sound(self.a, self.b)
        for node in (self.a, self.b):
            self.assertEqual(node.cli("audit", "check")["problems"], [])

    def test_a_small_upload_travels_inside_the_parcel(self):
        before = files_of(self.a)
        referral, digest = self.sent(50_000)
        self.assertEqual(exhibit_of(self.b, referral)["state"], "here")
        self.assertEqual(self.taken_out(self.b, referral), digest)
        self.assertEqual(files_of(self.a), before)

    def test_a_mail_that_is_not_filed_leaves_no_file(self):
        mail = self.folder / "large.eml"
        mail.write_bytes(b"From: a@mail.example\r\nSubject: large\r\nMIME-Version: 1.0\r\n\r\n" + b"nothing new\r\n" * 40_000)
        before = files_of(self.a)
        self.assertEqual(self.a.refused("file", "--to", self.b.desk, "--kind", "information", "--set", "facts=x", "--set", "conduct=none-such", mail), "invalid-argument")
        wait_for(lambda: files_of(self.a) == before, "its file to be gone")
        self.a.cli("file", "--to", self.b.desk, "--kind", "information", "--set", "facts=x", mail)
        wait_for(lambda: len(files_of(self.a)) == len(before) + 1, "one to be kept")

    def test_what_is_not_disclosed_is_described_and_cannot_be_had(self):
        referral, _ = self.sent(MEDIUM, disclose=False)
        self.assertEqual(exhibit_of(self.b, referral)["state"], "withheld")
        self.assertEqual(exhibit_of(self.a, referral)["to"], [{"to": self.b.desk, "state": "withheld"}])
        self.assertEqual(self.b.refused("exhibit", "fetch", referral, FILE), "not-found")
        self.assertEqual(self.b.refused("exhibit", "get", referral, FILE, "-o", self.b.folder / "none"), "not-found")

    def test_an_erased_one_loses_its_file_on_either_side(self):
        referral, _ = self.sent(MEDIUM)
        wait_state(self.b, referral, "here")
        for node in (self.b, self.a):
            files = set(files_of(node))
            node.cli("erase", referral, "--exhibit", FILE, "--basis", "a request")
            wait_for(lambda node=node, files=files: len(files - set(files_of(node))) == 1, "the file to be gone")
            self.assertEqual(exhibit_of(node, referral)["state"], "erased")
            self.assertEqual(node.refused("exhibit", "get", referral, FILE, "-o", node.folder / "none"), "erased")

    def test_what_is_erased_elsewhere_does_not_disturb_one_that_is_on_its_way(self):
        others = [self.a.send(self.b.desk)["referral"] for _ in range(8)]
        for other in others:
            self.a.wait_delivered(other)
        referral, digest = self.sent(BIG)
        self.b.cli("exhibit", "fetch", referral, FILE)
        for other in others:
            self.b.cli("erase", other, "--basis", "a request")
        wait_state(self.b, referral, "here")
        self.assertEqual(self.taken_out(self.b, referral), digest)
        self.assertNotIn("exhibit chunk dropped", self.b.log())

    def test_many_small_ones_come_one_after_the_other(self):
        sent = [self.sent(200_000) for _ in range(12)]
        for referral, digest in sent:
            wait_state(self.b, referral, "here")
            self.assertEqual(self.taken_out(self.b, referral), digest)

    def being_taken_out(self, referral):
        """An answer whose head has come, and of whose body nothing was read."""
        connection = self.a.control()
        self.addCleanup(connection.close)
        connection.request("GET", f"/v1/referrals/{referral}/exhibits/{FILE}/octets")
        return connection.getresponse()

    def test_one_operator_has_eight_checked_at_a_time_to_take_them_out(self):
        referral, digest = self.sent(BIG)
        asked = [self.a.control() for _ in range(9)]
        self.a.process.send_signal(signal.SIGSTOP)  # for all to be asked before the first is checked
        for connection in asked:
            self.addCleanup(connection.close)
            connection.request("GET", f"/v1/referrals/{referral}/exhibits/{FILE}/octets")
        self.a.process.send_signal(signal.SIGCONT)
        answers = [connection.getresponse() for connection in asked]
        refused = [json.loads(answer.read()) for answer in answers if answer.status != 200]
        self.assertEqual([answer["error"]["code"] for answer in refused], ["quota"])
        self.assertEqual(self.taken_out(self.a, referral), digest)

    def test_what_is_erased_while_it_is_taken_out_is_not_given_out_to_its_end(self):
        referral, _ = self.sent(BIG)
        answer = self.being_taken_out(referral)
        self.assertEqual(answer.status, 200)
        self.a.cli("erase", referral, "--exhibit", FILE, "--basis", "a request")
        with self.assertRaises(http.client.IncompleteRead):
            answer.read()

    def test_what_is_discarded_while_it_is_taken_out_is_not_given_out_and_the_node_goes_on(self):
        path, _ = make_file(self.folder, BIG)
        for _ in range(3):  # once while it is checked, say
            draft = self.a.file(self.b.desk, "--exhibit", path)["referral"]
            asked = self.a.control()
            self.addCleanup(asked.close)
            asked.request("GET", f"/v1/referrals/{draft}/exhibits/{FILE}/octets")
            self.assertEqual(self.a.call("POST", f"referrals/{draft}/discard", {})[0], 200)
            answer = asked.getresponse()
            if answer.status == 200:
                with self.assertRaises(http.client.IncompleteRead):
                    answer.read()
            else:
                self.assertIn(answer.status, (404, 410))
        self.assertTrue(self.a.running())

    def test_uploads_that_do_not_fit_beside_each_other_are_refused_when_they_begin(self):
        config = self.a.home / "config.toml"
        changed, count = re.subn(r"(?m)^max_size = .*$", f"max_size = {1 << 40}", config.read_text())
        self.assertEqual(count, 1)
        config.write_text(changed)
        self.a.restart()
        self.a.wait_connected(self.b)
        size = shutil.disk_usage(self.a.home).free // 10 * 6
        begun = []
        for _ in range(2):
            connection = self.a.control()
            self.addCleanup(connection.close)
            connection.putrequest("POST", "/v1/uploads")
            connection.putheader("Content-Length", str(size))
            connection.endheaders(b"x")
            begun.append(connection)
        self.assertEqual(json.loads(begun[-1].getresponse().read())["error"]["code"], "disk-full")

    def test_files_are_not_touched_by_a_node_that_finds_an_older_database(self):
        def copy_of_database(source, target):
            for name in ("lapx.db", "lapx.db-wal"):
                (target / name).unlink(missing_ok=True)
                if (source / name).exists():
                    shutil.copy(source / name, target / name)
        older, right = self.folder / "older", self.folder / "right"
        older.mkdir()
        right.mkdir()
        self.a.stop()
        copy_of_database(self.a.home, older)
        self.a.start()
        self.a.wait_connected(self.b)
        referral, digest = self.sent(17 << 20)
        self.a.stop()
        copy_of_database(self.a.home, right)
        copy_of_database(older, self.a.home)
        self.assertEqual(self.a.will_not_start(), "ledger-broken")
        copy_of_database(right, self.a.home)
        self.a.start()
        self.a.wait_connected(self.b)
        self.assertEqual(self.taken_out(self.a, referral), digest)

    def test_one_on_request_that_its_sender_erased_is_unavailable(self):
        referral, _ = self.sent(17 << 20)
        self.assertEqual(exhibit_of(self.b, referral)["state"], "on-request")
        self.assertEqual(exhibit_of(self.a, referral)["to"], [{"to": self.b.desk, "state": "on-request"}])
        self.a.cli("erase", referral, "--exhibit", FILE, "--basis", "a request")
        self.b.cli("exhibit", "fetch", referral, FILE)
        wait_state(self.b, referral, "unavailable")
        self.assertEqual(exhibit_of(self.b, referral)["cause"], "exhibit-unavailable")
        self.b.cli("erase", referral, "--exhibit", FILE, "--basis", "a request")
        self.assertEqual(exhibit_of(self.b, referral)["state"], "erased")

    def test_one_of_what_was_withdrawn_is_unavailable(self):
        referral, _ = self.sent(17 << 20)
        self.a.cli("withdraw", referral, "-m", "a mistake", "--send")
        _, document = self.b.call("POST", f"referrals/{referral}/exhibits/{FILE}/fetch?version=1", {})
        self.assertEqual(document["state"], "in-transit")
        wait_for(lambda: self.b.get(f"referrals/{referral}/why?version=1")["exhibits"][FILE - 1]["state"] == "unavailable", "it to be refused")

    def test_an_upload_is_for_who_made_it_and_is_used_once(self):
        path, _ = make_file(self.folder, 200_000)
        with open(path, "rb") as octets:
            status, upload = self.upload(octets.read())
        self.assertEqual((status, upload["size"]), (200, 200_000))
        draft = {"to": [self.b.desk], "kind": "information", "exhibits": [{"upload": upload["upload"], "name": "one"}]}
        self.assertEqual(self.a.call("POST", "drafts", draft)[0], 200)
        self.assertEqual(self.a.call("POST", "drafts", draft)[1]["error"]["code"], "not-found")

    def test_an_upload_without_a_length_or_too_large_is_refused_and_leaves_nothing(self):
        before = files_of(self.a)
        connection = self.a.control()
        with contextlib.suppress(BrokenPipeError):  # it answers, and hangs up, once it has the headers
            connection.request("POST", "/v1/uploads", iter([b"x" * 10]), {}, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 400)
        connection.close()
        for length in (0, (2 << 30) + 1):
            connection = self.a.control()
            connection.putrequest("POST", "/v1/uploads")
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            self.assertIn(connection.getresponse().status, (400, 413))
            connection.close()
        connection = self.a.control()
        connection.putrequest("POST", "/v1/uploads")
        connection.putheader("Content-Length", str(1 << 20))
        connection.endheaders(b"x" * 300_000)
        wait_for(lambda: files_of(self.a) != before, "the upload to begin")
        connection.close()
        wait_for(lambda: files_of(self.a) == before, "what was begun to be gone")

    def upload(self, octets):
        connection = self.a.control()
        connection.request("POST", "/v1/uploads", octets)
        answer = connection.getresponse()
        document = answer.read()
        connection.close()
        return answer.status, json.loads(document)

    def test_an_exhibit_is_added_to_a_draft_and_to_a_new_version(self):
        path, digest = make_file(self.folder, MEDIUM)
        other, other_digest = make_file(self.folder, MEDIUM, "second.bin")
        draft = self.a.file(self.b.desk, "--disclose", "exhibit")["referral"]
        self.a.cli("edit", draft, "--exhibit", path, "--disclose", "exhibit")
        self.a.cli("approve", draft)
        self.a.cli("send", draft)
        self.a.wait_delivered(draft)
        wait_state(self.b, draft, "here", 2)
        self.assertEqual(self.taken_out(self.b, draft, 2), digest)
        self.a.cli("supplement", draft, "--exhibit", other, "--disclose", "exhibit", "--send")
        wait_for(lambda: len(self.b.get(f"referrals/{draft}/why")["exhibits"]) == 3, "the supplement")
        for number, expected in ((2, digest), (3, other_digest)):
            wait_state(self.b, draft, "here", number)
            self.assertEqual(self.taken_out(self.b, draft, number), expected)


class Crashes(unittest.TestCase):
    def test_either_side_may_be_killed_in_the_middle_and_it_goes_on_where_it_stopped(self):
        with Pair() as pair:
            a, b = pair.a, pair.b
            path, digest = make_file(pair.folder, BIG)
            referral = send_file(a, b.desk, path)
            a.wait_delivered(referral)
            begun, served = read_octets(a), 0
            b.cli("exhibit", "fetch", referral, FILE)
            for node, other, part in ((b, a, 1), (a, b, 2)):
                wait_for(lambda part=part: exhibit_of(b, referral)["octets"] > part * BIG // 8, "a part of it")
                had = exhibit_of(b, referral)
                self.assertEqual(had["state"], "in-transit", "it came too fast to be interrupted")
                if node is a:
                    served += read_octets(a) - begun
                node.kill()
                node.start()
                node.wait_connected(other)
                if node is a:
                    begun = read_octets(a)
                self.assertGreaterEqual(exhibit_of(b, referral)["octets"], had["octets"] - had["octets"] % CHUNK)
            wait_state(b, referral, "here")
            served += read_octets(a) - begun
            self.assertLess(served, BIG + BIG // 2, "it began anew")
            self.assertGreater(served, BIG // 2, "this counts what was served")
            out = b.folder / "out"
            b.cli("exhibit", "get", referral, FILE, "-o", out)
            self.assertEqual(sha256_of(out), digest)
            for node in (a, b):
                self.assertEqual(node.cli("ledger", "verify")["problems"], [])
                self.assertEqual(node.cli("audit", "check")["problems"], [])


class HostileSender(PairTest):
    """A peer that plays b, discloses exhibits to a and gives it other octets."""

    def play(self):
        if self.b.running():
            self.b.stop()
        peer = type(self).__dict__.get("peer") or evil.Peer(self.b, self.a)
        type(self).peer = peer
        peer.connect().hello()
        self.addCleanup(peer.close)
        return peer

    def disclosed(self, peer, plain):
        """A referral that discloses an exhibit of these octets, which did not come along; and the sealed file."""
        identity, recipient = evil.age_keys()
        sealed = inside.age_seal(recipient, plain)
        number = evil.number_of("exhibit")
        value = dict(name="evidence", media_type="x/y", size=len(plain), sha256=H(plain), state="OnRequest")
        return sealed, dict(exhibit=(number, value, f"exhibit {number} {b64(H(plain))} {len(plain)} {b64(H(sealed))} {len(sealed)}\n", identity))

    def test_wrong_octets_are_thrown_away_and_asked_for_again_so_often(self):
        peer, before = self.play(), files_of(self.a)
        sealed, given = self.disclosed(peer, secrets.token_bytes(400_000))
        referral = peer.referral(**given)
        self.assertEqual(peer.send(referral), "accepted")
        name = evil.uuid_text(referral.id)
        wrong = bytes(len(sealed))
        rounds = peer.serve(referral, given["exhibit"][0], wrong, lambda: exhibit_of(self.a, name, 1)["state"] == "unavailable")
        self.assertEqual(rounds, 3)
        self.assertEqual(exhibit_of(self.a, name, 1)["cause"], "exhibit-mismatch")
        self.assertEqual(self.a.refused("exhibit", "get", name, 1, "-o", self.a.folder / "none"), "not-found")
        wait_for(lambda: not set(files_of(self.a)) - set(before), "what came to be gone")
        self.a.cli("exhibit", "fetch", name, 1)
        peer.serve(referral, given["exhibit"][0], sealed, lambda: exhibit_of(self.a, name, 1)["state"] == "here")

    def test_chunks_that_are_too_long_unasked_or_out_of_place_are_not_taken(self):
        peer = self.play()
        plain = secrets.token_bytes(400_000)
        sealed, given = self.disclosed(peer, plain)
        referral = peer.referral(**given)
        self.assertEqual(peer.send(referral), "accepted")
        name, number = evil.uuid_text(referral.id), given["exhibit"][0]
        request = peer.wait("ExhibitRequest")
        self.assertEqual((request["offset"], request["credit"]), (0, 8))
        for message, at, octets, last in ((evil.uuid7(), 0, sealed[:CHUNK], False), (referral.message, CHUNK, sealed[CHUNK:2 * CHUNK], False),
                                          (referral.message, 1, sealed[1:CHUNK], False), (referral.message, 1 << 40, sealed[:CHUNK], True)):
            peer.dealer.send(evil.chunk_frame(message, number, at, octets, last))
        peer.dealer.send(evil.chunk_frame(referral.message, number, 0, sealed[:CHUNK], False))
        wait_for(lambda: exhibit_of(self.a, name, 1)["octets"] == CHUNK, "the one chunk that was asked for")
        # One shorter than it should be, and one that says too early that it is the last, begin it anew.
        for octets, last in ((sealed[CHUNK:CHUNK + 10], False), (sealed[:CHUNK], True)):
            peer.dealer.send(evil.chunk_frame(referral.message, number, CHUNK if not last else 0, octets, last))
            self.assertEqual(peer.wait("ExhibitRequest")["offset"], 0)
        for at in range(0, len(sealed), CHUNK):
            peer.dealer.send(evil.chunk_frame(referral.message, number, at, sealed[at:at + CHUNK], at + CHUNK >= len(sealed)))
        for _ in range(50):  # and on and on
            peer.dealer.send(evil.chunk_frame(referral.message, number, len(sealed) - len(sealed) % CHUNK + CHUNK, bytes(CHUNK), False))
        wait_state(self.a, name, "here", 1)
        out = self.a.folder / f"out-{secrets.token_hex(4)}"
        self.a.cli("exhibit", "get", name, 1, "-o", out)
        self.assertEqual(out.read_bytes(), plain)

    def test_a_view_that_foretells_another_size_is_refused(self):
        peer = self.play()
        _, given = self.disclosed(peer, secrets.token_bytes(400_000))
        number, value, line, identity = given["exhibit"]
        words = line.split(" ")
        self.assertEqual(peer.send(peer.referral(exhibit=(number, value, " ".join(words[:-1]) + f" {int(words[-1]) + 1}\n", identity))), "exhibit-mismatch")


class HostileRecipient(unittest.TestCase):
    """A peer that plays b, to which something was disclosed, and asks for more."""

    def setUp(self):
        pair = self.enterContext(Pair())
        self.a, self.b, self.folder = pair.a, pair.b, pair.folder

    def play(self):
        self.b.stop()
        peer = evil.Peer(self.b, self.a)
        peer.connect().hello()
        self.addCleanup(peer.close)
        return peer

    def sent_to_peer(self, disclose=True):
        """A referral that went to the peer while it was an honest node: its id, its message, the item number of its exhibit."""
        path, _ = make_file(self.folder, 17 << 20)
        referral = send_file(self.a, self.b.desk, path, disclose)
        self.a.wait_delivered(referral)
        message = self.a.messages(referral)[0]["message"]
        item = exhibit_of(self.a, referral)["item"]
        return referral, bytes.fromhex(message.replace("-", "")), item

    def test_only_what_was_disclosed_is_given_and_nothing_beyond_its_end(self):
        open_one, message, item = self.sent_to_peer()
        _, closed, closed_item = self.sent_to_peer(disclose=False)
        peer = self.play()
        for wrong in ((closed, closed_item, 0), (message, item + 1, 0), (message, 1, 0), (evil.uuid7(), item, 0), (message, item, 1 << 40)):
            peer.dealer.send(evil.request_frame(*wrong, 8))
            refusal = peer.wait("Refusal", message=wrong[0])
            self.assertEqual((refusal["code"], refusal["exhibit"]), (b"exhibit-unavailable", wrong[1]))
        peer.dealer.send(evil.request_frame(message, item, 0, 2))
        self.assertEqual([peer.wait("ExhibitChunk")["offset"] for _ in range(2)], [0, CHUNK])
        self.assertIsNone(peer.wait("ExhibitChunk", seconds=1))
        self.a.cli("erase", open_one, "--exhibit", FILE, "--basis", "a request")
        peer.dealer.send(evil.request_frame(message, item, 0, 1))
        self.assertEqual(peer.wait("Refusal", message=message)["code"], b"exhibit-unavailable")

    def test_who_takes_the_first_piece_alone_stands_in_the_ledger(self):
        referral, message, item = self.sent_to_peer()
        peer = self.play()
        self.assertEqual(exhibit_of(self.a, referral)["to"], [{"to": self.b.desk, "state": "on-request"}])
        for _ in range(2):
            peer.dealer.send(evil.request_frame(message, item, 0, 1))
            self.assertEqual(peer.wait("ExhibitChunk")["offset"], 0)
            shown = self.a.cli("show", referral)["exhibits"][FILE - 1]
            self.assertEqual([(one["event"], one["who"]) for one in shown["custody"]], [("served", self.b.agency)])
            self.assertEqual(shown["to"], [{"to": self.b.desk, "state": "sent"}])
        self.assertEqual(self.a.cli("audit", "check")["problems"], [])

    def test_one_whose_file_is_gone_is_refused_and_the_log_says_so(self):
        before = set(files_of(self.a))
        _, message, item = self.sent_to_peer()
        for name in set(files_of(self.a)) - before:
            (self.a.home / "exhibits" / name).unlink()
        peer = self.play()
        peer.dealer.send(evil.request_frame(message, item, 0, 1))
        self.assertEqual(peer.wait("Refusal", message=message)["code"], b"exhibit-unavailable")
        self.assertIn(f"{self.b.agency}: the file of an exhibit that it asks for cannot be read here", self.a.log())

    def test_who_asks_a_thousand_times_at_once_gets_no_more_than_the_credit_and_is_served_on(self):
        _, message, item = self.sent_to_peer()
        peer = self.play()
        for i in range(1_000):
            peer.dealer.send(evil.request_frame(message, item, (i % 100) * CHUNK, 8))
        self.assertTrue(peer.wait("ExhibitChunk"))
        self.assertEqual(peer.send(peer.referral()), "accepted")

    def test_who_goes_on_asking_for_what_there_is_not_is_shut_out(self):
        _, _, item = self.sent_to_peer()
        peer = self.play()

        def is_shut_out():
            return any("is shut out" in warning for warning in self.a.get("status")["warnings"])
        for _ in range(40_000):
            try:
                peer.dealer.send(evil.request_frame(evil.uuid7(), item, 0, 8))
            except BlockingIOError:
                break  # nobody takes them in any more
        wait_for(is_shut_out, "the peer to be shut out")


if __name__ == "__main__":
    unittest.main()
