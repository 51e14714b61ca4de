"""The process that holds an emulated host's network: `python -m hnskit.emulator.packets.kernel_helper SOCKET`.

It leaves this machine's network for a namespace of its own, makes others, and hands sockets inside them to the emulated
host over SCM_RIGHTS. One request at a time, JSON each way.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hnskit.emulator.packets.linux_calls import (
    NEW_MOUNTS,
    NEW_NET,
    NEW_USER,
    Nftables,
    die_with_parent,
    enter_network,
    load_iproute,
    unshare,
)

_SWITCH = "switch"
_LARGEST = 1 << 20
_ALL_ETHERNET = 3
_ARP_MILLISECONDS = 20
"""After it, nobody has an address: an answer over a veth comes while the question is being sent."""


class KernelHelper:
    """Namespaces by name, and what is in them."""

    def __init__(self) -> None:
        """Leave this machine's namespaces; without the right to, for a user namespace first.

        Raises:
            RuntimeError: the system does not let this user; it says which step failed.
        """
        self.rootless = False
        try:
            unshare(NEW_NET | NEW_MOUNTS)
        except PermissionError:  # no root, or one without the rights of one, as in many containers
            self.rootless = True
            _own_user_namespace()
            _step("network namespaces", lambda: unshare(NEW_NET | NEW_MOUNTS))
        self._namespaces: dict[str, int] = {}
        self._routes: dict[str, Any] = {}
        self._bridges: dict[str, int] = {}
        self._nft = _step("libnftables.so.1 (Debian's package libnftables1)", Nftables)
        self._count = 0
        self._keep(_SWITCH)
        _without_multicast()

    def probe(self) -> dict[str, Any]:
        """Do once what will be done later, so that a kernel without a module says so now."""
        _step("Python's pyroute2 (the extra `packets`)", lambda: self._ip(_SWITCH))
        ip = self._ip(_SWITCH)
        _step("bridges", lambda: ip.link("add", ifname="probe", kind="bridge"))
        ip.link("del", index=ip.link_lookup(ifname="probe")[0])
        _step("veth", lambda: ip.link("add", ifname="p0", kind="veth", peer={"ifname": "p1"}))
        ip.link("del", index=ip.link_lookup(ifname="p0")[0])
        table: dict[str, Any] = {"family": "ip", "name": "probe"}
        chain = {"family": "ip", "table": "probe", "name": "c", "type": "nat", "hook": "output", "prio": -100}
        commands = [{"add": {"table": table}}, {"add": {"chain": chain}}, {"delete": {"table": table}}]
        _step("nftables with NAT", lambda: self._nft.run(commands))
        return {}

    def bridge(self, name: str) -> dict[str, Any]:
        """A bridge in the namespace of the switches."""
        ip = self._ip(_SWITCH)
        self._count += 1
        ifname = f"br{self._count}"
        ip.link("add", ifname=ifname, kind="bridge", br_forward_delay=0, br_stp_state=0, br_mcast_snooping=0)
        self._bridges[name] = ip.link_lookup(ifname=ifname)[0]
        ip.link("set", index=self._bridges[name], state="up")
        return {}

    def namespace(self, name: str) -> dict[str, Any]:
        """A new namespace, with its loopback up."""
        self._enter(_SWITCH)
        unshare(NEW_NET)
        self._keep(name)
        with self._inside(name):
            _without_multicast()
            _set("net/ipv4/conf/all/rp_filter", 0)
            _set("net/ipv4/conf/default/rp_filter", 0)
            _set("net/ipv4/conf/all/arp_ignore", 1)  # an address is answered for on its own interface only
            _set("net/ipv4/ip_local_port_range", "49152 65535")  # Windows' own side of a connection
            _set("net/ipv4/neigh/default/mcast_solicit", 1)
            _set("net/ipv4/neigh/default/retrans_time_ms", _ARP_MILLISECONDS)
        ip = self._ip(name)
        ip.link("set", index=1, state="up")
        return {"pid": os.getpid(), "fd": self._namespaces[name]}

    def drop(self, name: str) -> dict[str, Any]:
        """Let a namespace go, its wires first: sockets that are still open in it would keep it on the bridge."""
        self._unplug(name)
        self._routes.pop(name).close()
        os.close(self._namespaces.pop(name))
        return {}

    def plug(self, name: str, nics: list[dict[str, Any]], loopback: list[str]) -> dict[str, Any]:
        """Give a namespace these adapters in the place of those that it has; `loopback` are addresses of no wire."""
        switch, ip = self._ip(_SWITCH), self._ip(name)
        self._unplug(name)
        for address in loopback:
            with suppress(_exists()):
                ip.addr("add", index=1, address=address, prefixlen=32)
        for number, nic in enumerate(nics):
            self._count += 1
            outer, inner = f"v{self._count}", f"eth{number}"
            peer = {"ifname": inner, "net_ns_fd": self._namespaces[name]}
            switch.link("add", ifname=outer, kind="veth", peer=peer)
            index = switch.link_lookup(ifname=outer)[0]
            switch.link("set", index=index, master=self._bridges[nic["bridge"]], state="up")
            self._configure(name, inner, nic)
        return {}

    def _unplug(self, name: str) -> None:
        ip = self._ip(name)
        for link in ip.get_links():
            if link["index"] != 1:
                with suppress(Exception):  # the other end of one that is gone already
                    ip.link("del", index=link["index"])

    def _configure(self, name: str, ifname: str, nic: dict[str, Any]) -> None:
        ip = self._ip(name)
        index = ip.link_lookup(ifname=ifname)[0]
        with self._inside(name):
            _set(f"net/ipv4/conf/{ifname}/forwarding", int(nic["forwarding"]))
            _set(f"net/ipv4/neigh/{ifname}/mcast_solicit", 1)
            _set(f"net/ipv4/neigh/{ifname}/retrans_time_ms", _ARP_MILLISECONDS)
        for address in nic["addresses"]:
            ip.addr("add", index=index, address=address, prefixlen=32)
        ip.link("set", index=index, state="up")
        for route in sorted(nic["routes"], key=lambda item: bool(item["via"])):
            way = {"gateway": route["via"], "flags": ["onlink"]} if route["via"] else {"scope": 253}
            with suppress(_exists()):  # two of one prefix and metric: the first counts
                ip.route("add", dst=route["to"], oif=index, priority=route["metric"] + 1, **way)

    def rules(self, name: str, commands: list[dict[str, Any]]) -> dict[str, Any]:
        """Carry nftables commands out in a namespace, all or none."""
        with self._inside(name):
            self._nft.run(commands)
        return {}

    def listen(self, name: str, address: str, port: int, protocol: str = "tcp") -> socket.socket:
        """A socket that listens in a namespace, for `tcp` or `udp`."""
        stream = protocol == "tcp"
        with self._inside(name):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_IP, getattr(socket, "IP_FREEBIND", 15), 1)
            made.bind((address, port))
            if stream:
                made.listen(64)
        return made

    def open(self, name: str) -> socket.socket:
        """A TCP socket in a namespace, not connected."""
        with self._inside(name):
            return socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    def capture(self, name: str) -> socket.socket:
        """A socket that sees every frame of a namespace's adapters, now and later."""
        with self._inside(name):
            return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_ETHERNET))

    def connect(self, name: str, address: str, port: int, seconds: float) -> dict[str, Any]:
        """Tell whether a TCP connection from a namespace is taken; `refused` and `silent` say how it is not."""
        with self._inside(name):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.settimeout(seconds)
        with made:
            try:
                made.connect((address, port))
            except ConnectionRefusedError:
                return {"end": "refused"}
            except OSError:
                return {"end": "silent"}
            return {"end": "taken"}

    def serve(self, channel: socket.socket) -> None:
        """Answer requests until the channel is closed."""
        while message := channel.recv(_LARGEST):
            request = json.loads(message)
            try:
                done = getattr(self, request.pop("do"))(**request)
            except Exception as problem:  # the emulated host is told, whatever it is
                channel.send(json.dumps({"error": f"{type(problem).__name__}: {problem}"}).encode())
                continue
            if isinstance(done, socket.socket):
                with done:
                    socket.send_fds(channel, [b"{}"], [done.fileno()])
            else:
                channel.send(json.dumps(done).encode())

    def _keep(self, name: str) -> None:
        self._namespaces[name] = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def _enter(self, name: str) -> None:
        enter_network(self._namespaces[name])

    @contextmanager
    def _inside(self, name: str) -> Iterator[None]:
        self._enter(name)
        try:
            yield
        finally:
            self._enter(_SWITCH)

    def _ip(self, name: str) -> Any:
        if name not in self._routes:
            with self._inside(name):
                self._routes[name] = load_iproute()()
        return self._routes[name]


def _own_user_namespace() -> None:
    user, group = os.getuid(), os.getgid()
    _step("user namespaces", lambda: unshare(NEW_USER))
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        _step("user namespaces", lambda name=name, text=text: Path(f"/proc/self/{name}").write_text(text))  # type: ignore[misc]


def _step(what: str, do: Callable[[], Any]) -> Any:
    """Do something, and name it where it fails."""
    try:
        return do()
    except Exception as problem:
        said = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise RuntimeError(f"{what}: {said}") from problem


def _set(key: str, value: int | str) -> None:
    with suppress(FileNotFoundError):
        Path("/proc/sys", key).write_text(str(value), encoding="ascii")


def _without_multicast() -> None:
    """Keep IPv6's solicitations and IGMP's reports off the current namespace: they would fill the captures."""
    _set("net/ipv4/igmp_link_local_mcast_reports", 0)
    for which in ("all", "default"):
        _set(f"net/ipv6/conf/{which}/disable_ipv6", 1)


def _exists() -> type[Exception]:
    kind: type[Exception] = importlib.import_module("pyroute2.netlink.exceptions").NetlinkError
    return kind


def main(descriptor: int) -> None:
    """Be the helper until the channel is closed or the parent ends."""
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
    channel = socket.socket(fileno=descriptor)
    try:
        helper = KernelHelper()
        helper.probe()
    except (OSError, RuntimeError) as problem:
        channel.send(json.dumps({"error": str(problem)}).encode())
        return
    channel.send(json.dumps({"rootless": helper.rootless}).encode())
    helper.serve(channel)


if __name__ == "__main__":
    main(int(sys.argv[1]))
