"""P10 to P12: a long ledger against a short one."""

import shutil
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from bench import Group, bulk, bulk_cpu, cpu, introduce, lone, make_node, timed
from harness import BIN, wait_for

SHORT = 10_000
WAL = 64 << 20
CHECKED = "ledger checked: "
AGENCIES = (("opta.example", "NL"), ("acma.example", "AU"))


def wal_octets(node):
    """What the WAL holds that is not in the database yet: mxFrame of the wal-index (SQLite's walformat.html 2.1) times szPage."""
    with open(node.home / "lapx.db-shm", "rb") as index:
        page, frames = struct.unpack_from("=HI", index.read(20), 14)
        return frames * page


class Aged:
    """A pair of nodes, stopped most of the time, whose ledgers were grown to so many entries before they met."""

    def __init__(self, work, entries):
        self.folder = Path(tempfile.mkdtemp(dir=work))
        self.nodes = [make_node(self.folder, agency, country) for agency, country in AGENCIES]
        for node in self.nodes:
            node.start().stop()
        growing = [subprocess.Popen([BIN / "lapx-bench", "grow", "--home", node.home, "--entries", str(entries)],
                                    stderr=subprocess.DEVNULL) for node in self.nodes]
        if any([one.wait() for one in growing]):
            raise RuntimeError("lapx-bench grow failed")
        self.start()
        introduce(*self.nodes)
        self.stop()

    def start(self):
        """Until they are connected, and have checked their ledgers."""
        offsets = [len(node.log()) for node in self.nodes]
        for node in self.nodes:
            node.start()
        a, b = self.nodes
        for node, other, offset in zip((a, b), (b, a), offsets):
            if node.get("contacts")["items"]:
                node.wait_connected(other)
            wait_for(lambda node=node, offset=offset: CHECKED in node.log()[offset:], "the ledger to be checked", deadline=600)

    def stop(self):
        for node in self.nodes:
            node.stop()

    def restart_after_kill(self):
        """Kills the sender when its WAL is full; seconds until it is ready again."""
        a, b = self.nodes
        # Each step writes less than the last tenth.
        wait_for(lambda: bulk(a, b, 20) and wal_octets(a) > 0.9 * WAL, "the WAL to fill", deadline=600)
        a.kill()
        offset = a.log_path.stat().st_size
        begun = time.monotonic()
        a.start(wait=False)
        with open(a.log_path, "rb") as log:
            log.seek(offset)
            came = b""
            while b" ready: " not in came:
                if not a.running():
                    raise RuntimeError(a.log())
                came += log.read()
                time.sleep(0.0002)
        return time.monotonic() - begun


class Ledgers(Group):
    goals = frozenset({"P10", "P11", "P12"})

    def __init__(self, bench):
        super().__init__(bench)
        self.pairs = {}
        try:
            for name, entries in (("short", SHORT), ("long", bench.options.entries)):
                took, self.pairs[name] = timed(lambda entries=entries: Aged(bench.work, entries))
                bench.add(**{f"{name} grown": took})
        except BaseException:
            self.close()
            raise

    def measure(self):
        bench, options = self.bench, self.bench.options
        for name, pair in self.pairs.items():
            pair.start()
            a, b = pair.nodes
            bulk(a, b, 200)
            bench.add(**{f"{name} cpu": bulk_cpu(a, b, options.count // 4)["cpu_us"]})
            bench.add(**{f"{name} commit": lone(a, b, options.lone)["answer_p99_us"]})
            before = cpu(a.process.pid)
            took, found = timed(lambda a=a: a.get("ledger/verify"))
            if not found["ok"]:
                raise RuntimeError(found["problems"])
            bench.add(**{f"{name} verified": found["size"] / (cpu(a.process.pid) - before), f"{name} wall": found["size"] / took,
                         f"{name} start": pair.restart_after_kill()})
            pair.stop()
        for figure in ("cpu", "commit", "start"):
            bench.add(**{f"long/short {figure}": bench.samples[f"long {figure}"][-1] / bench.samples[f"short {figure}"][-1]})
        raw = bench.yardstick(r"open\+recover\+list \d+ pending ([0-9.]+) ms", "recov", bench.work / "recov", WAL >> 20)
        bench.ratio("p10", bench.samples["short start"][-1] * 1000, raw)

    def rows(self):
        show, many = self.bench.show, self.bench.options.entries

        def both(figure, form):
            return f"{show(f'long {figure}', form)} / {show(f'short {figure}', form)}"

        def start(name):
            return f"{self.bench.median(f'{name} start') * 1000:.0f}"
        return [
            ("P10", "ready after kill -9 with 64 MB WAL / bare SQLite's", "<= 3", show("p10"), f"{start('short')} ms"),
            ("P10", f"the same with {many} entries / with {SHORT}", "<= 1.5", show("long/short start"), f"{start('long')} / {start('short')} ms"),
            ("P11", "full ledger verify, million entries/s per core", ">= 2", f"{self.bench.median('long verified') / 1e6:.2f}",
             f"{self.bench.median('long wall') / 1e6:.2f} million/s beside other work, of {many}"),
            ("P12", f"CPU per referral with {many} entries / {SHORT}", "<= 1.25", show("long/short cpu"), f"{both('cpu', '{:.0f}')} us"),
            ("P12", "p99 of filing one, a commit", "<= 2", show("long/short commit"), f"{both('commit', '{:.0f}')} us"),
        ]

    def remark(self):
        print(f"\nGrown by lapx-bench grow: two ledgers of {self.bench.options.entries} entries in {self.bench.show('long grown', '{:.0f}')} s.")

    def close(self):
        for pair in self.pairs.values():
            for node in pair.nodes:
                node.kill()
            shutil.rmtree(pair.folder, ignore_errors=True)
