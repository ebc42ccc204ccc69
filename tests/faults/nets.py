"""Sites behind routers, in network namespaces of their own: each has one host and a router that translates addresses, and all routers
meet in one network between them, where packets can be lost or nothing passes at all. Needs root, `ip` and `nft`.

    with Nets("a", "b", forward={"b": 5617}) as nets:
        node.start(wrapper=nets.inside("a"))
        nets.lose(20); nets.cut(); nets.mend()

Hosts are 10.N.0.2, routers 203.0.113.x; nobody outside reaches a host but through the port that its router forwards.
"""

import os
import shutil
import subprocess
import unittest

PREFIX = f"lapx{os.getpid()}"


def run(*command, check=True, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done


def require():
    """Skips the test, by name, where namespaces cannot be made."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft"):
        raise unittest.SkipTest("network namespaces need root, ip and nft")
    probe = f"{PREFIX}-probe"
    made = run("ip", "netns", "add", probe, check=False)
    filtered = run("ip", "netns", "exec", probe, "nft", "add", "table", "ip", "probe", check=False)
    run("ip", "netns", "del", probe, check=False)
    if made.returncode != 0 or filtered.returncode != 0:
        raise unittest.SkipTest("network namespaces are not permitted here: " + made.stderr + filtered.stderr)


class Nets:
    def __init__(self, *sites, forward=None):
        require()
        self.sites, self.forward, self.spaces = sites, forward or {}, []

    def __enter__(self):
        try:
            self._add("mid")
            self._forwarding("mid")
            for number, site in enumerate(self.sites, 1):
                self._make_site(number, site)
            # Reserved addresses that nobody has: what is sent there vanishes.
            self._ip("mid", "route", "add", "blackhole", "192.0.2.0/24")
            self.mend()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for space in self.spaces:
            run("ip", "netns", "del", space, check=False)

    @staticmethod
    def space(name):
        return f"{PREFIX}-{name}"

    def _add(self, name):
        run("ip", "netns", "add", self.space(name))
        self.spaces.append(self.space(name))
        self._ip(name, "link", "set", "lo", "up")

    def _ip(self, name, *command):
        run("ip", "-n", self.space(name), *command)

    def _nft(self, name, rules):
        run("ip", "netns", "exec", self.space(name), "nft", "-f", "-", text=rules)

    def _forwarding(self, name):
        run("ip", "netns", "exec", self.space(name), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def _join(self, one, one_link, one_address, other, other_link, other_address):
        run("ip", "link", "add", one_link, "netns", self.space(one), "type", "veth", "peer", "name", other_link, "netns", self.space(other))
        for name, link, address in ((one, one_link, one_address), (other, other_link, other_address)):
            self._ip(name, "addr", "add", address, "dev", link)
            self._ip(name, "link", "set", link, "up")

    def _make_site(self, number, site):
        router, inner, outer = f"{site}-gw", f"10.{number}.0", 4 * number
        self._add(site)
        self._add(router)
        self._forwarding(router)
        self._join(site, "host0", f"{inner}.2/24", router, "in0", f"{inner}.1/24")
        self._join(router, "out0", f"203.0.113.{outer + 2}/30", "mid", f"to{number}", f"203.0.113.{outer + 1}/30")
        self._ip(site, "route", "add", "default", "via", f"{inner}.1")
        self._ip(router, "route", "add", "default", "via", f"203.0.113.{outer + 1}")
        port = self.forward.get(site)
        forwarded = f'iifname "out0" tcp dport {port} dnat to {inner}.2:{port}' if port else ""
        self._nft(router, f"""
            table ip nat {{
                chain out {{ type nat hook postrouting priority 100; oifname "out0" masquerade; }}
                chain in {{ type nat hook prerouting priority -100; {forwarded}
                }}
            }}
            table ip guard {{
                chain forward {{ type filter hook forward priority 0; policy drop;
                    ct state established,related accept
                    iifname "in0" accept
                    ct status dnat accept
                }}
            }}""")

    def outside(self, site):
        """The address of the site's router, as others see it."""
        return f"203.0.113.{4 * (self.sites.index(site) + 1) + 2}"

    def inside(self, site, **files):
        """A wrapper that starts a program on the site's host; etc_NAME="text" is /etc/NAME for it, with _ for a dot."""
        mounts = [f"mount --bind {path} /etc/{name.removeprefix('etc_').replace('_', '.')}" for name, path in files.items()]
        script = " && ".join([*mounts, 'exec "$@"'])
        return ["ip", "netns", "exec", self.space(site), "sh", "-c", script, "sh"]

    def _between(self, rule):
        self._nft("mid", f"""
            table ip between
            delete table ip between
            table ip between {{
                chain forward {{
                    type filter hook forward priority 0;
                    {rule}
                }}
            }}
            """)

    def mend(self):
        self._between("")

    def cut(self):
        """Nothing passes, and nobody is told."""
        self._between("drop")

    def lose(self, percent):
        """So many of a hundred packets vanish, either way."""
        self._between(f"numgen random mod 100 < {percent} drop")
