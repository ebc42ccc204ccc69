"""What somebody on the line sees of two nodes: a captured trace of the loopback interface. Needs root."""

import os
import socket
import struct
import threading
import unittest

from harness import Pair, free_port, wait_for

ETH_P_IP = 0x0800
PACKET_HOST = 0  # each packet of the loopback passes twice: as it goes and as it comes
TCP = 6


def tcp_payload(frame):
    """Ports and octets of an Ethernet frame with IPv4 and TCP; else nothing."""
    packet = frame[14:]
    if len(packet) < 40 or packet[9] != TCP:
        return None
    size, = struct.unpack_from("!H", packet, 2)
    segment = packet[(packet[0] & 15) * 4:size]
    source, target = struct.unpack_from("!HH", segment)
    return source, target, segment[(segment[12] >> 4) * 4:]


class Trace:
    """Captures what goes over TCP between anybody and those ports of this machine; a context manager."""

    def __init__(self, *ports):
        self.ports, self.streams, self.lost = set(ports), {}, None

    def __enter__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.settimeout(0.2)
        self.running = True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        _, self.lost = struct.unpack("II", self.socket.getsockopt(263, 6, 8))  # SOL_PACKET, PACKET_STATISTICS
        self.socket.close()

    def run(self):
        while True:
            try:
                frame, address = self.socket.recvfrom(1 << 17)
            except TimeoutError:
                if not self.running:
                    return
                continue
            found = tcp_payload(frame) if address[2] == PACKET_HOST else None
            if found and self.ports & set(found[:2]):
                self.streams.setdefault(found[:2], bytearray()).extend(found[2])

    def octets(self):
        return sum(map(len, self.streams.values()))

    def shows(self, words):
        return any(words in stream for stream in self.streams.values())


@unittest.skipUnless(os.geteuid() == 0, "needs root: to capture what passes the loopback")
class TraceTest(unittest.TestCase):
    def test_it_shows_what_is_not_sealed(self):
        port = free_port()
        with socket.create_server(("127.0.0.1", port)) as server, Trace(port) as trace:
            with socket.create_connection(("127.0.0.1", port)) as near:
                near.sendall(b"in the clear")
                far, _ = server.accept()
                self.assertEqual(far.recv(100), b"in the clear")
                far.close()
            wait_for(lambda: trace.shows(b"in the clear"), "the words to be captured")

    def test_it_shows_no_plaintext_of_two_nodes_from_greeting_to_receipt(self):
        pair = self.enterContext(Pair())
        a, b = pair.a, pair.b
        pattern = b"these octets stand in the exhibit again and again "
        size = 3 << 20
        (pair.folder / "evidence.bin").write_bytes((pattern * (size // len(pattern) + 1))[:size])
        facts = "the very words of the facts"
        with Trace(a.port, b.port) as trace:
            b.stop()
            b.start()  # greetings too
            a.wait_connected(b)
            sent = a.send(b.desk, "--set", f"facts={facts}", "--exhibit", pair.folder / "evidence.bin", "--disclose", "exhibit:2")
            a.wait_delivered(sent["referral"])
            wait_for(lambda: b.cli("show", sent["referral"])["exhibits"][1]["state"] == "here", "the exhibit to come")
            got = pair.folder / "got"
            b.cli("exhibit", "get", sent["referral"], 2, "-o", got)
            self.assertEqual(got.read_bytes(), (pair.folder / "evidence.bin").read_bytes())
        self.assertEqual(trace.lost, 0)
        self.assertGreater(trace.octets(), size, "this is the line that it went over")
        clear = [facts, "evidence.bin", "phish", "account-check.example", "klantenservice", "Uw_rekening", sent["referral"], a.agency, b.agency,
                 "lapx/", "Agency", "age-encryption.org"]
        for words in (pattern[:16], *(one.encode() for one in clear)):
            with self.subTest(words):
                self.assertFalse(trace.shows(words))


if __name__ == "__main__":
    unittest.main()
