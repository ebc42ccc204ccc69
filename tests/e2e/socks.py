"""A small SOCKS5 proxy (RFC 1928, no authentication) that keeps account of what goes through it."""

import contextlib
import ipaddress
import socket
import struct
import threading


class Proxy:
    """Listens on 127.0.0.1; `asked` has each (host, port) as it was asked for, `octets` what went through. `names` says where a name
    leads, other names are unknown; `ports` where a port does that does not lead to itself. A context manager."""

    def __init__(self, names=None, ports=None):
        self.names, self.ports, self.asked, self.octets = dict(names or {}), dict(ports or {}), [], 0
        self.lock, self.open = threading.Lock(), set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def cut(self):
        """Ends every connection that goes through."""
        with self.lock:
            ends = list(self.open)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                end, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(end,), daemon=True).start()

    @staticmethod
    def _read(end, size):
        octets = b""
        while len(octets) < size:
            more = end.recv(size - len(octets))
            if not more:
                raise ConnectionError
            octets += more
        return octets

    def _target(self, end):
        version, methods = self._read(end, 2)
        if version != 5 or 0 not in self._read(end, methods):
            raise ConnectionError
        end.sendall(b"\5\0")
        version, command, _, kind = self._read(end, 4)
        if (version, command) != (5, 1):
            raise ConnectionError
        if kind == 3:
            host = self._read(end, self._read(end, 1)[0]).decode("ascii")
        else:
            host = str(ipaddress.ip_address(self._read(end, {1: 4, 4: 16}[kind])))
        return host, struct.unpack("!H", self._read(end, 2))[0], kind == 3

    def _serve(self, end):
        with contextlib.suppress(OSError), end:
            host, port, named = self._target(end)
            with self.lock:
                self.asked.append((host, port))
            try:
                far = socket.create_connection((self.names[host] if named else host, self.ports.get(port, port)), timeout=30)
            except KeyError:
                end.sendall(b"\5\4\0\1" + bytes(6))
                return
            except OSError:
                end.sendall(b"\5\5\0\1" + bytes(6))
                return
            with far:
                far.settimeout(None)
                end.sendall(b"\5\0\0\1" + bytes(6))
                with self.lock:
                    self.open |= {end, far}
                back = threading.Thread(target=self._pump, args=(far, end), daemon=True)
                back.start()
                self._pump(end, far)
                back.join()
                with self.lock:
                    self.open -= {end, far}

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                with self.lock:
                    self.octets += len(octets)
                sink.sendall(octets)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
