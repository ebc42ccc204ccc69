"""What neighbours can do on purpose: verified peers that flood, replay, and break the protocol; strangers that hold connections and never speak.
Memory stays within bounds, who breaks the protocol is shut out, and between two others referrals go on being delivered.

With LAPX_FLOOD_RATE it is measured how fast: a line for each attack, and each must leave honest traffic that part of its rate (0: any). The
machine should do nothing else then. See docs/benchmarks.md."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import NamedTuple

import attacks
import evil
import inside
from faults import WORDS, Load, order
from harness import BIN, Node, wait_for

# Over what the node needs when idle: what all connections may hold (128 MiB, daemon/transport/transport.hpp), and room to answer.
MOST_MEMORY = 224 << 20
# What honest traffic must keep of its rate, if that is to be measured, and for how many seconds it is: before each time that an
# attack is begun, and while it gets through.
LEAST_RATE = os.environ.get("LAPX_FLOOD_RATE")
MEASURED = LEAST_RATE is not None
BEFORE, DURING = 4, 10
# An attacker of whom nothing got through for QUIET seconds is shut out, and the next of PEERS goes on; of one that is shut out sooner it is
# measured for so many seconds all the same.
SHORTEST, QUIET = 1, 3
PEERS = 6 if MEASURED else 1
SAMPLE = 60  # referrals, where nothing is measured
ENOUGH = 10**6  # referrals, for any measurement


def memory(node):
    with open(f"/proc/{node.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS:"))


def processor_seconds(node):
    """What it has used so far, all threads together."""
    user, system = Path(f"/proc/{node.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Moment(NamedTuple):
    time: float
    delivered: int  # honest referrals
    busy: float  # processor seconds of `a`


class Sample(NamedTuple):
    """What was between two moments, or several times so."""
    seconds: float = 0
    delivered: int = 0
    busy: float = 0

    rate = property(lambda self: self.delivered / self.seconds)
    processors = property(lambda self: self.busy / self.seconds)

    def and_between(self, begin, end):
        return Sample(*(so_far + after - before for so_far, before, after in zip(self, begin, end)))


class Bulk:
    """The honest load of a measurement, of which the nodes are the bottleneck. What it files shows in the outbox only."""

    def __init__(self, node, to):
        self.process = subprocess.Popen([BIN / "lapx-bench", "bulk", "--socket", node.socket_path, "--to", to, "--count", str(ENOUGH)],
                                        stdout=subprocess.DEVNULL)

    def stop(self):
        alive = self.process.poll() is None
        self.process.kill()
        self.process.wait()
        assert alive, "the honest load ended"
        return []


class Aside(NamedTuple):
    """What is attacked for comparison."""
    target: attacks.Target
    close: callable


class Neighbour:
    """A node that sends all that waits in its outbox, as an attack like those of attacks.py."""

    def __init__(self, node, target):
        self.node, self.octets, self._first = node, 0, 0
        node.start(wrapper=("chrt", "--idle", "0") if MEASURED else ())
        target.know(node)

    made = property(lambda self: figures(self.node)["parcels_delivered"])
    last = property(lambda self: time.monotonic())

    @property
    def first(self):
        self._first = self._first or (self.made and self.last)
        return self._first

    def end(self):
        alive = self.node.running()
        self.node.kill()
        return alive


def log_lines(node):
    return node.log().count("\n")


def figures(node):
    return node.get("status")["figures"]


def metrics(node):
    """What GET /v1/metrics says, as (type, value) by name."""
    connection = node.control()
    try:
        connection.request("GET", "/v1/metrics")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"), answer.status
        lines = answer.read().decode().splitlines()
    finally:
        connection.close()
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE "))
    values = dict(line.split() for line in lines if not line.startswith("#"))
    assert kinds.keys() == values.keys()
    return {name: (kinds[name], int(value)) for name, value in values.items()}


class Flood(unittest.TestCase):
    """`a` is attacked, `b` is honest; each test has a verified peer of its own where it needs one."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="lapx-flood-"))
        cls.addClassCleanup(lambda: shutil.rmtree(cls.folder, ignore_errors=True))
        cls.made = 0
        cls.a, cls.b = cls.node("opta.example"), cls.node("acma.example")
        cls.addClassCleanup(lambda: [node.kill() for node in (cls.a, cls.b)])
        cls.a.know(cls.b)
        cls.b.know(cls.a)
        cls.a.wait_connected(cls.b)
        cls.b.wait_connected(cls.a)
        cls.idle, cls.accepted = memory(cls.a), []
        cls.target = attacks.Target(cls.a.port, evil.Peer.server_of(cls.a))

    @classmethod
    def node(cls, agency):
        return Node(cls.folder, agency).start()

    def hostile(self):
        """A peer of its own that `a` has verified."""
        type(self).made += 1
        node = self.node(f"hostile-{self.made}.example")
        node.know(self.a)
        self.a.know(node)
        node.stop()
        peer = evil.Peer(node, self.a)
        peer.node = node
        self.addCleanup(peer.close)
        peer.connect()
        peer.hello()
        return peer

    def hostiles(self):
        """As many as an attack may need that the node ends."""
        return [self.hostile() for _ in range(PEERS)]

    def identity(self, peer):
        return attacks.Identity(peer.secrets["curve"], evil.hello_frame(peer.card, peer.notice))

    def messages(self, peers, frames):
        """For `during`: each peer sends these without end."""
        return attacks.messages, [(self.identity(peer), frames) for peer in peers]

    def bounded(self):
        self.assertLess(memory(self.a), self.idle + MOST_MEMORY)
        return True

    def deliver(self, count):
        """Waits until so many more are delivered to `a`."""
        goal = figures(self.b)["parcels_delivered"] + count
        wait_for(lambda: self.bounded() and figures(self.b)["parcels_delivered"] >= goal, "honest referrals to be delivered", deadline=120)

    def watch(self, until):
        """The moments, some each second, up to the first of which `until` says so."""
        def look():
            return Moment(time.monotonic(), figures(self.b)["parcels_delivered"], processor_seconds(self.a))

        def over():
            self.bounded()
            if time.monotonic() >= seen[-1].time + 0.1:
                seen.append(look())
            return until(seen)
        seen = [look()]
        wait_for(over, "time to pass")
        return seen

    def start(self, begin, target):
        attack = begin(target)
        self.addCleanup(attack.end)
        wait_for(lambda: attack.first, "the attack to begin")
        return attack

    def through(self, attack, seconds):
        """The moments between which the attack got through, at most so many seconds apart."""
        def end(begin):
            return min(begin + seconds, max(attack.last, begin + SHORTEST))
        seen = self.watch(lambda seen: seen[-1].time >= min(seen[0].time + seconds, end(seen[0].time) + QUIET))
        last = end(seen[0].time)
        return seen[0], next((one for one in seen if one.time >= last), seen[-1])

    def attacked(self, begins, target):
        """The last attack that was begun on that target; what was seen before each, and while they got through; and what that was. The next is
        begun where one ends before the time is over."""
        calm, under, made, octets = Sample(), Sample(), 0, 0
        for number, begin in enumerate(begins):
            seen = self.watch(lambda seen: seen[-1].time >= seen[0].time + BEFORE)
            calm = calm.and_between(seen[0], seen[-1])
            attack = self.start(begin, target)
            under = under.and_between(*self.through(attack, DURING - under.seconds))
            made, octets = made + attack.made, octets + attack.octets
            if number + 1 == len(begins) or under.seconds > DURING - SHORTEST:
                break
            self.assertTrue(attack.end(), "the attack failed by itself")
        return attack, calm, under, (f"{made / under.seconds:,.0f}/s and {octets / under.seconds / 2**20:.1f} MiB/s "
                                     f"for {under.seconds:.1f} s by {number + 1}")

    def measure(self, begins, sink):
        """Prints what honest traffic keeps; gives the attack, which goes on."""
        self.deliver(SAMPLE)
        with contextlib.closing(sink()) as aside:
            control, before, beside, swallowed = self.attacked(begins[:1], aside.target)
            control.end()
        kept_beside = beside.rate / before.rate
        attack, before, under, taken = self.attacked(begins, self.target)
        kept = under.rate / before.rate
        print(f"{self.id()}: honest {before.rate:.0f}/s, {kept:.0%} of it under attack ({taken}); "
              f"{kept_beside:.0%} beside the same on a sink ({swallowed}); node {before.processors:.2f}, "
              f"under attack {under.processors:.2f} processors, memory {memory(self.a) - self.idle >> 20} MiB over idle", flush=True)
        self.assertGreaterEqual(kept, float(LEAST_RATE))
        return attack

    @contextlib.contextmanager
    def during(self, what, each=((),)):
        """While honest referrals flow, one of the attacks, over and over until the end of what the test does within; gives it. `each`: the
        arguments, and those for whom it is begun anew where a measurement needs more."""
        def beginning(arguments):
            return lambda target: attacks.Attack(what, target, *arguments, lowest=MEASURED)
        with self.beside([beginning(arguments) for arguments in each], attacks.Sink) as attack:
            yield attack

    @contextlib.contextmanager
    def beside(self, begins, sink):
        load = Bulk(self.b, self.a.desk) if MEASURED else Load(self.b, self.a.desk, threads=2)
        try:
            if MEASURED:
                attack = self.measure(begins, sink)
            else:
                self.deliver(SAMPLE // 4)
                attack = self.start(begins[0], self.target)
                self.deliver(SAMPLE)
            yield attack
        finally:
            self.accepted.extend(load.stop())
        self.assertTrue(attack.end(), "the attack failed by itself")
        self.assert_sound()

    def assert_goes_on(self, attack, least, figure=None):
        """So much more of it gets through, by its own account and the node's, and more yet while honest referrals are delivered. A
        measurement may have gone on until its handshakes were too many."""
        if MEASURED:
            self.assertGreater(attack.made, 0)
            return
        made, felt = attack.made, figures(self.a).get(figure)
        wait_for(lambda: attack.made >= made + least, "the attack to go on")
        if figure:
            wait_for(lambda: figures(self.a)[figure] >= felt + least, "the node to feel it")
        made = attack.made
        self.deliver(SAMPLE)
        wait_for(lambda: attack.made > made, "the attack to go on")

    def assert_sound(self):
        wait_for(lambda: self.b.get("status")["queued"] == 0, "all to be delivered", deadline=120)
        came = {row["referral"] for row in self.a.listed("inbox") if row["peer"].endswith(self.b.agency)}
        self.assertEqual(came, {row["referral"] for row in self.b.listed("outbox")})
        self.assertLessEqual(set(self.accepted), came)
        self.assertLess(memory(self.a), self.idle + MOST_MEMORY)
        self.assertTrue(self.a.running())
        for node in (self.a, self.b):
            self.assertTrue(node.cli("ledger", "verify")["ok"])

    def assert_shut_out(self, peer):
        """It gets no other connection for a while, and the status says so."""
        self.assertTrue(any(f"{peer.agency} is shut out" in warning for warning in self.a.get("status")["warnings"]))
        peer.connect()
        peer.dealer.send(evil.hello_frame(peer.card, peer.notice))
        self.assertIsNone(peer.wait("Hello", seconds=2))


class Verified(Flood):
    """Peers with good keys."""

    def test_a_parcel_replayed_without_end_by_who_reads_no_answer(self):
        peers, each, referrals = self.hostiles(), [], set()
        for peer in peers:
            referral = peer.referral()
            sealed = referral.sealed(peer.ledger)
            self.assertEqual(peer.send(referral, sealed=sealed), "accepted")
            referrals.add(evil.uuid_text(referral.id))
            each.append((self.identity(peer), [[evil.parcel_frame(referral.message, referral.desk, sealed)]]))
        size = self.a.size()
        with self.during(attacks.messages, each):
            wait_for(lambda: not self.a.connected(peers[0].node), "the connection to be cut")
        self.assert_shut_out(peers[0])
        self.assertEqual(self.a.size() - size, sum(b"\nkind received\n" in one for one in inside.entries(self.a)[size:]))
        shown = [row for row in self.a.listed("inbox") if row["referral"] in referrals]
        self.assertEqual(len(shown), len(peers))

    def test_new_parcels_as_fast_as_they_can_be_sent(self):
        each = []
        for peer in self.hostiles():
            frames = []
            for _ in range(64):
                referral = peer.referral()
                size = len(peer.ledger.leaves)
                sealed = referral.sealed(peer.ledger)
                frames.append([evil.parcel_frame(referral.message, referral.desk, sealed, peer.ledger.link(size) if frames else None)])
            each.append((self.identity(peer), frames, True))
        before = figures(self.a)["parcels_accepted"]
        with self.during(attacks.messages, each):
            wait_for(lambda: figures(self.a)["parcels_accepted"] >= before + len(frames), "all to be accepted")

    def test_another_that_has_many_good_parcels(self):
        neighbour, aside = self.node("neighbour.example"), self.node("aside.example")
        self.addCleanup(aside.kill)
        self.addCleanup(neighbour.kill)
        for node in (self.a, aside):
            neighbour.know(node)
            neighbour.cli("file", "--bulk", "-", "--to", node.desk, "--send", stdin="\n".join(
                json.dumps({"external_id": f"{node.agency}-{number}", "set": WORDS}) for number in range(30_000 if MEASURED else 200)))
        neighbour.stop()

        def begin(target):
            return Neighbour(neighbour, self.a if target is self.target else aside)
        with self.beside([begin], lambda: Aside(None, aside.kill)) as attack:
            wait_for(lambda: attack.made >= 200, "them to be delivered")

    def test_garbage_in_good_frames(self):
        peers = self.hostiles()
        good = evil.parcel_frame(evil.uuid7(), self.a.desk, b"sealed")
        frames = [secrets.token_bytes(size) for size in (0, 1, 8, 100, 8192, 200_000)] + [good[:-1], good + b"\0", good[4:]]
        lines = log_lines(self.a)
        with self.during(*self.messages(peers, [[frame] for frame in frames])):
            wait_for(lambda: not self.a.connected(peers[0].node), "the connection to be cut")
        self.assert_shut_out(peers[0])
        self.assertLess(log_lines(self.a) - lines, 500, "it cannot fill the log")

    def test_a_message_of_ten_thousand_frames(self):
        peers = self.hostiles()
        with self.during(*self.messages(peers, [[b"x"] * 10_000])):
            wait_for(lambda: not self.a.connected(peers[0].node), "the connection to be cut")
        self.assert_shut_out(peers[0])

    def test_a_message_of_eighty_megabytes_in_frames_of_which_none_is_too_large(self):
        peers = self.hostiles()
        with self.during(*self.messages(peers, [[bytes(200_000)] * 400])):
            wait_for(lambda: not self.a.connected(peers[0].node), "the connection to be cut")
        self.assert_shut_out(peers[0])

    def test_messages_that_are_too_large(self):
        with self.during(*self.messages(self.hostiles(), [[bytes(400_000)]])) as attack:
            self.assert_goes_on(attack, 20, "handshakes_accepted")

    def test_octets_that_are_no_message_after_a_good_handshake(self):
        with self.during(attacks.spoilt_octets, [(self.identity(peer),) for peer in self.hostiles()]) as attack:
            self.assert_goes_on(attack, 20, "handshakes_accepted")


class Quota(Flood):
    """docs/protocol.md 8.5: what a peer may cost without effect."""

    def test_who_spent_it_is_told_when_to_come_again_and_welcome_then(self):
        peer = self.hostile()
        first = peer.referral()
        sealed = first.sealed(peer.ledger)
        self.assertEqual(peer.send(first, sealed=sealed), "accepted")
        before, again = figures(self.a), evil.parcel_frame(first.message, first.desk, sealed)
        for _ in range(64):
            peer.dealer.send(again)
        # Each costs twelve, so that also a slow machine takes them in faster than what they cost comes back.
        large, told = evil.parcel_frame(evil.uuid7(), first.desk, bytes(180_000)), None
        for _ in range(200):
            for _ in range(8):
                peer.dealer.send(large)
            for _ in range(8):
                refusal = peer.wait("Refusal")
                told = refusal["retry_after"] if refusal["code"] == b"quota" else told
            if told is not None:
                break
        self.assertGreater(told, 10)
        wait_for(lambda: peer.send(peer.referral()) == "accepted", "parcels to be taken again")
        after = figures(self.a)
        self.assertGreater(after["parcels_repeated"], before["parcels_repeated"] + 50)
        self.assertGreater(after["parcels_over_quota"], before["parcels_over_quota"])
        self.assertEqual(after["peers_shut_out"], before["peers_shut_out"])

    def test_who_goes_on_is_shut_out(self):
        peer = self.hostile()
        before = figures(self.a)["peers_shut_out"]
        with contextlib.suppress(OSError):
            for _ in range(12_000):  # too few octets for a flood
                peer.dealer.send(b"x")
        wait_for(lambda: figures(self.a)["peers_shut_out"] == before + 1, "it to be shut out")
        self.assert_shut_out(peer)

    def test_a_node_sends_nothing_more_to_a_peer_that_says_so(self):
        peer = self.hostile()
        peer.close()
        wait_for(lambda: not self.a.connected(peer.node), "the peer to be gone")
        count = 580  # more than are under way together
        for number in range(count):
            status, answer = self.a.call("POST", "drafts", order(self.a, f"{peer.agency}-{number}", peer.desk))
            self.assertEqual(status, 200, answer)
        peer.connect().hello()
        seen = set()
        while (came := peer.wait("ParcelFrame", seconds=3)) is not None:
            seen.add(bytes(came["message"]))
            peer.dealer.send(evil.refusal_frame(came["message"], "quota", False, 600))
        self.assertGreater(len(seen), 0)
        self.assertLessEqual(len(seen), 512, "the window")
        self.assertEqual(self.a.get("status")["queued"], count)

    def test_figures_tell_what_was_refused_and_nothing_of_what_it_was(self):
        names = metrics(self.a)
        self.assertEqual(names["lapx_peers_shut_out_total"][0], "counter")
        self.assertEqual(names["lapx_ledger_entries"], ("gauge", self.a.size()))
        told = {name.removeprefix("lapx_").removesuffix("_total") for name in names}
        self.assertEqual(told, set(figures(self.a)))
        before = figures(self.a)["frames_malformed"]
        peer = self.hostile()
        peer.dealer.send(b"no frame")
        wait_for(lambda: metrics(self.a)["lapx_frames_malformed_total"][1] == before + 1, "it to be counted")


class Strangers(Flood):
    """Nobody who has a key that `a` admits."""

    COUNT = 400

    def loris(self, said):
        """Many connections that never finish a handshake; each is cut by `a`, and as many are held open again."""
        with self.during(attacks.half_handshakes, [(self.COUNT, said)]) as attack:
            wait_for(lambda: attack.made >= 2 * self.COUNT, "all of them to be cut", deadline=90)

    def test_connections_that_say_nothing_are_cut(self):
        self.loris(b"")

    def test_connections_that_say_one_octet_at_a_time_are_cut(self):
        self.loris(b"\xff" + bytes(8) + b"\x7f\x03\x00CURVE" + bytes(48))

    def test_keys_that_nobody_knows_get_nowhere(self):
        lines = log_lines(self.a)
        with self.during(attacks.unknown_keys) as attack:
            self.assert_goes_on(attack, 200, "handshakes_refused")
        self.assertLess(log_lines(self.a) - lines, 100)

    def test_octets_without_sense_and_without_end(self):
        with self.during(attacks.noise) as attack:
            self.assert_goes_on(attack, 50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
