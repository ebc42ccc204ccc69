"""P6: signed and sealed mail with a signed receipt, as gpg makes and opens it. No mail server stands between the two, so that mail can only be slower."""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from bench import Group, bulk, lone, nodes

BODY = 4096  # octets, as the pro forma's items have
ALONE = 20


class Exchange:
    """Two agencies of one key ring: each message goes from `a` to `b`, and its receipt back. A context manager."""

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="lapx-gpg-")  # its agent's socket has to have a short path
        os.chmod(self.home, 0o700)
        for name in ("a", "b"):
            self.gpg("--quick-gen-key", name, "ed25519", "sign", "never")
            fingerprint = next(line.split(":")[9] for line in self.gpg("--with-colons", "-K", name).decode().splitlines() if line.startswith("fpr"))
            self.gpg("--quick-add-key", fingerprint, "cv25519", "encr", "never")
        return self

    def __exit__(self, *_):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home)

    def gpg(self, *args, octets=None):
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
                               "--trust-model", "always", *args], input=octets, capture_output=True, check=True).stdout

    def one(self, _=None):
        """Microseconds from the body to the verified receipt."""
        body = os.urandom(BODY // 2).hex().encode()
        begun = time.monotonic()
        sealed = self.gpg("-u", "a", "-r", "b", "--sign", "--encrypt", octets=body)
        opened = self.gpg("--decrypt", octets=sealed)
        receipt = self.gpg("-u", "b", "--clearsign", octets=b"received " + opened[:64])
        self.gpg("--verify", octets=receipt)
        assert opened == body
        return (time.monotonic() - begun) * 1e6


class Pgp(Group):
    goals = frozenset({"P6"})

    def measure(self):
        if shutil.which("gpg") is None:
            return
        options = self.bench.options
        with nodes(self.bench) as (a, b):
            bulk(a, b, 500)
            rate = bulk(a, b, options.count // 2)["per_second"]
            p50 = lone(a, b, options.lone // 2)["p50_us"]
        with Exchange() as exchange:
            exchange.one()
            gpg_p50 = statistics.median(exchange.one() for _ in range(ALONE))
            count = 4 * ALONE
            with ThreadPoolExecutor(os.cpu_count() + 1) as pool:
                begun = time.monotonic()
                list(pool.map(exchange.one, range(count)))
                gpg_rate = count / (time.monotonic() - begun)
        self.bench.add(gpg_rate=gpg_rate, gpg_p50=gpg_p50, p6=rate / gpg_rate, p6lone=p50 / gpg_p50)

    def rows(self):
        show = self.bench.show
        plain = f"{show('gpg_rate', '{:.0f}')} messages/s" if self.bench.samples["p6"] else "gpg is not installed"
        return [("P6", "rate / gpg and its signed receipt, without mail", ">= 50", show("p6", "{:.1f}"), plain),
                ("P6", "lone p50 / gpg's likewise", "<= 1/12", show("p6lone", "{:.3f}"), f"{show('gpg_p50', '{:.0f}')} us")]
