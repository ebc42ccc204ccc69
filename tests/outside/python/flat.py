"""Octets of items and parcels: docs/protocol.md 4.1, 7.1.

FlatBuffers, read by hand from schema/proforma.fbs and schema/parcel.fbs.
"""
import re
import struct

from forms import KIB64, KIB192, need, show, utf8


# field:kind in id order; s string, S [string], Y [ubyte], b bool, B ubyte, H ushort, q long, Q ulong, a capital
# word is an enum of ubyte, [X] a vector of tables; `!` marks what is required, `=` a default that is not 0.
TABLES = {
    "Absent": "", "Text": "text:s", "Officer": "name:s position:s phone:s mail:s", "Addressees": "desks:S",
    "LegalBasis": "own_law:S law_abroad:S instrument:S similar_prohibition:b", "Conduct": "rsit:s channel:Channel",
    "Seen": "first:q last:q precision:Precision", "Jurisdictions": "origin:S hosting:S victims:S",
    "Scale": "complaints:q=-1 messages:q=-1 victims:q=-1 loss:q=-1 currency:s counting:Counting",
    "Indicator": "type:IndicatorType value:s port:H at:q",
    "Party": "role:PartyRole name:s identifiers:S country:s confidence:Confidence",
    "Complainant": "name:s mail:s phone:s country:s reference:s", "Custodian": "organisation:s holds:s log_expiry:q",
    "Preservation": "data:s necessity:s formal_follow_up:b", "Assistance": "id:H what:s status:AssistanceStatus",
    "Inquiry": "kind:InquiryKind agency:s reference:s text:s", "Urgency": "level:UrgencyLevel reason:s reply_by:q",
    "Secrecy": "not_subject:b=1 not_isp:b=1 not_press:b=1 why:s",
    "Exhibit": "name:s media_type:s size:Q sha256:Y acquired_by:s acquired_at:q acquired_where:s acquired_how:s tool:s "
               "state:ExhibitState",
    "Grading": "source:s information:s", "Provenance": "partner:s reference:s terms:s",
    "DataProtection": "basis:DataBasis destroy_by:q text:s", "Redacted": "label:s text:s",
    "ParcelItem": "number:H octets:Y!", "ParcelExhibit": "number:H identity:Y! sealed:Y",
    "Parcel": "cover:Y! manifest:Y items:[ParcelItem] body:Y proof:Y! consistency:Y exhibits:[ParcelExhibit]"}
VALUES = [name for name in TABLES if not name.startswith("Parcel")]  # the union, from 1
ENUMS = {name: ["Unset", *words.split()] for name, words in {
    "Channel": "Smtp Sms Voice Chat SocialMedia Push Other", "Precision": "Second Minute Hour Day Month",
    "Counting": "Measured Estimated", "IndicatorType": "Ip Domain Url MessageId MailAddress Telephone FileSha256",
    "PartyRole": "Suspect Intermediary SpoofedVictim InfectedHost Complainant Unknown",
    "Confidence": "Low Medium High", "AssistanceStatus": "Asked InProgress Done Declined",
    "InquiryKind": "PriorInquiry OtherProceedings", "UrgencyLevel": "Routine Priority Urgent",
    "ExhibitState": "Sent OnRequest Withheld",
    "DataBasis": "Consent LegalObligation VitalInterest PublicTask LegitimateInterest LawEnforcement"}.items()}


class Flat:
    """Bounds-checked reading of one FlatBuffer."""

    def __init__(self, octets):
        self.octets, self.left = octets, 4 * KIB192  # what may be copied out: vectors can share their octets

    def get(self, form, at):
        size = struct.calcsize("<" + form)
        need(0 <= at and at + size <= len(self.octets), "a FlatBuffer points outside itself")
        return struct.unpack_from("<" + form, self.octets, at)[0]

    def follow(self, at):
        return at + self.get("I", at)

    def slots(self, at):
        """Positions of the fields of the table at `at`: 0 for a field that is not there."""
        vtable = at - self.get("i", at)
        size, span = self.get("H", vtable), self.get("H", vtable + 2)
        need(size >= 4 and size % 2 == 0 and span >= 4, "a vtable is malformed")
        need(vtable + size <= len(self.octets) and at + span <= len(self.octets), "a table is cut short")
        offsets = [self.get("H", vtable + i) for i in range(4, size, 2)]
        need(all(o == 0 or 4 <= o < span for o in offsets), "a field lies outside its table")
        return [at + o if o else 0 for o in offsets]

    def vector(self, at):
        count = self.get("I", at)
        self.left -= count + 16
        need(at + 4 + count <= len(self.octets) and self.left >= 0, "a vector is too long")
        return self.octets[at + 4:at + 4 + count]

    def string(self, at):
        octets = self.vector(at)
        need(self.get("B", at + 4 + len(octets)) == 0, "a string does not end in NUL")
        return utf8(octets)

    def offsets(self, at):
        count = self.get("I", at)
        need(at + 4 + 4 * count <= len(self.octets), "a vector is too long")
        return [self.follow(at + 4 + 4 * i) for i in range(count)]

    def table(self, at, name):
        slots, fields = self.slots(at), {}
        for i, field in enumerate(TABLES[name].split()):
            key, kind, default = re.fullmatch(r"(\w+):([^=]+)(?:=(.+))?", field).groups()
            pos = slots[i] if i < len(slots) else 0
            need(pos or not kind.endswith("!"), f"{key} of {name} is missing")
            fields[key] = self.field(pos, kind.rstrip("!"), int(default or 0))
        return fields

    def field(self, pos, kind, default):
        if kind in ENUMS:
            value = self.get("B", pos) if pos else 0
            need(value < len(ENUMS[kind]), f"{value} is no {kind}")
            return ENUMS[kind][value]
        if kind in "bBHqQ":
            value = self.get(kind.replace("b", "B"), pos) if pos else default
            need(kind != "b" or value in (0, 1), "a bool is neither 0 nor 1")
            return bool(value) if kind == "b" else value
        if not pos:
            return None
        if kind in "sY":
            return (self.string if kind == "s" else self.vector)(self.follow(pos))
        at = self.offsets(self.follow(pos))
        return [self.string(a) if kind == "S" else self.table(a, kind.strip("[]")) for a in at]


def decode_item(octets):
    """Item { salt: 32 octets, value: union } as (name of the value's table, its fields)."""
    need(len(octets) <= KIB64, "an item is longer than 64 KiB")
    flat = Flat(octets)
    slots = flat.slots(flat.follow(0))
    need(len(slots) >= 3 and all(slots[:3]), "salt or value is missing")
    need(slots[0] + 32 <= len(octets), "the salt is cut short")
    kind = flat.get("B", slots[1])
    need(1 <= kind <= len(VALUES), f"{kind} is no value of an item")
    return VALUES[kind - 1], flat.table(flat.follow(slots[2]), VALUES[kind - 1])


def describe(fields):
    said = {k: v for k, v in fields.items() if v not in (None, "Unset", [])}
    return show(", ".join(f"{k}={v.hex() if isinstance(v, bytes) else v}" for k, v in said.items()))
