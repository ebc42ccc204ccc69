"""Text forms and values: docs/protocol.md 1. Whatever is not as it says is refused by raising Refused."""
import base64
import datetime
import functools
import hashlib
import re

KIB64, KIB128, KIB192 = 65536, 131072, 196608


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def H(octets):
    return hashlib.sha256(octets).digest()


def show(text):
    """Text for a terminal: nothing unprintable or re-ordering passes."""
    return "".join(c if c.isprintable() else "\\u{%x}" % ord(c) for c in text)


def matches(pattern, name, most=1000):
    compiled = re.compile(pattern, re.ASCII)

    def value(text):
        need(len(text.encode()) <= most and compiled.fullmatch(text), f"not a {name}: {show(text[:80])}")
        return text
    return value


def one_of(*words):
    def value(text):
        need(text in words, f"{show(text[:80])} is none of {', '.join(words)}")
        return text
    return value


def list_of(item, order=None):
    def value(text):
        items = [item(part) for part in text.split(",")]
        need(len(set(items)) == len(items), "a list repeats an item")
        need(order is None or items == sorted(items, key=order.index), "a list is out of order")
        return items
    return value


def text_of(most):
    def value(text):
        need(1 <= len(text.encode()) <= most, f"not 1 to {most} octets of text")
        return text
    return value


def b64(text, size=None):
    """RFC 4648 base64, canonical only."""
    try:
        octets = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"not base64: {show(text[:80])}") from None
    need(base64.b64encode(octets).decode() == text, "base64 is not canonical")
    need(size is None or len(octets) == size, f"base64 is not of {size} octets")
    return octets


def digest(text):
    return b64(text, 32)


def number(text):
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) < 2**63, f"not a number: {show(text[:80])}")
    return int(text)


def positive(text):
    value = number(text)
    need(value >= 1, "a number from 1 is 0")
    return value


def time(text):
    need(re.fullmatch("2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text),
         f"not a time: {show(text[:80])}")
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise Refused(f"not a time: {text}") from None


def date(text):
    return time(text + "T00:00:00Z").date()


def recipient(text):
    """age X25519 recipient: bech32 (BIP 173) of 32 octets under "age", lower case. Returns the octets."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    need(text.startswith("age1") and set(text[4:]) <= set(alphabet), "not an age recipient")
    data = [alphabet.index(c) for c in text[4:]]
    check = 1
    for v in [ord(c) >> 5 for c in "age"] + [0] + [ord(c) & 31 for c in "age"] + data:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ v
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= g if top >> i & 1 else 0
    need(check == 1, "the checksum of an age recipient is wrong")
    bits = functools.reduce(lambda a, v: a << 5 | v, data[:-6], 0)
    need(len(data) == 58 and bits & 15 == 0, "an age recipient is not of 32 octets")
    return (bits >> 4).to_bytes(32, "big")


LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DESK_ID = r"[a-z0-9](?:[a-z0-9._-]{0,30}[a-z0-9])?"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-%s[0-9a-f]{3}-[0-9a-f]{12}"
agency = matches(rf"{LABEL}(?:\.{LABEL})+", "agency", 200)
desk_id = matches(DESK_ID, "desk id")
uuid7 = matches(UUID % ("7", "[89ab]"), "version 7 uuid")
code = matches("[a-z0-9]+(?:-[a-z0-9]+)*", "code", 64)
operator = matches(DESK_ID, "operator id")
text = text_of(1000)


def desk(value):
    name, at, domain = value.partition("@")
    need(at, "not a desk")
    return f"{desk_id(name)}@{agency(domain)}"


def agency_of(desk_name):
    return desk_name.partition("@")[2]


def endpoint(value):
    match = re.fullmatch(r"tcp://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([1-9][0-9]{0,4})", value)
    need(match and int(match[2]) <= 65535, f"not an endpoint: {show(value[:80])}")
    return value


def utf8(octets):
    try:
        return bytes(octets).decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("not UTF-8") from None


class Lines:
    """Reads the lines of a lapx text in their order; whatever was not asked for is an error."""

    def __init__(self, octets, form, most=KIB64):
        need(len(octets) <= most, f"a text is longer than {most} octets")
        whole = utf8(octets)
        need(whole.endswith("\n"), "a text does not end in LF")
        need(not re.search("[\x00-\x09\x0b-\x1f\x7f]", whole), "a text holds a control character")
        self.lines, self.at = whole[:-1].split("\n"), 0
        for line in self.lines:
            need(line and line[0] != " " and line[-1] != " ", "a line is empty, or begins or ends with a space")
        if form:
            need(self.lines[0] == form, f"the first line is not {form}")
            self.at = 1

    def next_is(self, key):
        return self.at < len(self.lines) and self.lines[self.at].startswith(key + " ")

    def one(self, key, value):
        need(self.next_is(key), f"line {self.at + 1} is not '{key} …'")
        rest = self.lines[self.at][len(key) + 1:]
        need(rest and rest[0] != " ", f"line {self.at + 1} has not exactly one space after {key}")
        self.at += 1
        try:
            return value(rest)
        except Refused as why:
            raise Refused(f"line {self.at} ({key}): {why}") from None

    def maybe(self, key, value):
        return self.one(key, value) if self.next_is(key) else None

    def many(self, key, value, least, most):
        found = []
        while self.next_is(key):
            found.append(self.one(key, value))
        need(least <= len(found) <= most, f"{len(found)} lines '{key}' instead of {least} to {most}")
        return found

    def end(self):
        need(self.at == len(self.lines), f"line {self.at + 1} is unknown, repeated or misplaced")
