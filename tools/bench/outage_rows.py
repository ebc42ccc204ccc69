"""P15: a peer that was away, and another one meanwhile."""

import statistics
import threading
import time
from contextlib import closing

from bench import IN_FLIGHT, Group, bulk, nodes, tool

AGENCIES = (("opta.example", "NL"), ("acma.example", "AU"), ("ofcom.example", "GB"))


def send_one(connection, to):
    """Seconds until its receipt is durable."""
    begun = time.monotonic()
    status, document = connection.call("POST", "drafts", {
        "to": [to], "kind": "information", "set": {"facts": "One alone.", "seen": "2026-11-20"}, "send": True}, Prefer="return=minimal")
    if status != 200:
        raise RuntimeError(document)
    path = f"referrals/{document['referral']}/why"
    while connection.call("GET", path)[1]["messages"][0]["state"] != "delivered":
        time.sleep(0.001)
    return time.monotonic() - begun


class Outage(Group):
    goals = frozenset({"P15"})
    once = True

    def measure(self):
        options = self.bench.options
        with nodes(self.bench, AGENCIES) as (a, away, other):
            bulk(a, away, 500)
            usual = bulk(a, away, min(options.count, options.queued))["per_second"]
            with closing(a.control()) as connection:
                before = [send_one(connection, other.desk) for _ in range(options.lone // 5)]
            away.stop()
            filed = tool("bulk", "--socket", a.socket_path, "--to", away.desk, "--count", options.queued, "--in-flight", IN_FLIGHT, "--filed")
            done = threading.Event()
            meanwhile = []

            def go_on():
                with closing(a.control()) as connection:
                    while not done.is_set():
                        meanwhile.append(send_one(connection, other.desk))
                        time.sleep(0.05)

            sender = threading.Thread(target=go_on)
            away.start()
            sender.start()
            try:
                caught = tool("drain", "--socket", a.socket_path)
            finally:
                done.set()
                sender.join()
        rate = caught["count"] / caught["seconds"]
        self.bench.add(p15=rate / usual, usual=usual, catch_up=rate, filing=filed["per_second"], alone=statistics.median(before) * 1000,
                       meanwhile=statistics.median(meanwhile) * 1000, worst=max(meanwhile) * 1000)

    def rows(self):
        show = self.bench.show
        slower = self.bench.median("meanwhile") / self.bench.median("alone")
        return [("P15", f"catching up with {self.bench.options.queued} queued: rate / P2's", ">= 0.8", show("p15"),
                 f"{show('catch_up', '{:.0f}')} / {show('usual', '{:.0f}')} referrals/s"),
                ("P15", "one to another peer meanwhile, p50 / p50 before", "fair", f"{slower:.2f}",
                 f"{show('meanwhile', '{:.1f}')} / {show('alone', '{:.1f}')} ms, at most {show('worst', '{:.0f}')} ms")]
