"""Docker images of the emulated host, what is inside them, and the tarballs that lie on its disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from hnskit.emulator.host.profiles import Profile

NANOSERVER_PROGRAMS = frozenset({"cmd", "curl", "hostname", "ipconfig", "ping", "route"})
"""Nano Server has curl.exe and no PowerShell."""


@dataclass(frozen=True, slots=True)
class Content:
    """The files and programs of an image."""

    programs: frozenset[str]
    """Names without .exe."""
    bytes: int
    user: str = ""
    """Default user of a process; "" is ContainerAdministrator."""
    command: tuple[str, ...] = ()


@dataclass(slots=True)
class DockerImage:
    """An image under one name."""

    id: str
    repository: str
    tag: str
    content: Content
    created: float
    digest: str = "<none>"

    @property
    def name(self) -> str:
        """repository:tag"""
        return f"{self.repository}:{self.tag}"


NANOSERVER = Content(NANOSERVER_PROGRAMS, 250_000_000, "ContainerUser", (r"c:\windows\system32\cmd.exe",))
METADATA_PROXY = Content(NANOSERVER_PROGRAMS | {"metadata-proxy"}, 271_000_000)

SERVERCORE = Content(NANOSERVER_PROGRAMS | {"powershell"}, 3_600_000_000, command=(r"c:\windows\system32\cmd.exe",))

TARBALLS = {
    r"c:\images\metadata-proxy.tar.gz": METADATA_PROXY,
    r"c:\temp\servercore.gz": SERVERCORE,
}
"""Path in lower case -> what `docker import` makes of it."""


@dataclass(slots=True)
class Disk:
    """The host's files, as far as Docker reads them."""

    tarballs: dict[str, Content] = field(default_factory=lambda: dict(TARBALLS))

    def tarball(self, path: str) -> Content | None:
        """A tarball by its path, in Windows' way: no letter case, either slash."""
        return self.tarballs.get(path.replace("/", "\\").lower())


_TAGS = {17134: "1803", 17763: "1809", 20348: "ltsc2022", 26100: "ltsc2025"}
"""Build of a Windows -> the tag of its base images."""
_REGISTRY = {"mcr.microsoft.com/windows/nanoserver": NANOSERVER, "mcr.microsoft.com/windows/servercore": SERVERCORE}
"""Repositories that the emulated host can pull from."""


def base_image_tag(profile: Profile) -> str:
    """The Nano Server that a process-isolated container needs on this Windows."""
    return _TAGS[profile.build]


def denied(repository: str) -> str:
    """Docker's words for a repository that is not there, or is private."""
    return (
        f"pull access denied for {repository}, repository does not exist or may require 'docker login': denied: "
        "requested access to the resource is denied"
    )


def pulled(name: str, profile: Profile) -> Content:
    """The content that the registry has under a name.

    The words are moby's (distribution/pull_v2_windows.go, distribution/errors.go); real hosts were not asked.

    Raises:
        LookupError: it has no such image, or one of a newer Windows.
    """
    repository, tag = split_name(name)
    if repository not in _REGISTRY:
        raise LookupError(denied(repository))
    builds = {known: build for build, known in _TAGS.items()}
    if tag not in builds:
        raise LookupError(f'manifest for {name} not found: manifest unknown: manifest tagged by "{tag}" is not found')
    if builds[tag] > profile.build:
        raise LookupError(
            f"a Windows version 10.0.{builds[tag]}-based image is incompatible with a 10.0.{profile.build} host"
        )
    return _REGISTRY[repository]


def split_name(reference: str) -> tuple[str, str]:
    """Repository and tag; without a tag it is `latest`."""
    head, slash, last = reference.rpartition("/")
    repository, colon, tag = last.partition(":")
    return f"{head}{slash}{repository}", tag if colon else "latest"
