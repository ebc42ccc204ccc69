"""A peer that plays an agency with that agency's own keys, written from docs/protocol.md with none of lapx's code: it can do all that
a node does, and every step of it wrong. ZeroMQ and CURVE through libzmq, age through its command line."""

import base64
import ctypes
import secrets
import struct
import time

import nacl.bindings

import inside
from inside import sign, stamp
from dossier import AT_LEAST_8, TEMPLATE, item_digest
from flat import Flat
from forms import H, recipient
from ledger import commitment
from lapx_verify import padme
from mutate_test import b64
from selftest import Builder, bech32, inclusion, make_item, split_of, tree

MESSAGES = ["Hello", "ParcelFrame", "Receipts", "Cosignature", "Refusal", "Checkpoint", "ExhibitRequest", "ExhibitChunk", "RelayPut",
            "RelayFetch", "RelayDelete", "ReachRequest", "ReachAnswer", "RelayItem", "RelayAnswer"]  # the union of schema/frame.fbs, from 1


def uuid7():
    octets = bytearray(struct.pack(">Q", int(time.time() * 1000))[2:] + secrets.token_bytes(10))
    octets[6], octets[8] = 0x70 | octets[6] & 15, 0x80 | octets[8] & 63
    return bytes(octets)


def uuid_text(octets):
    h = octets.hex()
    return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))


# --- ZeroMQ ---

_zmq = ctypes.CDLL("libzmq.so.5", use_errno=True)
_zmq.zmq_ctx_new.restype = _zmq.zmq_socket.restype = ctypes.c_void_p
_pointer, _size = ctypes.c_void_p, ctypes.c_size_t
_zmq.zmq_socket.argtypes = [_pointer, ctypes.c_int]
_zmq.zmq_setsockopt.argtypes = [_pointer, ctypes.c_int, ctypes.c_char_p, _size]
_zmq.zmq_connect.argtypes = _zmq.zmq_bind.argtypes = [_pointer, ctypes.c_char_p]
_zmq.zmq_send.argtypes = [_pointer, ctypes.c_char_p, _size, ctypes.c_int]
_zmq.zmq_recv.argtypes = [_pointer, ctypes.c_char_p, _size, ctypes.c_int]
_zmq.zmq_poll.argtypes = [_pointer, ctypes.c_int, ctypes.c_long]
_zmq.zmq_close.argtypes = [_pointer]
_context = ctypes.c_void_p(_zmq.zmq_ctx_new())
DEALER, ROUTER, SNDMORE, POLLIN = 5, 6, 2, 1
LINGER, SNDHWM, RCVTIMEO, SNDTIMEO, CURVE_SERVER, CURVE_PUBLICKEY, CURVE_SECRETKEY, CURVE_SERVERKEY, METADATA = 17, 23, 27, 28, 47, 48, 49, 50, 95


class PollItem(ctypes.Structure):
    _fields_ = [("socket", _pointer), ("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def poll(sockets, fd, milliseconds=-1):
    """Waits until there is something to read; gives which of the sockets, and whether the descriptor."""
    items = (PollItem * (len(sockets) + 1))(*[PollItem(one.socket, 0, POLLIN, 0) for one in sockets], PollItem(None, fd, POLLIN, 0))
    _zmq.zmq_poll(items, len(items), milliseconds)
    return {one for one, item in zip([*sockets, fd], items) if item.revents}


class Socket:
    def __init__(self, kind):
        self.socket = _zmq.zmq_socket(_context, kind)
        self._set(LINGER, struct.pack("i", 0))
        self.set_patience(5000)

    def _set(self, option, value):
        if _zmq.zmq_setsockopt(self.socket, option, value, len(value)) != 0:
            raise OSError(ctypes.get_errno(), f"zmq_setsockopt {option}")

    def send(self, *frames):
        for i, frame in enumerate(frames):
            if _zmq.zmq_send(self.socket, frame, len(frame), SNDMORE if i + 1 < len(frames) else 0) < 0:
                raise OSError(ctypes.get_errno(), "zmq_send")

    def set_patience(self, milliseconds):
        """For how long send() waits for room."""
        self._set(SNDTIMEO, struct.pack("i", milliseconds))

    def receive(self, seconds):
        """The next frame, or nothing."""
        self._set(RCVTIMEO, struct.pack("i", max(0, int(seconds * 1000))))
        room = ctypes.create_string_buffer(1 << 20)
        size = _zmq.zmq_recv(self.socket, room, len(room), 0)
        return None if size < 0 else room.raw[:size]

    def close(self, linger=0):
        """`linger`: milliseconds in which what was sent may still leave."""
        self._set(LINGER, struct.pack("i", linger))
        _zmq.zmq_close(self.socket)


class Dealer(Socket):
    """A DEALER socket; with CURVE where keys are given. `queue`: messages that may wait to be sent, where not ZeroMQ's 1,000."""

    def __init__(self, port, server=None, secret=None, metadata=(), queue=None):
        super().__init__(DEALER)
        if queue:
            self._set(SNDHWM, struct.pack("i", queue))
        if server:
            self._set(CURVE_SERVERKEY, server)
            self._set(CURVE_SECRETKEY, secret)
            self._set(CURVE_PUBLICKEY, nacl.bindings.crypto_scalarmult_base(secret))
        for one in metadata:
            self._set(METADATA, one)
        if _zmq.zmq_connect(self.socket, f"tcp://127.0.0.1:{port}".encode()) != 0:
            raise OSError(ctypes.get_errno(), "zmq_connect")


class Router(Socket):
    """A ROUTER that is CURVE server with that secret, and admits everybody."""

    def __init__(self, port, secret):
        super().__init__(ROUTER)
        self.room = ctypes.create_string_buffer(1)  # ZeroMQ cuts off what does not fit
        self._set(CURVE_SERVER, struct.pack("i", 1))
        self._set(CURVE_SECRETKEY, secret)
        if _zmq.zmq_bind(self.socket, f"tcp://127.0.0.1:{port}".encode()) != 0:
            error = ctypes.get_errno()
            self.close()
            raise OSError(error, "zmq_bind")

    def receive(self, seconds=0):
        """(who, frame) of the next message, which must be there."""
        who = super().receive(seconds)
        return who, super().receive(seconds)

    def swallow(self):
        """Waits for a frame, and throws it away."""
        _zmq.zmq_recv(self.socket, self.room, len(self.room), 0)


# --- frames: schema/frame.fbs ---

class SizePrefixed(Builder):
    """Aligned with its prefix, as FlatBuffers' verifier wants it."""

    def finish(self, root):
        self.out[:8] = struct.pack("<II", len(self.out) - 4, root - 4)
        return bytes(self.out)


def frame(kind, fields):
    """`fields` in id order: octets that stand in the table itself, or what makes a function that writes what is pointed to."""
    b = SizePrefixed()
    return b.finish(b.raw_table([
        bytes([MESSAGES.index(kind) + 1]),
        lambda: b.raw_table([field(b) if callable(field) else field for field in fields])]))


def vector(octets):
    return None if octets is None else lambda b: (lambda: b.vector(octets))


def link_table(link):
    """`link` is (old size, new size, hashes)."""
    if link is None:
        return None
    old, new, hashes = link
    return lambda b: (lambda: b.raw_table([struct.pack("<Q", old), struct.pack("<Q", new), lambda: b.vector(b"".join(hashes))]))


def hello_frame(card, notice, seen=None):
    return frame("Hello", [vector(card), vector(notice), vector(seen)])


def parcel_frame(message, desk, sealed, link=None):
    return frame("ParcelFrame", [message, vector(desk.encode()), link_table(link), vector(sealed)])


def receipts_frame(checkpoint, link, entries):
    """`entries`: message id → proof head."""
    def table(b, message, head):
        return lambda: b.raw_table([message, lambda: b.vector(head)])
    return frame("Receipts", [vector(checkpoint), link_table(link),
                              lambda b: (lambda: b.pointers([table(b, *entry) for entry in entries.items()]))])


def refusal_frame(message, code, final, retry_after=0):
    return frame("Refusal", [message, vector(code.encode()), bytes([final]), struct.pack("<I", retry_after)])


def cosignature_frame(line, size):
    return frame("Cosignature", [vector(line.encode()), struct.pack("<Q", size)])


def request_frame(message, number, offset, credit):
    return frame("ExhibitRequest", [message, struct.pack("<H", number), struct.pack("<Q", offset), bytes([credit])])


def chunk_frame(message, number, offset, octets, last):
    return frame("ExhibitChunk", [message, struct.pack("<H", number), struct.pack("<Q", offset), vector(octets), bytes([last])])


def put_frame(owner, deposit, sealed, life=3600):
    return frame("RelayPut", [vector(owner.encode()), deposit, struct.pack("<q", int(time.time()) + life), vector(sealed)])


def fetch_frame(after, credit):
    return frame("RelayFetch", [after, bytes([credit])])


def delete_frame(deposit):
    return frame("RelayDelete", [deposit])


def item_frame(depositor, deposit, sealed):
    return frame("RelayItem", [vector(depositor.encode()), deposit, vector(sealed)])


class Received(dict):
    """A frame that came: `kind`, and the fields a test asks for."""

    def __init__(self, octets):
        flat = Flat(octets[4:])
        kind, at = flat.slots(flat.follow(0))[:2]
        super().__init__(kind=MESSAGES[flat.get("B", kind) - 1])
        slots = flat.slots(flat.follow(at)) + 6 * [0]
        octets_at = {"Hello": {"card": 0, "seen": 2}, "Receipts": {"checkpoint": 0},
                     "Refusal": {"code": 1}, "ParcelFrame": {"desk": 1, "sealed": 3}, "Cosignature": {"line": 0}, "ExhibitRequest": {},
                     "ExhibitChunk": {"octets": 3}, "RelayItem": {"depositor": 0, "sealed": 2}, "RelayAnswer": {"code": 1}, "RelayFetch": {},
                     "RelayDelete": {}, "RelayPut": {"owner": 0}}
        for name, i in octets_at.get(self["kind"], {}).items():
            self[name] = flat.vector(flat.follow(slots[i])) if slots[i] else b""
        if self["kind"] in ("Refusal", "ParcelFrame", "ExhibitRequest", "ExhibitChunk"):
            self["message"] = flat.octets[slots[0]:slots[0] + 16]
        if self["kind"] in ("RelayItem", "RelayPut", "RelayAnswer", "RelayDelete"):
            at = slots[1 if self["kind"] in ("RelayItem", "RelayPut") else 0]
            self["message"] = flat.octets[at:at + 16]
        if self["kind"] == "RelayFetch":
            self["credit"] = flat.get("B", slots[1]) if slots[1] else 0
        if self["kind"] == "Refusal":
            self["final"] = bool(slots[2] and flat.get("B", slots[2]))
            self["retry_after"] = flat.get("I", slots[3]) if slots[3] else 0
            self["seen"] = flat.get("Q", slots[4]) if slots[4] else 0
            self["exhibit"] = flat.get("H", slots[5]) if slots[5] else 0
        if self["kind"] in ("ExhibitRequest", "ExhibitChunk"):
            self["number"] = flat.get("H", slots[1]) if slots[1] else 0
            self["offset"] = flat.get("Q", slots[2]) if slots[2] else 0
        if self["kind"] == "ExhibitRequest":
            self["credit"] = flat.get("B", slots[3]) if slots[3] else 0
        if self["kind"] == "Receipts":
            tables = [flat.slots(t) for t in flat.offsets(flat.follow(slots[2]))]
            self["entries"] = {flat.octets[t[0]:t[0] + 16]: flat.vector(flat.follow(t[1])) for t in tables}


# --- the ledger ---

def consistency(leaves, m):
    """RFC 6962 2.1.2."""
    def sub(m, leaves, whole):
        if m == len(leaves):
            return [] if whole else [tree(leaves)]
        k = split_of(len(leaves))
        if m <= k:
            return sub(m, leaves[:k], whole) + [tree(leaves[k:])]
        return sub(m - k, leaves[k:], False) + [tree(leaves[:k])]
    return sub(m, leaves, True)


class Ledger:
    """A log that signs whatever it is told to."""

    def __init__(self, origin, seed, entries=()):
        self.origin, self.seed = origin, seed
        self.leaves = [H(b"\0" + entry) for entry in entries]

    def copy(self):
        other = Ledger(self.origin, self.seed)
        other.leaves = list(self.leaves)
        return other

    def append(self, kind, data, salt=None):
        """Gives (index, opening)."""
        salt = salt or secrets.token_bytes(32)
        entry = f"lapx/entry@v1\nkind {kind}\ntime {stamp()}\nbody {b64(commitment(kind, salt, data))}\n".encode()
        self.leaves.append(H(b"\0" + entry))
        return len(self.leaves) - 1, entry + f"salt {b64(salt)}\ndata {b64(data)}\n".encode()

    def checkpoint(self):
        return sign(f"{self.origin}\n{len(self.leaves)}\n{b64(tree(self.leaves))}\n", self.origin, self.seed)

    def proof(self, index, opening):
        path = "".join(b64(h) + "\n" for h in inclusion(self.leaves, index))
        return f"c2sp.org/tlog-proof@v1\nextra {b64(opening)}\nindex {index}\n{path}\n".encode() + self.checkpoint()

    def link(self, old):
        """From that size to the present one."""
        return old, len(self.leaves), consistency(self.leaves, old)


# --- a referral, each of whose parts can be wrong ---

WORDS = {"legal-basis": dict(own_law=["Spam Act 2003 s 16"]), "purpose": dict(text="a purpose"),
         "facts": dict(text="facts as the peer tells them"), "conduct": dict(rsit="fraud:phishing", channel="Smtp"),
         "seen": dict(first=1795000000, last=1795086400, precision="Hour"), "jurisdictions": dict(victims=["AU"]),
         "indicator": dict(type="Domain", value="evil.example"), "urgency": dict(level="Routine"),
         "secrecy": dict(why="ongoing")}


class Referral:
    """What an honest peer sends, apart from `changes`: functions by the name of a stage, each from octets to octets, applied before
    what follows is computed from them; so all later digests and signatures fit. Stages: item, manifest, view, cover (text), note
    (signed), data (of the `sent` entry), proof, plain (the parcel's octets). `given` are fields of the parcel as they are. `exhibit`:
    the item's number and values, its line on the view, its age identity; the sealed file does not come along."""

    def __init__(self, peer, desk, recipient_key, ident=None, message=None, created=0, life=3600, given=(), exhibit=None, **changes):
        self.peer, self.desk, self.changes = peer, desk, changes
        self.id, self.message = ident or uuid7(), message or uuid7()
        self.items, manifest, view = {}, [], []
        for label, table, repeats in TEMPLATE:
            for i in range((8 if label in AT_LEAST_8 else 2) if repeats else 1):
                values = WORDS.get(label) if i == 0 else None
                if exhibit and len(manifest) + 1 == exhibit[0]:
                    values = exhibit[1]
                octets = make_item(secrets.token_bytes(32), "Absent" if values is None else table, values or {})
                number = len(manifest) + 1
                if values is not None:
                    octets = self.changed("item", octets)
                    self.items[number] = octets
                manifest.append(f"item {number} {label} {b64(item_digest(octets))}\n")
                view.append(f"item {number} {'silent' if values is None else 'disclosed'}\n")
        self.manifest = self.changed("manifest", (
            f"lapx/referral@v1\nfrom {peer.desk}\nid {uuid_text(self.id)}\nkind information\nversion 1\nsupersedes none\n"
            f"template lapx-pro-forma-1\ncreated {stamp(created)}\n{''.join(manifest)}").encode())
        self.view = self.changed("view", (
            f"lapx/view@v1\nto {desk}\nmanifest {b64(H(self.manifest))}\ntlp AMBER\npap AMBER\nuses administrative\nonward ask\n"
            f"{''.join(view)}{exhibit[2] if exhibit else ''}").encode())
        self.cover = self.changed("cover", (
            f"lapx/cover@v1\nfrom {peer.desk}\nto {desk}\nkey {b64(H(b'lapx/desk-key@v1' + bytes([10]) + recipient_key))}\n"
            f"message {uuid_text(self.message)}\ncreated {stamp(created)}\nexpires {stamp(created + life)}\nact refer\n"
            f"case {uuid_text(self.id)}\n").encode() + self.view)
        self.note = self.changed("note", sign(self.cover, f"{peer.agency}/lapx/sign-1", peer.secrets["sign-1"]))
        self.recipient_key, self.given = recipient_key, dict(given)
        if exhibit:
            self.given["exhibits"] = [dict(number=exhibit[0], identity=exhibit[3])]

    def changed(self, stage, octets):
        return self.changes[stage](octets) if stage in self.changes else octets

    def plain(self, ledger):
        """The parcel's plaintext, with an entry in that ledger."""
        data = self.changed("data", f"lapx/sent@v1\ncover {b64(H(self.note))}\n".encode())
        proof = self.changed("proof", ledger.proof(*ledger.append("sent", data)))
        b = Builder()
        fields = dict(cover=self.note, manifest=self.manifest, proof=proof,
                      items=[dict(number=n, octets=octets) for n, octets in self.items.items()]) | self.given
        flat = b.finish(b.table("Parcel", fields))
        plain = struct.pack("<I", len(flat)) + flat
        return self.changed("plain", plain + bytes(max(8192, padme(len(plain))) - len(plain)))

    def sealed(self, ledger):
        return inside.age_seal(bech32(self.recipient_key), self.plain(ledger))


def age_keys():
    """The octets of an age identity, and its recipient."""
    secret = secrets.token_bytes(32)
    return secret, bech32(nacl.bindings.crypto_scalarmult_base(secret))


def number_of(label):
    """Of the first item with this label."""
    number = 1
    for name, _, repeats in TEMPLATE:
        if name == label:
            return number
        number += (8 if name in AT_LEAST_8 else 2) if repeats else 1
    raise KeyError(label)


class Peer:
    """Plays `node`, which must be stopped, towards `victim`."""

    def __init__(self, node, victim):
        self.agency, self.desk, self.secrets = node.agency, node.desk, inside.secrets_of(node)
        self.card, self.notice = (part for part in (node.home / "card").read_bytes().split(b"=====\n"))
        self.victim, self.desk_there = victim, victim.desk
        notice = self.notice_of(victim)
        self.server = self.server_of(victim)
        self.recipients = {block.split("\n")[0]: recipient(block.split("\nrecipient ")[1].split("\n")[0])
                           for block in notice.split("\ndesk ")[1:]}
        self.ledger = Ledger(f"{self.agency}/lapx/ledger-1", self.secrets["ledger-1"], inside.entries(node))
        self.told = 0  # the size of the newest checkpoint of ours that the victim took
        self.dealer = None

    @staticmethod
    def notice_of(node):
        return (node.home / "card").read_text().split("=====\n")[1]

    @classmethod
    def server_of(cls, node):
        """The CURVE key that it listens with."""
        return base64.b64decode(cls.notice_of(node).split("\ncurve ")[1].split("\n")[0])

    def connect(self, **options):
        self.close()
        self.dealer = Dealer(self.victim.port, self.server, self.secrets["curve"], **options)
        return self

    def close(self):
        if self.dealer:
            self.dealer.close()
            self.dealer = None

    def hello(self, card=None, notice=None, seen=None):
        self.dealer.send(hello_frame(card or self.card, notice or self.notice, seen))
        return self.wait("Hello")

    def wait(self, *kinds, message=None, seconds=10):
        """The next frame of those kinds (and that message), others passed over. Nothing when none comes in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            octets = self.dealer.receive(left)
            if octets is None:
                return None
            came = Received(octets)
            about = came.get("entries") or [came.get("message")]
            if came["kind"] in kinds and (message is None or message in about):
                return came
        return None

    def serve(self, referral, number, sealed, until):
        """Answers the requests for an exhibit with these octets until `until`; gives how often it was asked for from the start."""
        chunk, begun, end = 128 * 1024, 0, time.monotonic() + 60
        while not until():
            if time.monotonic() > end:
                raise TimeoutError("nobody asked for the exhibit any more")
            request = self.wait("ExhibitRequest", message=referral.message, seconds=0.2)
            if request is None:
                continue
            begun += request["offset"] == 0
            for at in range(request["offset"], min(len(sealed), request["offset"] + request["credit"] * chunk), chunk):
                self.dealer.send(chunk_frame(referral.message, number, at, sealed[at:at + chunk], at + chunk >= len(sealed)))
        return begun

    def referral(self, desk=None, **changes):
        desk = desk or self.desk_there
        return Referral(self, desk, self.recipients[desk.partition("@")[0]], **changes)

    def send(self, referral, ledger=None, sealed=None, desk=None, message=None, link=True):
        """Sends it, and gives the code of its refusal, or the outcome in its receipt; nothing if there is no answer. With `link` it
        comes with the link that the victim needs, as an honest peer's would."""
        ledger, message = ledger or self.ledger, message or referral.message
        sealed = sealed or referral.sealed(ledger)
        for _ in range(2):
            size = len(ledger.leaves)
            sent = link if link is not True else ledger.link(self.told) if 0 < self.told < size else None
            self.dealer.send(parcel_frame(message, desk or referral.desk, sealed, sent))
            came = self.wait("Receipts", "Refusal", message=message)
            if came is None or came["kind"] == "Receipts" or link is not True or came["code"] != b"checkpoint-gap":
                break
            self.told = came["seen"]
        if came is None:
            return None
        if came["kind"] == "Refusal":
            return came["code"].decode()
        self.told = max(self.told, size)  # whoever answers with a receipt has taken the checkpoint
        head = came["entries"][message].decode()
        opening = base64.b64decode(head.split("\nextra ")[1].split("\n")[0]).decode()
        data = base64.b64decode(opening.split("\ndata ")[1].split("\n")[0]).decode()
        return data.split("\noutcome ")[1].rstrip("\n")
