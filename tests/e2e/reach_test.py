"""Who dials whom: a node that nobody can dial, a node behind a SOCKS proxy, and peers that say whether they reach us."""

import contextlib
import json
import re
import socket
import time
import unittest
from pathlib import Path

from harness import PairTest, free_port, wait_for
from socks import Proxy


def connection(node, other):
    return next(peer for peer in node.get("status")["peers"] if peer["agency"] == other.agency)


def configure(node, pattern, text):
    """Changes config.toml, and has it read."""
    path = node.home / "config.toml"
    changed, count = re.subn(pattern, text, path.read_text())
    assert count == 1, (pattern, count)
    path.write_text(changed)


def dialled_by(process):
    """The (address, port) to which this process has TCP connections, or tries to have them."""
    inodes, far = set(), set()
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(str(link.readlink()))
    for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in inodes and words[3] != "0A":
            host, port = words[2].split(":")
            far.add((socket.inet_ntoa(bytes.fromhex(host)[::-1]), int(port, 16)))
    return far


class Undialled(PairTest):
    """B binds nothing and advertises nothing: A waits for it, and everything goes over the connection that B made."""

    options = {"b": {"no_inbound": True}}

    def test_the_notice_names_no_endpoint_and_nothing_listens(self):
        self.assertNotIn("\nendpoint ", self.b.card_file().read_text())
        status = self.b.get("status")
        self.assertEqual((status["endpoint"], status["advertises"]), (None, []))
        self.assertEqual(connection(self.a, self.b)["connection"], "connected")

    def test_referrals_and_receipts_go_both_ways_over_the_connection_that_it_dialled(self):
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            referral = sender.send(recipient.desk)["referral"]
            sender.wait_delivered(referral)
            self.assertIsNotNone(recipient.row("inbox", referral))
        self.assert_sound(self.a, self.b)

    def test_what_is_sent_while_it_is_away_waits_says_so_and_comes_when_it_connects(self):
        self.b.stop()
        wait_for(lambda: connection(self.a, self.b)["connection"] == "waits-for-it", "the connection to end")
        referral = self.a.send(self.b.desk)["referral"]
        message, = self.a.messages(referral)
        self.assertEqual(message["cause"], "peer-unreachable")
        self.assertIn("acma.example cannot be dialled; we wait until it connects", message["hint"])
        code, out, _ = self.a.run("doctor")
        found = [item for item in json.loads(out)["items"] if "acma.example" in item["detail"]]
        self.assertEqual((code, [item["ok"] for item in found]), (1, [False]))
        self.assertIn("we wait until it connects", found[0]["detail"])
        self.b.start()
        self.a.wait_delivered(referral)
        self.assertEqual(self.b.row("inbox", referral)["referral"], referral)

    def test_it_comes_back_to_a_node_that_was_started_again(self):
        self.a.restart()
        self.a.wait_connected(self.b)
        referral = self.a.send(self.b.desk)["referral"]
        self.a.wait_delivered(referral)
        self.assert_sound(self.a, self.b)

    def test_there_is_nothing_to_dial_back_and_that_is_no_fault(self):
        code, out, _ = self.b.run("doctor", "--reach")
        reach = [item for item in json.loads(out)["items"] if item["name"] == "reach"]
        self.assertEqual((code, [item["ok"] for item in reach]), (0, [True]), out)
        self.assertIn("names no address", reach[0]["detail"])


class NeitherDialled(PairTest):
    options = {"a": {"no_inbound": True}, "b": {"no_inbound": True}, "verify": False}

    def test_two_such_nodes_say_that_they_cannot_reach_each_other(self):
        self.a.know(self.b)
        self.b.know(self.a)
        self.assertEqual(connection(self.a, self.b)["connection"], "neither-dialled")
        _, out, _ = self.a.run("doctor")
        found, = [item for item in json.loads(out)["items"] if "acma.example" in item["detail"]]
        self.assertIn("neither can we", found["detail"])


class DialledBack(PairTest):
    """What `lapx doctor --reach` finds. An agency is asked six times an hour at most."""

    def reach(self, *agency):
        code, out, _ = self.a.run("doctor", "--reach", *agency)
        return code, [item for item in json.loads(out)["items"] if item["name"] == "reach"]

    def test_1_a_peer_reaches_what_the_notice_names(self):
        code, (found,) = self.reach()
        self.assertEqual((code, found["ok"]), (0, True), found)
        self.assertEqual(found["detail"], f"acma.example dialled tcp://127.0.0.1:{self.a.port}: reached, the node answers there")

    def test_2_each_endpoint_gets_its_word_and_its_advice(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        endpoints = [f"tcp://127.0.0.1:{self.a.port}", f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{self.b.port}",
                     "tcp://no-such-name.invalid:5617"]
        configure(self.a, r"(?m)^advertise = .*$", "advertise = " + json.dumps(endpoints))
        self.a.restart()
        self.a.wait_connected(self.b)
        held, second = self.expiry_held_by_b(), int(time.time())
        wait_for(lambda: int(time.time()) != second, "a notice of another second")
        self.a.cli("card", "renew")
        wait_for(lambda: self.expiry_held_by_b() != held, "the new notice to be held")
        status, answer = self.a.call("POST", f"contacts/{self.b.agency}/reach")
        self.assertEqual(status, 200, answer)
        self.assertEqual([(one["endpoint"], one["result"]) for one in answer["endpoints"]],
                         list(zip(endpoints, ("reached", "refused", "other-key", "name-unknown"))))
        self.assertEqual([bool(one["hint"]) for one in answer["endpoints"]], [False, True, True, True])
        code, found = self.reach(self.b.agency)
        self.assertEqual((code, [item["ok"] for item in found]), (1, [True, False, False, False]))

    def expiry_held_by_b(self):
        return self.b.get("contacts")["items"][0]["expires"]

    def test_3_it_does_so_a_few_times_an_hour(self):
        codes = [self.a.call("POST", f"contacts/{self.b.agency}/reach") for _ in range(7)]
        status, answer = codes[-1]
        self.assertEqual((status, answer["error"]["code"]), (503, "quota"))
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])

    def test_4_only_agencies_that_are_known_and_connected_can_be_asked(self):
        self.assertEqual(self.a.call("POST", "contacts/nobody.example/reach")[1]["error"]["code"], "unknown-agency")
        self.b.stop()
        wait_for(lambda: not self.a.connected(self.b), "the connection to end")
        self.assertEqual(self.a.call("POST", f"contacts/{self.b.agency}/reach")[1]["error"]["code"], "peer-unreachable")
        self.assertFalse(self.reach()[1][0]["ok"])
        self.b.start()


class BehindAProxy(PairTest):
    """A has no way out but the proxy, and listens nowhere; B is known by a name that nobody but the proxy can look up."""

    NAME = "node.acma.example"
    options = {"verify": False, "a": {"no_inbound": True}, "b": {"advertise": NAME}}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = Proxy({cls.NAME: "127.0.0.1"}).__enter__()
        cls.addClassCleanup(lambda: cls.proxy.__exit__())
        configure(cls.a, r"(?m)^socks = .*$", f'socks = "{cls.proxy.address}"')
        cls.a.restart()
        cls.a.know(cls.b)
        cls.b.know(cls.a)
        cls.a.wait_connected(cls.b)

    def test_everything_goes_through_the_proxy_and_names_go_as_names(self):
        before = self.proxy.octets
        for sender, recipient in ((self.a, self.b), (self.b, self.a)):
            sender.wait_delivered(sender.send(recipient.desk)["referral"])
        self.assertGreater(self.proxy.octets - before, 2 * 8192, "two parcels and their receipts")
        self.assertEqual(set(self.proxy.asked), {(self.NAME, self.b.port)})
        self.assert_sound(self.a, self.b)

    def test_nothing_is_dialled_beside_the_proxy(self):
        far = {port for _, port in dialled_by(self.a.process)}
        self.assertIn(int(self.proxy.address.split(":")[1]), far)
        self.assertNotIn(self.b.port, far)
        self.assertEqual({host for host, _ in dialled_by(self.a.process)} - {"127.0.0.1"}, set())

    def test_a_connection_that_the_proxy_drops_is_made_again(self):
        asked = len(self.proxy.asked)
        self.proxy.cut()
        wait_for(lambda: len(self.proxy.asked) > asked, "the peer to be dialled again")
        self.a.wait_connected(self.b)
        self.a.wait_delivered(self.a.send(self.b.desk)["referral"])

    def test_many_at_once_come_through_whole(self):
        for referral in [self.a.send(self.b.desk)["referral"] for _ in range(20)]:
            self.a.wait_delivered(referral)


class ProxyAway(PairTest):
    options = {"verify": False, "a": {"no_inbound": True}}

    def test_a_proxy_that_is_not_there_is_named_and_nothing_goes_beside_it(self):
        configure(self.a, r"(?m)^socks = .*$", f'socks = "127.0.0.1:{free_port()}"')
        self.a.restart()
        self.a.know(self.b)
        self.b.know(self.a)
        wait_for(lambda: connection(self.a, self.b)["connection"] == "no-proxy", "the proxy to be missed")
        self.assertNotIn(self.b.port, {port for _, port in dialled_by(self.a.process)})
        _, out, _ = self.a.run("doctor")
        self.assertTrue(any("SOCKS" in item["detail"] for item in json.loads(out)["items"]), out)


if __name__ == "__main__":
    unittest.main()
