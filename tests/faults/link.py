"""What stands between two nodes and does to their link what a script says.

TcpProxy sees octets and, since those show where ZeroMQ's units end, the steps of the handshake. FrameRelay has both nodes' keys: towards each
it plays the other, so that it sees the frames of docs/protocol.md 8 and knows what each is. Both run in threads of their own."""

import queue
import random
import socket
import struct
import threading
import time

import nacl.bindings

import evil
import inside

WAIT = 30.0


# --- octets ---

GREETING = (10, 1, 53)  # signature, version, the rest: each side waits for the other's before it says the next


def unit_size(number, octets):
    """How long the unit is that a connection's unit of that number (from 0) begins with; nothing if that does not show yet. ZMTP 3: a
    greeting, then frames."""
    if number < len(GREETING):
        return GREETING[number]
    if octets and octets[0] & 2:
        return 9 + struct.unpack_from(">Q", octets, 1)[0] if len(octets) >= 9 else None
    return 2 + octets[1] if len(octets) >= 2 else None


class Cut(Exception):
    """The connection ends here."""


class Stream:
    """One direction of one connection: cuts it into units, and hands each to the proxy's script."""

    def __init__(self, proxy, name, source, target, scripts):
        self.proxy, self.name, self.source, self.target, self.scripts = proxy, name, source, target, scripts
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        number, pending = 0, b""
        try:
            while octets := self.source.recv(1 << 16):
                self.proxy.delay()
                pending += octets
                while (size := unit_size(number, pending)) and len(pending) >= size:
                    self.proxy.pass_on(self, number, pending[:size])
                    number, pending = number + 1, pending[size:]
        except (OSError, Cut):
            pass
        self.proxy.end(self.source, self.target)


class TcpProxy:
    """Listens at `port`, and connects each who comes to `target`. `up` is from who dials to who listens."""

    def __init__(self, port, target):
        self.target, self.open, self.lock = target, set(), threading.Lock()
        self.pairs, self.forgotten = [], set()
        self.fault, self.scripts, self.fired, self.latency, self.dark = None, 0, threading.Event(), (0.0, 0.0), False
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self.lock:
                self.open |= {near, far}
                self.pairs.append((near, far))
                scripts = self.scripts
            Stream(self, "up", near, far, scripts)
            Stream(self, "down", far, near, scripts)

    def script(self, stream, number, way):
        """Ends all connections; in those that begin then, the unit of that number (from 0) in that direction: cut "before", "inside" or "after"
        it; "twice"; "spoilt", an octet of it changed; "dark": it and all after it, in both directions, vanish, and nothing else shows,
        until cut()."""
        with self.lock:
            self.fired.clear()
            self.scripts += 1  # what the connections that end here still carry is not meant
            self.fault = (stream, number, way)
            ends, self.open = self.open, set()
        self.hang_up(ends)

    def pass_on(self, stream, number, unit):
        if self.dark:
            return
        with self.lock:
            meant = self.fault is not None and stream.scripts == self.scripts and self.fault[:2] == (stream.name, number)
            if meant:
                way, self.fault = self.fault[2], None
        if not meant:
            stream.target.sendall(unit)
            return
        try:
            self.treat(stream, way, unit)
        finally:
            self.fired.set()

    def treat(self, stream, way, unit):
        if way == "dark":
            self.dark = True
        elif way == "inside":
            stream.target.sendall(unit[:len(unit) // 2])
        elif way == "after":
            stream.target.sendall(unit)
        elif way == "twice":
            stream.target.sendall(unit + unit)
        elif way == "spoilt":
            at = len(unit) // 2
            stream.target.sendall(unit[:at] + bytes([unit[at] ^ 1]) + unit[at + 1:])
        if way in ("before", "inside", "after"):
            raise Cut

    def delay(self):
        base, jitter = self.latency
        if base or jitter:
            time.sleep(base + random.uniform(0, jitter))

    def end(self, *ends):
        with self.lock:
            ends = set(ends) - self.forgotten
            self.open -= ends
        for one in ends:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def cut(self, reset=False):
        """Ends all connections, with `reset` by RST; what vanished stays away, and the next connections are as they should be."""
        with self.lock:
            ends, self.open = self.open, set()
        self.dark = False
        self.hang_up(ends, reset)

    def hang_up(self, ends, reset=False):
        for one in ends:
            try:
                if reset:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
                one.close()
            except OSError:
                pass

    def forget(self):
        """Ends all connections for who dialled; who listens holds on to ends over which nothing comes any more."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
            self.forgotten |= {far for _, far in pairs}
        self.end(*(near for near, _ in pairs))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()


# --- frames ---

class Step:
    """What happens to the next frame of that kind in that direction ("up": from who dials)."""

    def __init__(self, direction, kind, way):
        self.direction, self.kind, self.way = direction, kind, way
        self.fired = threading.Event()


class FrameRelay(threading.Thread):
    """Listens at `port` as `listener`, and connects to it as `dialler`, which knows it at that port.

    Ways: "cut before", "cut after"; "half-open": as "cut before", but only who dialled sees it at once; "drop"; "dark": it and all after it
    vanish until cut(); "twice"; "late": after the next frame of that direction."""

    def __init__(self, dialler, listener, port):
        super().__init__(daemon=True)
        self.dialler_secret, secret = inside.secrets_of(dialler)["curve"], inside.secrets_of(listener)["curve"]
        self.public = nacl.bindings.crypto_scalarmult_base(secret)
        self.secret, self.port, self.target = secret, port, listener.port
        self.orders, self.step, self.seen = queue.SimpleQueue(), None, []
        self.wake_far, self.wake = socket.socketpair()
        self.near = self.far = self.peer = self.late = None
        self.stale, self.dark, self.failure, self.patience = [], None, None, None
        self.start()

    # What the test says.

    def script(self, direction, kind, way):
        step = Step(direction, kind, way)
        self.order(lambda: setattr(self, "step", step))
        return step

    def cut(self):
        self.order(self.hang_up)

    def close(self):
        self.order(self.stop)
        self.join(WAIT)
        self.wake.close()
        self.wake_far.close()

    def order(self, what):
        done = threading.Event()
        self.orders.put((what, done))
        self.wake.send(b"x")
        if not done.wait(WAIT):
            raise RuntimeError(f"the relay does not answer: {self.failure}")

    # The thread, to which the sockets belong.

    def run(self):
        self.running = True
        self.listen()
        try:
            while self.running:
                self.turn()
        except Exception as failure:  # shown by order()
            self.failure = failure
            raise
        finally:
            self.hang_up(again=False)

    def stop(self):
        self.running = False

    def listen(self):
        end = time.monotonic() + WAIT
        while self.near is None:
            try:
                self.near = evil.Router(self.port, self.secret)
            except OSError:  # the one before has not let go yet
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def turn(self):
        ready = evil.poll([self.near, *([self.far] if self.far else [])], self.wake_far.fileno(), 100 if self.patience else -1)
        if self.patience and time.monotonic() > self.patience:
            self.hang_up()  # who listens refused us, as it does while it starts: ZeroMQ would not try again
            return
        if self.wake_far.fileno() in ready:
            self.wake_far.recv(1)
            what, done = self.orders.get()
            what()
            done.set()
            return
        if self.near in ready:
            peer, octets = self.near.receive()
            if peer != self.peer:
                self.meet(peer)
            self.take("up", octets)
        elif self.far and self.far in ready:
            self.patience = None
            self.take("down", self.far.receive(0))

    def meet(self, peer):
        """Who dials came anew."""
        if self.far:
            self.far.close()
        self.peer, self.late, self.dark = peer, None, None
        self.far = evil.Dealer(self.target, self.public, self.dialler_secret)
        self.patience = time.monotonic() + 2

    def pass_on(self, direction, octets):
        if direction == "up":
            self.far.send(octets)
        else:
            self.near.send(self.peer, octets)

    def take(self, direction, octets):
        if octets is None or self.dark == direction:
            return
        kind = evil.Received(octets)["kind"]
        self.seen.append((direction, kind))
        if self.step and (self.step.direction, self.step.kind) == (direction, kind):
            step, self.step = self.step, None
            self.treat(step, octets)
            step.fired.set()
            return
        self.pass_on(direction, octets)
        if self.late and self.late[0] == direction:
            held, self.late = self.late, None
            self.pass_on(*held)

    def treat(self, step, octets):
        direction = step.direction
        if step.way in ("twice", "cut after"):
            self.pass_on(direction, octets)
        if step.way == "twice":
            self.pass_on(direction, octets)
        elif step.way == "late":
            self.late = (direction, octets)
        elif step.way == "dark":
            self.dark = direction
        elif step.way == "half-open":
            self.stale.append(self.far)
            self.far = None
            self.hang_up()
        elif step.way.startswith("cut"):
            self.hang_up()

    def hang_up(self, again=True):
        """What was passed on before still arrives."""
        for one in (self.near, self.far, *([] if again else self.stale)):
            if one:
                one.close(linger=2000)
        self.near = self.far = self.peer = self.late = self.dark = self.patience = None
        if again:
            self.listen()
