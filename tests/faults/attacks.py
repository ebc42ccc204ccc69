"""What a hostile neighbour does without end. Each attack runs in a process of its own, which shares no interpreter with the honest; a generator that
gives how many messages (or connections) and octets it was, once as soon as it has begun and then for each step in which something got through."""

import collections
import contextlib
import multiprocessing
import os
import secrets
import selectors
import socket
import time
from typing import NamedTuple

import nacl.bindings

import evil
from harness import free_port
from link import TcpProxy

PATIENCE = 50  # ms in which a message must find room
QUEUE = 8  # messages that may wait to leave


class Target(NamedTuple):
    port: int
    server: bytes  # its CURVE key


class Identity(NamedTuple):
    """What one needs to be taken for a peer."""
    secret: bytes
    hello: bytes

    def meet(self, port, server):
        dealer = evil.Dealer(port, server, self.secret, queue=QUEUE)
        dealer.set_patience(PATIENCE)
        with contextlib.suppress(OSError):  # who is shut out may be refused before that
            dealer.send(self.hello)
        return dealer


def messages(target, identity, each, listens=False):
    """These messages, each of some frames, again and again; over a new connection where one takes in no more. They count once so many more
    were taken that they cannot wait any longer."""
    dealer, waiting = identity.meet(*target), collections.deque()
    yield 0, 0
    while True:
        for frames in each:
            try:
                dealer.send(*frames)
                waiting.append(sum(map(len, frames)))
                if len(waiting) > QUEUE:
                    yield 1, waiting.popleft()
            except OSError:
                dealer.close()
                dealer, waiting = identity.meet(*target), collections.deque()
        while listens and dealer.receive(0):
            pass


def spoilt_octets(target, identity):
    """A good handshake, then octets that are no message; a connection each time."""
    proxy = TcpProxy(free_port(), target.port)
    while True:
        proxy.script("up", 5, "spoilt")
        dealer = evil.Dealer(proxy.listener.getsockname()[1], target.server, identity.secret)
        with contextlib.suppress(OSError):
            dealer.send(identity.hello)
        fired = proxy.fired.wait(2)
        dealer.close()
        proxy.cut()
        if fired:
            yield 1, len(identity.hello)


def half_handshakes(target, count, said=b""):
    """So many connections that never finish a handshake, of which some say this over and over, an octet at a time; who is cut comes again."""
    at = {}
    with selectors.DefaultSelector() as ends:
        def dial():
            one = socket.create_connection(("127.0.0.1", target.port))
            one.setblocking(False)
            ends.register(one, selectors.EVENT_READ)
        for _ in range(count):
            dial()
        yield count, 0
        while True:
            cut = 0
            for key, _ in ends.select(0.02):
                with contextlib.suppress(OSError):
                    if key.fileobj.recv(4096):
                        continue
                ends.unregister(key.fileobj)
                at.pop(key.fileobj, None)
                key.fileobj.close()
                cut += 1
            for _ in range(cut):
                dial()
            spoken = [key.fileobj for key in ends.get_map().values()][::8] if said else []
            for one in spoken:
                octet = at.get(one, 0)
                with contextlib.suppress(OSError):
                    one.send(said[octet % len(said):][:1])
                at[one] = octet + 1
            yield cut, len(spoken)


def unknown_keys(target):
    """Handshakes with keys that nobody has seen."""
    while True:
        dealers = [evil.Dealer(target.port, target.server, secrets.token_bytes(32)) for _ in range(8)]
        for dealer in dealers:
            dealer.send(b"hello")
        dealers[0].receive(0.2)
        for dealer in dealers:
            dealer.close()
        yield len(dealers), 0


def noise(target):
    """Octets without sense, over new connections."""
    octets = secrets.token_bytes(1 << 16)
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", target.port)) as one:
            one.settimeout(1)
            yield 1, 0
            for _ in range(64):
                one.sendall(octets)
                yield 0, len(octets)


# --- processes ---

SPAWN = multiprocessing.get_context("spawn")


def _run(attack, arguments, lowest, made, octets, first, last):
    if lowest:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    for count, size in attack(*arguments):
        made.value += count
        octets.value += size
        last.value = time.monotonic()
        first.value = first.value or last.value


class Attack:
    """One of the above, in a process of its own; with `lowest` it has only what processor time nobody else wants, for an attacker's own
    is not the machine's. `made` and `octets` say what it got rid of so far, `first` and `last` when it began (0: not yet) and when it last did."""

    def __init__(self, attack, target, *arguments, lowest=False):
        shown = self._made, self._octets, self._first, self._last = [SPAWN.RawValue(kind, 0) for kind in "QQdd"]
        self.process = SPAWN.Process(target=_run, args=(attack, (target, *arguments), lowest, *shown), daemon=True)
        self.process.start()

    made = property(lambda self: self._made.value)
    octets = property(lambda self: self._octets.value)
    first = property(lambda self: self._first.value)
    last = property(lambda self: self._last.value)

    def end(self):
        """True if it went on to this end."""
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        return alive


def _swallow(port, secret):
    router = evil.Router(port, secret)
    while True:
        router.swallow()


class Sink:
    """Who takes everything in and does nothing about it: what an attack on it costs others is the machine's share, and not a node's."""

    def __init__(self):
        secret = secrets.token_bytes(32)
        self.target = Target(free_port(), nacl.bindings.crypto_scalarmult_base(secret))
        self.process = SPAWN.Process(target=_swallow, args=(self.target.port, secret), daemon=True)
        self.process.start()

    def close(self):
        self.process.kill()
        self.process.join()
