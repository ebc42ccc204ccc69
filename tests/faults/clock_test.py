"""Clocks that are wrong, and that jump: what is refused and warned of, and that nothing is lost."""

import contextlib
import unittest

import evil
import inside
from forms import H
from harness import Node, wait_for
from mutate_test import b64
from shifted_clock import DAY, HOUR, ClockTest


def warned(node, words):
    return any(words in warning for warning in node.get("status")["warnings"])


class TwoClocks(ClockTest):
    def test_who_is_an_hour_ahead_is_told_so_and_its_referrals_arrive_once_the_clocks_agree(self):
        self.begin()
        self.clocks[1].set(HOUR)
        self.b.restart()
        self.a.wait_connected(self.b)
        wait_for(lambda: warned(self.a, f"clock: that of {self.b.agency} is 36") and warned(self.b, f"clock: that of {self.a.agency} is 3"),
                 "both to warn of the other's clock")
        self.assertIn("clock", str(self.a.run("doctor")[1]))
        late = self.accept(self.b, self.a)
        wait_for(lambda: self.cause(self.b, late) == ["clock"], "it to be refused for now")
        self.assertIn("clock off", self.b.messages(late)[0]["hint"])
        self.assertIsNone(self.a.row("inbox", late))
        on_time = self.accept(self.a, self.b)
        self.a.wait_delivered(on_time)
        # Now the other one is found to be behind; who waits is not kept by what its clock said before.
        self.clocks[0].set(HOUR)
        self.clocks[1].set(HOUR + 400)
        self.assert_nothing_lost({self.a: [on_time], self.b: [late]})

    def test_a_former_desk_key_opens_what_comes_until_its_time_is_over_and_is_deleted_then(self):
        self.begin()
        former = inside.secrets_of(self.b)["desk-spam"]
        self.b.cli("key", "rotate", "desk", "spam", "--overlap", "1h")
        for clock in self.clocks:
            clock.set(HOUR - 300)
        sent = [self.accept(self.a, self.b)]
        self.a.wait_delivered(sent[0])
        self.b.restart()
        self.a.wait_connected(self.b)
        self.assertEqual(len(self.b.get("card")["former_desk_keys"]), 1)
        self.assertIn(former, inside.secrets_of(self.b).values())
        for clock in self.clocks:
            clock.set(HOUR + 300)
        wait_for(lambda: not self.b.get("card")["former_desk_keys"], "the former key to be deleted", deadline=120)
        self.assertNotIn(former, inside.secrets_of(self.b).values())
        self.assert_nothing_lost({self.a: [*sent, self.accept(self.a, self.b)]})

    def test_a_clock_that_jumps_back_by_an_hour_delays_nothing_and_no_entry_is_earlier_than_the_one_before(self):
        self.clocks[1].set(HOUR)
        self.clocks[0].set(HOUR)
        self.begin()
        sent = {self.a: [self.accept(self.a, self.b)], self.b: [self.accept(self.b, self.a)]}
        # What was signed at a time that is still to come is refused until it has.
        for sender, (referral,) in sent.items():
            sender.wait_delivered(referral)
        for clock in self.clocks:
            clock.set(0)
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            sent[sender].append(self.accept(sender, recipient))
        self.assert_nothing_lost(sent)
        for node in self.nodes:
            times = [entry.split(b"\ntime ")[1].split(b"\n")[0] for entry in inside.entries(node)]
            self.assertEqual(times, sorted(times))
            self.assertTrue(all(time.endswith(b"Z") for time in times))


    def assert_doubted(self, node):
        wait_for(lambda: warned(node, "our own clock"), "it to doubt its clock")
        size = node.size()
        for answer in (self.file(node, self.b), node.call("POST", "card/renewal")):
            self.assertIn(answer[1]["error"]["code"], ("clock", "starting"))
        self.assertIn("our own clock", str(node.run("doctor")[1]))
        self.assertEqual(node.size(), size)

    def test_who_starts_with_a_clock_by_which_nobody_is_in_force_signs_nothing_and_drops_nobody(self):
        self.begin()
        self.a.cli("key", "rotate", "desk", "spam", "--overlap", "30d")
        self.b.stop()
        waits = self.accept(self.a, self.b)
        for seconds in (100 * DAY, -100 * DAY):
            with self.subTest(seconds=seconds):
                self.a.stop()
                self.clocks[0].set(seconds)
                self.a.start()
                self.assert_doubted(self.a)
        self.assertEqual(len(self.a.get("card")["former_desk_keys"]), 1)
        self.assertEqual(self.a.messages(waits)[0]["state"], "sent")
        # The peer is still admitted, and says what time it is.
        self.b.start()
        self.a.wait_connected(self.b)
        self.assert_doubted(self.a)
        self.clocks[0].set(0)
        self.a.wait_delivered(waits)
        wait_for(lambda: not warned(self.a, "our own clock"), "it to agree again")
        self.assert_nothing_lost({self.a: [waits, self.accept(self.a, self.b)], self.b: [self.accept(self.b, self.a)]})

    def test_who_starts_it_may_say_that_the_clock_is_right(self):
        self.begin()
        self.a.stop()
        self.b.stop()
        self.clocks[0].set(100 * DAY)
        self.a.start()
        self.assert_doubted(self.a)
        self.a.stop()
        self.a.start(args=("--clock-is-right",))
        self.a.cli("contact", "suspend", self.b.agency)
        self.assertFalse(warned(self.a, "our own clock"))

    def test_a_receipt_that_comes_after_the_end_of_its_cover_still_counts(self):
        self.begin()
        self.b.stop()
        peer = evil.Peer(self.b, self.a).connect()
        self.addCleanup(peer.close)
        peer.hello()
        referral = self.accept(self.a, self.b)
        parcel = peer.wait("ParcelFrame")
        self.clocks[0].set(63 * DAY)
        wait_for(lambda: self.a.messages(referral)[0]["state"] == "expired", "its end")
        cover = inside.parse_parcel(inside.age_open(peer.secrets["desk-spam"], parcel["sealed"]))["cover"]
        index, opening = peer.ledger.append("received", f"lapx/received@v1\ncover {b64(H(cover))}\noutcome accepted\n".encode())
        head, _, note = peer.ledger.proof(index, opening).partition(b"\n\n")
        peer.dealer.send(evil.receipts_frame(note, None, {parcel["message"]: head + b"\n\n"}))
        self.a.wait_delivered(referral)
        self.assert_sound(self.a)

    def test_a_notice_from_a_clock_that_was_set_back_since_is_made_anew(self):
        self.begin()
        self.clocks[0].set(2 * DAY)
        self.assertEqual(self.a.cli("card", "renew")["notice_serial"], 2)
        self.clocks[0].set(0)
        wait_for(lambda: self.a.get("card")["notice_serial"] == 3, "another notice")
        wait_for(lambda: "\nserial 3\n" in inside.notice_held(self.b, self.a), "the other to hold it")


class ManyPapers(ClockTest):
    def test_who_changes_its_papers_too_often_and_then_its_connection_key_is_heard_again_by_and_by(self):
        self.begin()
        for serial in range(2, 9):
            self.b.cli("card", "renew")
            wait_for(lambda: f"\nserial {min(serial, 7)}\n" in inside.notice_held(self.a, self.b), "it to be taken")
        self.b.cli("key", "rotate", "connection", "--overlap", "10s")
        wait_for(lambda: self.b.get("card")["next_connection_key"] is None, "the new key to take over")
        wait_for(lambda: not self.a.connected(self.b), "it to be unknown")
        self.clocks[0].suspend(20 * 60)
        self.a.wait_connected(self.b)
        self.assert_nothing_lost({self.a: [self.accept(self.a, self.b)], self.b: [self.accept(self.b, self.a)]})


    def test_what_is_signed_with_the_key_of_a_card_that_waits_is_taken_once_the_card_is(self):
        self.begin()
        for serial in range(2, 8):
            self.b.cli("card", "renew")
            wait_for(lambda: f"\nserial {serial}\n" in inside.notice_held(self.a, self.b), "it to be taken")
        self.b.cli("card", "renew", "--root", self.b.root, "--new-sign")
        referral = self.accept(self.b, self.a)
        wait_for(lambda: self.cause(self.b, referral) == ["quota"], "it to be refused for now")
        self.clocks[0].suspend(20 * 60)
        self.clocks[1].suspend(20 * 60)
        self.assert_nothing_lost({self.b: [referral]})


class ShutOut(ClockTest):
    def overdraw(self, peer):
        before = self.a.get("status")["figures"]["peers_shut_out"]
        with contextlib.suppress(OSError):  # it is cut off meanwhile
            for _ in range(12_000):
                peer.dealer.send(b"x")
        wait_for(lambda: self.a.get("status")["figures"]["peers_shut_out"] == before + 1, "it to be shut out")

    def test_who_overdraws_its_quota_does_not_come_again_with_the_other_key_of_its_notice(self):
        self.begin()
        other = self.b.cli("key", "rotate", "connection")["card_file"].split("\ncurve ")[2].split("\n")[0]
        wait_for(lambda: other in inside.notice_held(self.a, self.b), "the other key to be known")
        self.b.stop()
        peer = evil.Peer(self.b, self.a).connect()
        self.addCleanup(peer.close)
        peer.hello()
        self.overdraw(peer)
        self.clocks[0].suspend(5 * 60)  # its quota is whole again
        peer.secrets["curve"], = (secret for name, secret in peer.secrets.items() if name.startswith("next-"))
        peer.connect().hello()
        peer.dealer.send(b"x")
        wait_for(lambda: not self.a.connected(self.b), "that key to be shut out too")
        self.clocks[0].suspend(16 * 60)
        wait_for(lambda: peer.connect().hello() is not None, "it to be heard again")
        self.assertEqual(peer.send(peer.referral()), "accepted")


class SilentRelay(ClockTest):
    def test_a_deposit_that_the_relay_does_not_answer_is_made_again(self):
        self.begin()
        away = Node(self.a.folder.parent, "crtc.example", no_inbound=True,
                    extra=("--keyfile", self.a.folder.parent / "crtc.example" / "keyfile", "--relay", self.b.agency)).start()
        self.addCleanup(away.kill)
        self.a.know(away)
        for node in (self.b, away):
            node.stop()
        relay = evil.Peer(self.b, self.a).connect()
        self.addCleanup(relay.close)
        relay.hello()
        self.accept(self.a, away)
        first = relay.wait("RelayPut")
        self.clocks[0].suspend(2 * 60)
        self.assertEqual(relay.wait("RelayPut")["message"], first["message"])


class FourClocks(ClockTest):
    agencies = ("opta.example", "acma.example", "ftc.example", "bipt.example")

    def test_who_is_alone_with_its_time_signs_nothing_until_its_clock_is_set_right(self):
        self.begin()
        for seconds in (-HOUR, HOUR):
            with self.subTest(seconds=seconds):
                self.clocks[0].set(seconds)
                wait_for(lambda: warned(self.a, "our own clock is wrong"), "it to notice")
                size = self.a.size()
                status, answer = self.file(self.a, self.b)
                self.assertEqual((status, answer["error"]["code"]), (503, "clock"))
                self.assertEqual(self.a.size(), size)
                self.clocks[0].set(0)
                wait_for(lambda: not warned(self.a, "clock"), "it to agree again")
                self.a.wait_delivered(self.accept(self.a, self.b))
        self.assert_sound(*self.nodes)

    def test_what_peers_said_of_its_clock_counts_until_they_say_something_else(self):
        self.begin()
        self.clocks[0].set(-HOUR)
        wait_for(lambda: warned(self.a, "our own clock is wrong"), "it to notice")
        for other in self.nodes[1:]:
            other.stop()
        self.clocks[0].suspend(3 * HOUR)
        self.clocks[0].set(-HOUR - 1)
        wait_for(lambda: all(peer["clock_ahead"] is None for peer in self.a.get("status")["peers"]), "what they said to be old")
        self.assertEqual(self.file(self.a, self.b)[1]["error"]["code"], "clock")
        self.clocks[0].set(0)
        for other in self.nodes[1:]:
            other.start()
        wait_for(lambda: not warned(self.a, "our own clock"), "it to agree again")
        self.a.wait_delivered(self.accept(self.a, self.b))

    def test_a_clock_in_doubt_keeps_nobody_from_being_shut_out_and_its_time_gets_into_no_entry(self):
        self.begin()
        liar, leaky = self.nodes[1:3]
        self.clocks[0].set(HOUR)
        wait_for(lambda: warned(self.a, "our own clock is wrong"), "it to notice")
        size = self.a.size()
        self.assertEqual(self.a.cli("contact", "suspend", liar.agency)["state"], "suspended")
        self.assertEqual(self.a.cli("contact", "add", leaky.root / "revoke-sign-1")["state"], "suspended")
        wait_for(lambda: not self.a.connected(liar) and not self.a.connected(leaky), "both to be cut off")
        last, *added = [entry.split(b"\ntime ")[1].split(b"\n")[0] for entry in inside.entries(self.a)[size - 1:]]
        self.assertEqual(added, [last] * 3, "two suspended, one key revoked")
        self.assertEqual(self.file(self.a, self.nodes[3])[1]["error"]["code"], "clock")
        self.assertEqual(self.a.refused("contact", "verify", liar.agency, "--safety-number", liar.made["safety_number"]), "clock")
        for more in ((), ("--root", self.a.root)):
            self.assertEqual(self.a.refused("card", "renew", *more), "clock")
        self.a.restart()
        self.clocks[0].set(0)
        wait_for(lambda: self.a.call("POST", "drafts", {})[1]["error"]["code"] not in ("starting", "clock"), "a peer to confirm the ledger and the clock")
        self.a.wait_delivered(self.accept(self.a, self.nodes[3]))
        self.assertEqual([self.a.state(node.agency) for node in (liar, leaky)], ["suspended"] * 2)
        self.assert_sound(self.a)

    def test_two_who_say_another_time_stop_nobody(self):
        self.clocks[1].set(HOUR // 2)
        self.clocks[2].set(HOUR // 2)
        self.begin()
        wait_for(lambda: warned(self.a, f"clock: that of {self.b.agency}"), "it to notice")
        self.assertFalse(warned(self.a, "our own"))
        self.a.wait_delivered(self.accept(self.a, self.nodes[3]))
        self.assert_sound(*self.nodes)


if __name__ == "__main__":
    unittest.main(verbosity=2)
