"""Nodes behind routers that translate addresses, a relay between them, and a network that loses packets, parts, or has no name servers."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from faults import assert_receipts
from harness import Node, wait_for
from nets import Nets

PORT = 5617
NAME = "node.acma.example"


class Sites(unittest.TestCase):
    """A behind a router; B behind another one, which forwards a port to it. self.a dials B; nobody can dial A."""

    advertise = None

    def setUp(self):
        self.nets = Nets("a", "b", forward={"b": PORT}).__enter__()
        self.addCleanup(self.nets.__exit__)
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-nets-"))
        self.addCleanup(self.clear)
        self.a = self.node("opta.example", no_inbound=True)
        self.b = self.node("acma.example", host="*", port=PORT, advertise=self.advertise or self.nets.outside("b"))
        self.b.start(wrapper=self.nets.inside("b"))
        self.a.start(wrapper=self.start_of_a())
        self.a.know(self.b)
        self.b.know(self.a)
        self.connect()

    def start_of_a(self):
        return self.nets.inside("a")

    def node(self, agency, **options):
        node = Node(self.folder, agency, **options)
        self.nodes.append(node)
        return node

    def clear(self):
        for node in self.nodes:
            node.kill()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        self.nodes = []
        super().run(result)
        for node in self.nodes:
            if len(result.failures) + len(result.errors) > before:
                print(f"--- log of {node.agency}\n{node.log()}", file=sys.stderr)
        for node in self.nodes:
            shutil.rmtree(node.folder.parent, ignore_errors=True)

    def connect(self):
        self.a.wait_connected(self.b)
        self.b.wait_connected(self.a)

    def exchange(self, count=3):
        """Referrals that are filed on both sides now."""
        return [(sender, recipient, sender.send(recipient.desk)["referral"])
                for _ in range(count) for sender, recipient in ((self.a, self.b), (self.b, self.a))]

    def assert_all_there(self, exchanged):
        wait_for(lambda: all(sender.delivered(referral) for sender, _, referral in exchanged), "all to be delivered", deadline=150)
        for node in (self.a, self.b):
            came = [row["referral"] for row in node.listed("inbox")]
            self.assertEqual(sorted(came), sorted(set(came)), "once each")
            self.assertLessEqual({referral for _, recipient, referral in exchanged if recipient is node}, set(came))
            self.assertEqual((node.get("ledger/verify")["ok"], node.get("ledger/verify")["problems"]), (True, []))
        assert_receipts(self, self.a, self.b)
        assert_receipts(self, self.b, self.a)


class BothBehindRouters(Sites):
    def test_referrals_go_both_ways_and_each_side_can_be_started_again(self):
        self.assert_all_there(self.exchange())
        self.b.stop()
        self.b.start(wrapper=self.nets.inside("b"))
        self.assert_all_there(self.exchange(1))
        self.a.stop()
        self.a.start(wrapper=self.start_of_a())
        self.connect()
        self.assert_all_there(self.exchange(1))

    def test_a_peer_says_that_the_forwarded_port_is_reached(self):
        status, answer = self.b.call("POST", f"contacts/{self.a.agency}/reach")
        self.assertEqual((status, [(one["endpoint"], one["result"]) for one in answer["endpoints"]]),
                         (200, [(f"tcp://{self.nets.outside('b')}:{PORT}", "reached")]))


class Relayed(Sites):
    """A and B behind routers that forward nothing, and a relay that both dial."""

    RELAY = "relay.example"
    FILE = b"The octets of an exhibit that travels inside its parcel.\n" * 1000

    def setUp(self):
        self.nets = Nets("a", "b", "r", forward={"r": PORT}).__enter__()
        self.addCleanup(self.nets.__exit__)
        self.folder = Path(tempfile.mkdtemp(prefix="lapx-nets-"))
        self.addCleanup(self.clear)
        self.a, self.b = (self.node(agency, no_inbound=True, init=("--relay", self.RELAY)) for agency in ("opta.example", "acma.example"))
        self.r = self.node(self.RELAY, host="*", port=PORT, advertise=self.nets.outside("r"))
        owners = ", ".join(f'"{node.agency}"' for node in (self.a, self.b))
        config = self.r.home / "config.toml"
        config.write_text(config.read_text().replace("\n[log]\n", f"\n[relay]\nfor = [{owners}]\n\n[log]\n"))
        self.r.start(wrapper=self.nets.inside("r"))
        for name, node in (("a", self.a), ("b", self.b)):
            node.start(wrapper=self.nets.inside(name))
        for one in self.nodes:
            for other in self.nodes:
                if one is not other:
                    one.know(other)
        self.connect()

    def connect(self):
        for node in (self.a, self.b):
            node.wait_connected(self.r)

    def assert_nothing_left(self):
        wait_for(lambda: self.r.get("status")["relayed"]["files"] == 0, "the relay to be empty")
        self.assertFalse(self.a.connected(self.b) or self.b.connected(self.a))

    def test_referrals_receipts_and_an_exhibit_go_both_ways_over_the_relay_alone(self):
        self.assertEqual([peer["connection"] for peer in self.a.get("status")["peers"] if peer["agency"] == self.b.agency], ["by-relay"])
        self.assert_all_there(self.exchange())
        file, copy = self.folder / "list.txt", self.folder / "copy"
        file.write_bytes(self.FILE)
        referral = self.a.send(self.b.desk, "--exhibit", file, "--disclose", "exhibit")["referral"]
        self.a.wait_delivered(referral)
        self.b.cli("exhibit", "get", referral, 2, "-o", copy)  # the first is the mail itself
        self.assertEqual(copy.read_bytes(), self.FILE)
        self.assert_nothing_left()

    def test_what_is_filed_while_one_side_is_cut_off_or_away_arrives_later(self):
        self.nets.lose(10)
        exchanged = self.exchange(1)
        self.assert_all_there(exchanged)
        self.nets.cut()
        exchanged = self.exchange(1)
        wait_for(lambda: not self.a.connected(self.r) and not self.b.connected(self.r), "the silence to be noticed", deadline=150)
        self.nets.mend()
        self.assert_all_there(exchanged)
        self.b.stop()
        exchanged = [(self.a, self.b, self.a.send(self.b.desk)["referral"])]
        wait_for(lambda: (self.a.messages(exchanged[0][2])[0]["relay"] or {}).get("state") == "kept", "the relay to keep it")
        self.a.stop()
        self.b.start(wrapper=self.nets.inside("b"))
        wait_for(lambda: self.b.row("inbox", exchanged[0][2]), "it to arrive though its sender is away")
        self.a.start(wrapper=self.nets.inside("a"))
        self.assert_all_there(exchanged)
        self.assert_nothing_left()


class LossyNetwork(Sites):
    def test_with_a_tenth_of_the_packets_lost_everything_arrives(self):
        self.nets.lose(10)
        self.assert_all_there(self.exchange())


class PartedNetwork(Sites):
    def test_what_is_filed_while_nothing_passes_arrives_when_it_passes_again(self):
        self.nets.cut()
        exchanged = self.exchange()
        wait_for(lambda: not self.a.connected(self.b) and not self.b.connected(self.a), "the silence to be noticed", deadline=150)
        self.assertEqual(self.b.messages(exchanged[1][2])[0]["cause"], "peer-unreachable")
        self.nets.mend()
        self.assert_all_there(exchanged)


class NoNameServer(Sites):
    """A finds B in /etc/hosts; the name servers that it would ask for others never answer."""

    advertise = NAME
    OTHERS = 5

    def start_of_a(self):
        hosts, resolver = self.folder / "hosts", self.folder / "resolv.conf"
        hosts.write_text(f"127.0.0.1 localhost\n{self.nets.outside('b')} {NAME}\n")
        resolver.write_text("nameserver 192.0.2.53\noptions timeout:30 attempts:5\n")
        return self.nets.inside("a", etc_hosts=hosts, etc_resolv_conf=resolver)

    def test_names_that_nobody_answers_for_delay_neither_peers_nor_other_names(self):
        for number in range(self.OTHERS):
            other = self.node(f"other{number}.example", advertise=f"node.other{number}.example")
            # Its card, as it would come by mail: its node runs somewhere else for a moment.
            other.start()
            self.a.know(other)
            other.stop()
        looked_for = lambda: [peer["connection"] for peer in self.a.get("status")["peers"]].count("resolving")
        wait_for(lambda: looked_for() == self.OTHERS, "the names to be looked for")
        self.b.stop()
        self.b.start(wrapper=self.nets.inside("b"))
        self.connect()
        self.assert_all_there(self.exchange(1))
        self.assertEqual(looked_for(), self.OTHERS)


if __name__ == "__main__":
    unittest.main()
