"""netsh.exe on the host: `interface ipv4` show and set, with netsh's own abbreviations (`int ipv4 set int … for=en`).

Layouts follow the samples (netsh-*.txt). What it says of a wrong interface or value is from memory: UNCONFIRMED.
"""

from __future__ import annotations

from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.windows_network import Nic, Windows
from hnskit.model.objects import HOST_COMPARTMENT

_OK = Ran(stdout="Ok.\r\n\r\n")
_NO_INTERFACE = "The filename, directory name, or volume label syntax is incorrect.\r\n\r\n"
_METRIC, _LOOPBACK_METRIC, _VNIC_METRIC = 15, 75, 5000


def run(windows: Windows, words: list[str]) -> Ran:
    """One run of netsh; everything but `interface ipv4 show|set interface|subinterface` is refused by name."""
    verbs = ("interface", "ipv4")
    if len(words) >= 4 and all(_short(word, full) for word, full in zip(words, verbs, strict=False)):
        what = next((item for item in ("interfaces", "subinterfaces") if _short(words[3], item)), "")
        if _short(words[2], "show") and what and len(words) == 4:
            return _show_interfaces(windows) if what == "interfaces" else _show_subinterfaces(windows)
        if _short(words[2], "set") and what:
            return _set(windows, words[4:], what) or _refused(words)
    return _refused(words)


def _refused(words: list[str]) -> Ran:
    return Ran(1, f"hnskit emulator: netsh {' '.join(words)} is not emulated\r\n")


def _short(word: str, full: str) -> bool:
    """Tell whether a word is a command or its beginning, as netsh takes it."""
    return bool(word) and (full.startswith(word.lower()) or (full == "ipv4" and word.lower() == "ip"))


def _host_nics(windows: Windows) -> list[Nic]:
    return [nic for nic in windows.nics_in(HOST_COMPARTMENT) if nic.bound]


def _set(windows: Windows, words: list[str], what: str) -> Ran | None:
    """Change an interface; None where a parameter is not emulated."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    plain = [word for word in words if "=" not in word]
    name = next((value for key, value in given.items() if _short(key, "interface")), plain[0] if plain else "")
    wanted = {key: value for key, value in given.items() if not _short(key, "interface")}
    nic = next((item for item in _host_nics(windows) if name.lower() in (item.name.lower(), str(item.index))), None)
    if nic is None:
        return Ran(1, _NO_INTERFACE)
    forwarding, mtu = nic.forwarding, nic.mtu
    for key, value in wanted.items():
        if what == "interfaces" and _short(key, "forwarding") and value:
            if not (_short(value, "enabled") or _short(value, "disabled")):
                return Ran(1, f"{value} is not an acceptable value for forwarding.\r\n\r\n")
            forwarding = _short(value, "enabled")
        elif _short(key, "mtu") and value.isdecimal():
            mtu = int(value)
        elif not _short(key, "store"):
            return None
    nic.forwarding, nic.mtu = forwarding, mtu
    return _OK


def _show_interfaces(windows: Windows) -> Ran:
    lines = ["", "Idx     Met         MTU          State                Name",
             "---  ----------  ----------  ------------  ---------------------------"]  # fmt: skip
    for nic in _host_nics(windows):
        metric = _LOOPBACK_METRIC if nic.loopback else _METRIC if nic.physical else _VNIC_METRIC
        state = "connected" if nic.status == "Up" else "disconnected"
        lines.append(f"{nic.index:3d}  {metric:10d}  {nic.mtu:10d}  {state:<12}  {nic.name}")
    return Ran(stdout="\r\n".join([*lines, "", ""]))


def _show_subinterfaces(windows: Windows) -> Ran:
    """Bytes are not counted here: they are 0."""
    lines = ["", "   MTU  MediaSenseState   Bytes In  Bytes Out  Interface",
             "------  ---------------  ---------  ---------  -------------"]  # fmt: skip
    lines += [f"{nic.mtu:6d}  {1:15d}  {0:9d}  {0:9d}  {nic.name}" for nic in _host_nics(windows)]
    return Ran(stdout="\r\n".join([*lines, "", ""]))
