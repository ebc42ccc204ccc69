"""P7: what a referral costs whose exhibit goes along, or lies in a file and is asked for."""

import os
import sqlite3
import threading
from contextlib import closing

from bench import Group, cpu, nodes, queue_is_empty
from harness import wait_for

KIB = 1024
PRO_FORMA = 4 * KIB
AT_ONCE = 8  # scripts that file
# Name → octets of the exhibit, and the share of the referrals that is filed with one.
KINDS = {"64 KiB": (64 * KIB, 1), "1 MiB": (1024 * KIB, 1 / 8)}


def file_one(connection, to, octets):
    connection.request("POST", "/v1/uploads", octets, {"Content-Type": "application/octet-stream"})
    answer = connection.getresponse().read()
    upload = answer.split(b'"upload":"')[1].split(b'"')[0].decode()
    status, document = connection.call("POST", "drafts", {
        "to": [to], "kind": "information", "set": {"facts": "x" * PRO_FORMA, "seen": "2026-11-20"}, "send": True,
        "exhibits": [{"upload": upload, "name": "evidence.bin"}], "disclose": ["exhibit:1"]}, Prefer="return=minimal")
    if status != 200:
        raise RuntimeError(document)


def file_many(sender, recipient, count, size):
    """Several scripts at once, as many as it takes."""
    left, failures = list(range(count)), []

    def script():
        octets = os.urandom(size)
        with closing(sender.control()) as connection:
            try:
                while left and not failures:
                    left.pop()
                    file_one(connection, recipient.desk, octets)
            except IndexError:  # another took the last one
                pass
            except Exception as failure:  # noqa: BLE001  (told by who waits)
                failures.append(failure)

    scripts = [threading.Thread(target=script) for _ in range(AT_ONCE)]
    for one in scripts:
        one.start()
    for one in scripts:
        one.join()
    if failures:
        raise failures[0]


def arrived(node):
    """How many exhibits are here. Asked of the file, for a node's own answer costs what is measured."""
    with closing(sqlite3.connect(f"file:{node.home / 'lapx.db'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT count(*) FROM exhibit WHERE state = 1 AND cause = ''").fetchone()[0]


class Exhibits(Group):
    goals = frozenset({"P7"})

    def measure(self):
        for name, (size, share) in KINDS.items():
            count = max(AT_ONCE, int(self.bench.options.exhibits * share))
            with nodes(self.bench) as (a, b):
                file_many(a, b, AT_ONCE, size)
                wait_for(lambda: arrived(b) == AT_ONCE, "the first exhibits")
                queue_is_empty(a)
                before = sum(cpu(node.process.pid) for node in (a, b))
                file_many(a, b, count, size)
                wait_for(lambda: arrived(b) == AT_ONCE + count, "the exhibits", deadline=600)
                spent = (sum(cpu(node.process.pid) for node in (a, b)) - before) / count * 1e6
            ideal = self.bench.yardstick(r"sum ([0-9.]+) us/referral", "ideal", self.bench.work / "ideal", "eph=1", "rb=1",
                                         f"size={size + PRO_FORMA}", f"n={count}")
            self.bench.add(**{f"cpu {name}": spent})
            self.bench.ratio(f"p7 {name}", spent, ideal)

    def rows(self):
        figures = {"64 KiB": "<= 1.25", "1 MiB": "<= 1.0"}
        return [("P7", f"CPU of a referral with an exhibit of {name} / ideal's", figures[name], self.bench.show(f"p7 {name}"),
                 f"{self.bench.show(f'cpu {name}', '{:.0f}')} us") for name in KINDS]
