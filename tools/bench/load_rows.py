"""P1 to P5, and P8 of an idle node: what a referral costs, alone and under load."""

import shutil
import subprocess
import time
from pathlib import Path

from bench import IN_FLIGHT, Group, bulk, bulk_cpu, lone, memory, nodes
from harness import BIN

WARM_UP = 500  # first pages, statements, connections


class Load(Group):
    goals = frozenset({"P1", "P2", "P3", "P8"})
    primitives = ""

    def measure(self):
        bench, options = self.bench, self.bench.options
        with nodes(bench) as (a, b):
            time.sleep(1)  # what it does at its start
            bench.add(pss=memory(b.process.pid, "Pss"), rss=memory(b.process.pid, "Rss"))
            bulk(a, b, WARM_UP)
            many = bulk_cpu(a, b, options.count)
            bench.add(rate=many["per_second"], cpu=many["cpu_us"])
            ideal = bench.yardstick(r": (\d+) referrals/s", "ideal", bench.work / "ideal", "eph=1", "rb=1", f"n={options.count}")
            bench.ratio("p2", many["per_second"], ideal)
            self._primitives(many["cpu_us"])
            lone(a, b, 20)
            one = lone(a, b, options.lone)
            bench.add(p50=one["p50_us"], p99=one["p99_us"], p99of50=one["p99_us"] / one["p50_us"])
            bench.ratio("p3", one["p50_us"], bench.yardstick(
                r"lat p50 (\d+) p99", "ideal", bench.work / "ideal", "mode=lat", "eph=1", "rb=1", f"n={options.lone}"))

    def _primitives(self, cpu_us):
        exchange = self.bench.yardstick(r"both ends ([0-9.]+)", "zt", "win", 1, 9216, 20000, 256) or 0
        self.primitives = subprocess.run(
            [BIN / "lapx-bench", "primitives", "--folder", self.bench.work, "--batch", str(IN_FLIGHT), "--exchange", str(exchange)],
            capture_output=True, text=True, check=True).stdout
        for left in self.bench.work.glob("primitives.db*"):
            left.unlink()
        total = next(float(line.split()[1]) for line in self.primitives.splitlines() if line.startswith("total_us "))
        self.bench.add(sum=total, p1=cpu_us / total)

    def rows(self):
        show = self.bench.show
        return [
            ("P1", "CPU per referral / sum of its primitives", "<= 1.35", show("p1"), f"{show('cpu', '{:.0f}')} us / {show('sum', '{:.0f}')} us"),
            ("P2", "end-to-end rate / ideal eph=1 rb=1", ">= 0.80", show("p2"), f"{show('rate', '{:.0f}')} referrals/s"),
            ("P3", "lone, filed to durable receipt, p50 / ideal's", "<= 1.35", show("p3"), f"p50 {show('p50', '{:.0f}')} us"),
            ("P3", "lone, p99 / p50", "<= 2", show("p99of50"), f"p99 {show('p99', '{:.0f}')} us"),
            ("P8", "idle node, MiB (PSS, with its worker)", "<= 24", f"{self.bench.median('pss') / 1024:.1f}",
             f"RSS {self.bench.median('rss') / 1024:.1f} MiB"),
        ]

    def remark(self):
        print("\nThe primitives of the last pair (count x us of CPU):")
        for line in self.primitives.splitlines():
            if line.startswith("# "):
                print(" " + line[1:])


class Flushes(Group):
    """Counted by strace; seccomp keeps all other calls fast."""

    goals = frozenset({"P3", "P4"})
    once = True

    def measure(self):
        if shutil.which("strace") is None:
            return
        options = self.bench.options
        traces = []

        def wrapper(agency, folder):
            traces.append(Path(folder) / f"{agency}.trace")
            return ("strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(traces[-1]))

        def flushes():
            return sum(line.count("sync(") for trace in traces for line in trace.read_text().splitlines())

        with nodes(self.bench, wrapper=wrapper) as (a, b):
            bulk(a, b, WARM_UP)
            before = flushes()
            bulk(a, b, options.count)
            self.bench.add(p4=(flushes() - before) / options.count)
            before = flushes()
            lone(a, b, options.lone)
            self.bench.add(p3flushes=(flushes() - before) / options.lone)

    def rows(self):
        plain = "both nodes together" if self.bench.samples["p4"] else "strace is not installed"
        return [("P3", "lone, disk flushes per referral", "3", self.bench.show("p3flushes"), plain),
                ("P4", "saturated, disk flushes per referral", "<= 0.03", self.bench.show("p4", "{:.4f}"), plain)]


class SlowDisk(Group):
    goals = frozenset({"P5"})

    def __init__(self, bench):
        super().__init__(bench)
        self.library = bench.work / "slow_disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, Path(__file__).with_name("slow_disk.c"), "-ldl"], check=True)

    def measure(self):
        rates = []
        for wrapper in ((), ("env", f"LD_PRELOAD={self.library}")):
            with nodes(self.bench, wrapper=lambda agency, folder, wrapper=wrapper: wrapper) as (a, b):
                bulk(a, b, WARM_UP)
                rates.append(bulk(a, b, self.bench.options.count // 2)["per_second"])
        self.bench.add(fast=rates[0], slow=rates[1], p5=rates[1] / rates[0])

    def rows(self):
        show = self.bench.show
        return [("P5", "disk with 4 ms more a flush: rate / fast disk's", ">= 0.75", show("p5"),
                 f"{show('slow', '{:.0f}')} / {show('fast', '{:.0f}')} referrals/s")]
