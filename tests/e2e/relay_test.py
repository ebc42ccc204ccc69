"""Relays: two agencies that nobody can dial, and a third that keeps what they have for each other (docs/protocol.md 8.8)."""

import shutil
import signal
import tempfile
import unittest
from pathlib import Path

import inside
from harness import Node, each, wait_for

FACTS = "Nobody in between reads this."


class Relayed(unittest.TestCase):
    """self.a and self.b can be dialled by nobody and name self.r as their relay."""

    relay = ""       # more of [relay] in the relay's config.toml
    sender = ""      # [relay] of the others
    owners = ("opta.example", "acma.example")
    no_inbound = True
    more_init = ()
    relays = ("relay.example",)

    def more(self):
        """Further nodes that all know."""
        return []

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-relay-"))
        self.addCleanup(lambda: shutil.rmtree(self.folder, ignore_errors=True))
        self.r = Node(self.folder, "relay.example", "NO")
        self.configure(self.r, "for = [" + ", ".join(f'"{owner}"' for owner in self.owners) + "]\n" + self.relay)
        self.a, self.b = (
            Node(self.folder, agency, country, no_inbound=self.no_inbound,
                 extra=("--keyfile", self.folder / agency / "keyfile", *self.more_init, *each("--relay", self.relays)))
            for agency, country in (("opta.example", "NL"), ("acma.example", "AU")))
        relays = [self.r, *self.more()]
        nodes = [*relays, self.a, self.b]
        self.addCleanup(lambda: [node.kill() for node in nodes])
        for node in (self.a, self.b):
            self.configure(node, self.sender)
        for node in nodes:
            node.start()
        for one in nodes:
            for other in nodes:
                if one is not other:
                    self.acquaint(one, other)
        for node in (self.a, self.b):
            for relay in relays:
                node.wait_connected(relay)

    def acquaint(self, one, other):
        one.know(other)

    def configure(self, node, text):
        path = node.home / "config.toml"
        path.write_text(path.read_text().replace("\n[log]\n", f"\n[relay]\n{text}\n[log]\n"))

    def kept(self):
        return self.r.listed("relay")

    def assert_sound(self, *nodes):
        for node in nodes:
            self.assertEqual(node.cli("ledger", "verify")["problems"], [])

    def filed(self, **kwargs):
        return self.a.send(self.b.desk, "--set", f"facts={FACTS}", **kwargs)["referral"]

    def relay_of(self, referral):
        message, = self.a.messages(referral)
        return message["relay"] or {}


class Reaching(Relayed):
    def test_a_referral_and_its_receipt_go_by_the_relay_and_leave_nothing_there(self):
        referral = self.filed()
        self.a.wait_delivered(referral)
        self.assertFalse(self.a.connected(self.b) or self.b.connected(self.a))
        shown = self.b.cli("show", referral)
        self.assertEqual({item["label"]: item["value"] for item in shown["items"]}["facts"], FACTS)
        wait_for(lambda: self.kept() == [], "the relay to be empty")
        self.assertEqual(self.r.get("status")["relayed"], {"files": 0, "octets": 0})
        self.assert_sound(self.a, self.b)

    def test_what_is_kept_for_one_who_is_away_is_there_when_it_comes_back_and_cannot_be_read(self):
        self.b.stop()
        referrals = [self.filed() for _ in range(3)]
        wait_for(lambda: len(self.kept()) == 3, "three files at the relay")
        wait_for(lambda: all(self.relay_of(r).get("state") == "kept" for r in referrals), "the relay to say so")
        message, = self.a.messages(referrals[0])
        self.assertEqual(message["cause"], "peer-unreachable")
        self.assertIn("relay.example", message["hint"])
        self.assertEqual(self.r.cli("relay")["items"], self.kept())
        item = self.kept()[0]
        self.assertEqual((item["owner"], item["depositor"]), ("acma.example", "opta.example"))
        for path in self.r.home.glob("lapx.db*"):
            self.assertNotIn(FACTS.encode(), path.read_bytes())
        for sealed, in inside.rows(self.r, "SELECT sealed FROM relayed"):
            for word in (FACTS.encode(), b"opta", b"acma", b"lapx/"):
                self.assertNotIn(word, bytes(sealed))
        self.r.kill()
        self.r.start()
        self.assertEqual(len(self.kept()), 3)
        self.b.start()
        for referral in referrals:
            self.a.wait_delivered(referral)
        wait_for(lambda: self.kept() == [], "the relay to be empty")


class Papers(Relayed):
    """Those who are never connected to each other learn of each other's keys all the same."""

    def renew(self, node, *args):
        return node.cli("card", "renew", *args)["notice_serial"]

    def wait_held(self, node, of, serial):
        wait_for(lambda: f"\nserial {serial}\n" in inside.notice_held(node, of), f"{node.agency} to hold notice {serial} of {of.agency}")

    def test_a_renewed_notice_and_the_keys_of_a_new_card_come_by_the_relay(self):
        for node, other in ((self.a, self.b), (self.b, self.a)):
            self.wait_held(other, node, self.renew(node))
        wait_for(lambda: self.kept() == [], "the relay to be empty")
        self.b.stop()
        self.renew(self.a, "--root", self.a.root, "--new-sign")
        serial = self.renew(self.a)
        referral = self.filed()
        wait_for(lambda: self.relay_of(referral).get("state") == "kept", "the relay to keep it")
        held = self.kept()
        self.a.restart()
        self.a.wait_connected(self.r)
        self.b.start()
        self.a.wait_delivered(referral)
        self.wait_held(self.b, self.a, serial)
        self.assertEqual(inside.card_held(self.b, self.a), inside.papers_of(self.a)[0])
        self.assertIn(len(held), (2, 3), "the first of two renewals may be overtaken by the second")
        wait_for(lambda: self.kept() == [], "the relay to be empty")
        self.assertEqual(self.b.get("status")["warnings"], [])
        self.assert_sound(self.a, self.b)

    def test_what_comes_too_often_stays_with_the_relay(self):
        for _ in range(6):
            self.wait_held(self.b, self.a, self.renew(self.a))
        serial = self.renew(self.a)
        wait_for(lambda: len(self.kept()) == 1, "it to lie with the relay")
        self.b.kill()
        self.b.start()  # who knows nothing of the six
        self.wait_held(self.b, self.a, serial)
        wait_for(lambda: self.kept() == [], "the relay to be empty")

    def test_a_new_key_for_a_desk_is_known_to_who_is_never_connected_before_the_old_one_is_gone(self):
        serial = self.b.get("card")["notice_serial"] + 1
        self.b.cli("key", "rotate", "desk", self.b.desk_id, "--overlap", "0s")
        self.wait_held(self.a, self.b, serial)
        self.a.wait_delivered(self.filed())
        self.assert_sound(self.a, self.b)


class ClosedForTheNight(Relayed):
    no_inbound = False
    more_init = ("--advertise", "127.0.0.1:1")  # they could be dialled, and are not there
    sender = "after = 1\n"

    def test_what_waits_for_one_who_is_away_goes_to_its_relay_after_a_while(self):
        self.b.stop()
        referral = self.filed()
        wait_for(lambda: len(self.kept()) == 1, "a file at the relay")
        self.b.start()
        self.a.wait_delivered(referral)


class Losing(Relayed):
    sender = "again = 1\n"

    def test_a_deposit_that_the_relay_loses_is_made_again(self):
        self.b.stop()
        referral = self.filed()
        wait_for(lambda: len(self.kept()) == 1, "a file at the relay")
        self.r.stop()
        with inside.changed(self.r) as database:
            database.execute("DELETE FROM relayed")
            database.execute("DELETE FROM relayed_total")
        self.r.start()
        wait_for(lambda: len(self.kept()) == 1, "the file to be deposited again")
        self.b.start()
        self.a.wait_delivered(referral)
        self.assertEqual(len([row for row in self.b.listed("inbox") if row["referral"] == referral]), 1)


class LosingUnanswered(Relayed):
    def test_a_deposit_that_is_lost_before_the_relay_answers_is_made_again_at_once(self):
        self.b.stop()
        self.r.process.send_signal(signal.SIGSTOP)
        referral = self.filed()
        wait_for(lambda: self.relay_of(referral).get("state") == "deposited", "the deposit to be on its way")
        self.r.kill()
        self.r.start()
        wait_for(lambda: len(self.kept()) == 1, "the file to be deposited again")


class LosingSome(Relayed):
    sender = "again = 1\n"
    COUNT = 40  # more than the links that a file has room for

    def test_of_many_deposits_some_are_lost_and_the_relay_is_killed_and_all_arrive_once(self):
        self.b.stop()
        referrals = [self.filed() for _ in range(self.COUNT)]
        wait_for(lambda: len(self.kept()) >= self.COUNT // 2, "many files at the relay")
        self.r.kill()
        with inside.changed(self.r) as database:
            database.execute("DELETE FROM relayed WHERE seq % 3 = 0")
            database.execute("DELETE FROM relayed_total")
            for column, part in (("owner", 1), ("depositor", 2)):
                database.execute(f"INSERT INTO relayed_total SELECT {column}, {part}, count(*), sum(size) FROM relayed GROUP BY {column}")
        self.r.start()
        self.b.start()
        for referral in referrals:
            self.a.wait_delivered(referral)
        self.assertEqual(sorted(row["referral"] for row in self.b.listed("inbox")), sorted(referrals))
        self.assert_sound(self.a, self.b, self.r)


class Full(Relayed):
    relay = "owner_files = 2\n"
    sender = "again = 1\n"

    def test_a_full_relay_refuses_and_takes_more_once_there_is_room(self):
        self.b.stop()
        referrals = [self.filed() for _ in range(4)]
        wait_for(lambda: [self.relay_of(r).get("code") for r in referrals].count("quota") == 2, "two refusals")
        self.assertEqual(len(self.kept()), 2)
        self.b.start()
        for referral in referrals:
            self.a.wait_delivered(referral)


class Expiring(Relayed):
    def test_what_nobody_fetches_in_time_is_dropped(self):
        self.b.stop()
        self.filed()
        wait_for(lambda: len(self.kept()) == 1, "a file at the relay")
        self.r.stop()
        with inside.changed(self.r) as database:
            database.execute("UPDATE relayed SET expires = came")
        self.r.start()
        wait_for(lambda: self.kept() == [], "the file to be dropped")
        self.assertEqual(self.r.get("status")["relayed"], {"files": 0, "octets": 0})


class Two(Relayed):
    """Both name two relays."""

    sender = "again = 2\n"
    relays = ("relay.example", "other.example")

    def more(self):
        self.second = Node(self.folder, "other.example", "DK")
        self.configure(self.second, 'for = ["acma.example", "opta.example"]')
        return [self.second]

    def deposited_with_second(self):
        return len(self.second.listed("relay"))


class FirstRefuses(Two):
    owners = ("opta.example",)
    sender = "again = 3600\n"

    def test_what_the_first_relay_refuses_goes_to_the_second_at_once(self):
        self.b.stop()
        referral = self.filed()
        wait_for(lambda: self.deposited_with_second() == 1, "a file at the second relay")
        wait_for(lambda: self.relay_of(referral) == {"agency": "other.example", "state": "kept", "code": None}, "it to say so")
        self.b.start()
        self.a.wait_delivered(referral)


class FirstLies(Two):
    def test_what_the_first_relay_takes_and_never_gives_goes_to_the_second_later(self):
        self.b.stop()
        referral = self.filed()
        wait_for(lambda: len(self.kept()) == 1, "a file at the first relay")
        wait_for(lambda: self.deposited_with_second() == 1, "the same at the second")
        self.r.kill()
        self.b.start()
        self.a.wait_delivered(referral)


class NamedLater(Relayed):
    relays = ()

    def test_a_relay_that_is_named_in_the_configuration_stands_in_the_next_notice(self):
        referral = self.filed()
        self.assertEqual(self.a.messages(referral)[0]["relay"], None)
        for node in (self.a, self.b):
            path = node.home / "config.toml"
            path.write_text(path.read_text().replace("relays = []", 'relays = ["relay.example"]'))
            node.restart()
            node.wait_connected(self.r)
            node.cli("card", "renew")
        self.a.know(self.b)
        self.a.wait_delivered(referral)  # with it came a notice that names a relay for the answer
        self.assertIn("\nrelay relay.example\n", inside.notice_held(self.b, self.a))


class NotFor(Relayed):
    owners = ("opta.example",)

    def test_a_relay_keeps_nothing_for_whom_it_was_not_told_to(self):
        referral = self.filed()
        wait_for(lambda: self.relay_of(referral).get("code") == "unknown-agency", "the refusal")
        self.assertEqual(self.kept(), [])
        self.assertEqual(self.a.messages(referral)[0]["state"], "sent")


class Unverified(Relayed):
    def acquaint(self, one, other):
        one.know(other, verify=not (one is self.r and other is self.a))

    def test_a_relay_that_does_not_trust_the_depositor_says_so(self):
        referral = self.filed()
        wait_for(lambda: self.relay_of(referral).get("code") == "quarantine", "the refusal")
        self.r.verify(self.a)
        self.a.wait_delivered(referral)


if __name__ == "__main__":
    unittest.main()
