"""Parameters are strict: every mistake at once, with its path, before any contact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import ParamsError
from hnskit.facts.source import connection_settings
from hnskit.params.loading import load_params, params_from
from tests import sample_facts

EXAMPLE = sample_facts.PARAMS.parent / "windows-host.example.yaml"


def mistakes(*overrides: str, path: Path = sample_facts.PARAMS) -> dict[str, str]:
    with pytest.raises(ParamsError) as caught:
        load_params(path, overrides=overrides)
    return {mistake.path: mistake.message for mistake in caught.value.mistakes}


@pytest.mark.parametrize("path", [sample_facts.PARAMS, EXAMPLE], ids=["emulator", "example"])
def test_shipped_files_are_right(path: Path) -> None:
    """The files in params/ load, and every key of the model is described in one of them."""
    assert load_params(path).network.name == "hnskit-l2bridge"


@pytest.mark.parametrize("name", ["pods", "containerd"])
def test_the_files_for_containerd_are_right_and_come_back_as_they_were(name: str) -> None:
    """Also from their own model, where what is not given stands for nothing."""
    params = load_params(sample_facts.PARAMS.parent / f"{name}.example.yaml")
    written = params.model_dump(mode="json", by_alias=True, exclude={"source"})
    assert params_from(written).model_dump() == {**params.model_dump()}


PODS = sample_facts.PARAMS.parent / "pods.example.yaml"


@pytest.mark.parametrize(
    ("path", "override", "place", "words"),
    [
        (PODS, "runtime=docker", "pods", "set runtime: containerd"),
        (PODS, "pods=[]", "clients", "nothing is redirected"),
        (PODS, "pods=[{}]", "pods[0]", "at least one of namespace, name and labels"),
        (PODS, "proxy.pod={}", "proxy.pod", "at least one of"),
        (PODS, "proxy.image=a/b:1", "proxy.image", "is there already"),
        (PODS, "proxy.address=10.0.0.7", "proxy.pod", "leave them out"),
        (PODS, "network={name: abc, subnet: 10.0.1.0/24}", "network", "is not needed"),
        (PODS, "proxy={address: 10.240.1.77}", "verify.proof.log", "of an address there is none"),
        (PODS, "proxy={}", "proxy.image", "is missing"),
        (PODS, "pods=[{nmae: x}]", "pods[0].nmae", "did you mean name?"),
        (sample_facts.PARAMS, "runtime=containerd", "proxy.import", "ctr imports no bare file system"),
        (sample_facts.PARAMS, "runtime=podman", "runtime", "docker"),
        (sample_facts.PARAMS, "proxy.pod={name: x}", "proxy.pod", "set runtime: containerd"),
    ],
)
def test_what_a_runtime_does_not_have_is_named(path: Path, override: str, place: str, words: str) -> None:
    assert words in mistakes(override, path=path)[place]


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("network.subnett=10.0.0.0/8", "network.subnett", "no such key; did you mean subnet?"),
        ("redirct.port=80", "redirct", "no such key; did you mean redirect?"),
        ("clients[0].adress=10.0.1.7", "clients[0].adress", "no such key; did you mean address?"),
        ("proxy.imprt=x", "proxy.imprt", "no such key; did you mean import?"),
        ("foo=1", "foo", "no such key"),
        ("source=x", "source", "no such key"),
        ('proxy.port="80"', "proxy.port", "whole number"),
        ("proxy.port=0", "proxy.port", "1 or more"),
        ("proxy.port=65536", "proxy.port", "65535 or less"),
        ("network.dns=168.63.129.16", "network.dns", "list"),
        ("clients=[]", "clients", "empty"),
        ("clients[1].address=10.0.2.5", "clients[1].address", "outside"),
        ("clients[1].address=10.0.1.1", "clients[1].address", "reserved by HNS"),
        ("clients[1].address=10.0.1.2", "clients[1].address", "taken by gateway_endpoint.address"),
        ("clients[1].address=10.0.1.255", "clients[1].address", "broadcast"),
        ("clients[1].address=10.0.1.300", "clients[1].address", "IPv4 address"),
        ("clients[1].name=hnskit-client1", "clients[1].name", "clients[0].name"),
        ("clients[1].name=a b", "clients[1].name", "letters"),
        ("network.subnet=10.0.1.5/24", "network.subnet", "10.0.1.0/24"),
        ("network.subnet=10.0.1.0/30", "network.subnet", "no room"),
        ("redirect.address=10.0.1.9", "redirect.address", "inside"),
        ("target=lab", "target", "emulator://NAME"),
        ("target=winrm://host:99999", "target", "port"),
        ("target=winrm://127.0.0.1/x", "target", "a name or an IPv4 address"),
        ("target=winrm://127.0.0.1?x", "target", "a name or an IPv4 address"),
        ("target='winrm://127.0.0.1#x'", "target", "a name or an IPv4 address"),
        ("target=winrm://host%00", "target", "a name or an IPv4 address"),
        ("target=winrm://host\\x", "target", "a name or an IPv4 address"),
        ("target=winrm://-h", "target", "a name or an IPv4 address"),
        ("target=winrm://..", "target", "a name or an IPv4 address"),
        (f"target=winrm://{'a' * 64}", "target", "a name or an IPv4 address"),
        ("target=winrm://host:\u0663", "target", "port"),
        ("target=winrm://[::1]:5985", "target", "IPv6"),
        ("target=snapshot:", "target", "snapshot:FILE"),
        ("connection.proxy=http://h:99999", "connection.proxy", "HOST:PORT"),
        ("connection.proxy=http://h:0", "connection.proxy", "HOST:PORT"),
        ("connection.proxy=http://..:3128", "connection.proxy", "HOST:PORT"),
        (f"connection.proxy=http://{'a' * 64}:3128", "connection.proxy", "HOST:PORT"),
        ("connection.credential=hunter2", "connection.credential", "never the secret"),
        ("connection.auth=basic", "connection.auth", "https"),
        ("verify.control.port=80", "verify.control.port", "redirected port"),
        ("verify.proof={}", "verify.proof", "at least one"),
        ("verify.path=/x", "verify.proof.log", "{probe}"),
        ("verify.headers={Metadata: true}", "verify.headers.Metadata", "text"),
        ("clients[9].name=x", "--set clients[9].name", "there is no"),
        ("redirect.address=", "redirect.address", "empty"),
        ("gateway_endpoint.address=", "gateway_endpoint.address", "empty"),
        ("network.dns=['']", "network.dns[0]", "empty"),
        ("proxy.image=--privileged", "proxy.image", "name of an image"),
        ('proxy.image="a:b\\n"', "proxy.image", "name of an image"),
        ('proxy.name="a-proxy\\n"', "proxy.name", "letters"),
        ('network.name="net\\n"', "network.name", "letters"),
        ('target="winrm://host\\n"', "target", "emulator://NAME"),
        ('verify.path="/{probe}\\n"', "verify.path", "no blanks"),
        ("target=winrm://u:p@host", "target", "no user in a target"),
        ("connection.auth=certificate", "connection.certificate_key", "is needed"),
        ("verify.proof.log=GET", "verify.proof.log", "old line"),
        ("nonsense", "--set nonsense", "key.path=value"),
    ],
)
def test_each_mistake_is_named_with_its_path(override: str, path: str, words: str) -> None:
    """A wrong value is refused at its own path, in words."""
    assert words in mistakes(override)[path]


def test_a_password_of_no_account_is_a_mistake() -> None:
    """Without the name no login would use it, and a Kerberos ticket be missed."""
    given = ("target=winrm://host", "connection.credential=env:X")
    assert "is needed with connection.credential" in mistakes(*given)["connection.username"]
    load_params(sample_facts.PARAMS, overrides=(*given, "connection.username=someone"))
    load_params(sample_facts.PARAMS, overrides=("target=ssh://host", "connection.credential=env:X"))


def test_all_mistakes_come_at_once() -> None:
    """Wrong types do not hide clashes elsewhere in the file."""
    found = mistakes("proxy.port=x", "clients[0].address=10.0.1.1", "extra=1", "network.name=''")
    assert {"proxy.port", "clients[0].address", "extra", "network.name"} <= set(found)


@pytest.mark.parametrize(
    "override",
    [
        "connection.credential=hunter2",
        "connection.password=hunter2",
        "connection.username=[hunter2]",
        "target=winrm://operator:hunter2@host",
        "connections[3].password=hunter2",
    ],
)
def test_a_secret_put_where_none_belongs_is_not_repeated(override: str) -> None:
    """Whatever somebody writes below `connection`, or into a target, is not printed back."""
    with pytest.raises(ParamsError) as caught:
        load_params(sample_facts.PARAMS, overrides=[override])
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.to_json())


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("target: a\ntarget: b\n", "line 2", "twice"),
        ("target: [}\n", "line 1", "expected"),
        ("- a\n", "(file)", "mapping"),
        ("", "(file)", "is empty"),
        ("target: !!python/object/apply:os.system [ls]\n", "line 1", "could not determine a constructor"),
    ],
    ids=["doubled key", "broken", "list", "empty", "code"],
)
def test_a_file_that_is_no_parameter_file_is_named_with_the_line(
    tmp_path: Path, text: str, path: str, words: str
) -> None:
    """YAML mistakes have a line."""
    file = tmp_path / "p.yaml"
    file.write_text(text)
    assert words in mistakes(path=file)[path]


def test_a_file_that_is_not_there_is_a_params_error(tmp_path: Path) -> None:
    """The exit status is that of parameters, not of a crash."""
    assert "cannot be read" in mistakes(path=tmp_path / "none.yaml")["(file)"]


def test_override_reaches_into_lists_and_is_yaml() -> None:
    """--set takes the same types as the file."""
    params = load_params(
        sample_facts.PARAMS, overrides=["clients[0].address=10.0.1.20", "proxy.route=false", "network.dns=[]"]
    )
    assert params.clients[0].address == "10.0.1.20"
    assert params.proxy.route is False
    assert params.network.dns == []


def test_redirects_of_a_client_stand_in_place_of_the_top_level_one() -> None:
    """Several of them, each with defaults; none given means the top-level redirect."""
    wanted = sample_facts.desired("clients[0].redirects=[{port: 81}, {address: 169.254.169.253}]")
    assert [redirect.what for redirect in wanted.clients[0].redirects] == ["169.254.169.254:81", "169.254.169.253:80"]
    assert [redirect.what for redirect in wanted.clients[1].redirects] == ["169.254.169.254:80"]


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("clients[0].redirects=[]", "clients[0].redirects", "must not be empty"),
        ("clients[0].redirects=[{prot: 81}]", "clients[0].redirects[0].prot", "no such key; did you mean port?"),
        ("clients[0].redirects=[{port: 81}, {port: 81}]", "clients[0].redirects[1]", "redirects already"),
        ("clients[0].redirects=[{address: 10.0.1.9}]", "clients[0].redirects[0].address", "lies inside"),
        ("clients[0].redirects=[{port: 8080}]", "verify.control.port", "redirected port"),
        ("network.subnet=10.0.1.0/30", "network.subnet", "no room"),
    ],
)
def test_redirects_are_checked_like_everything_else(override: str, path: str, words: str) -> None:
    """Each mistake is named with its place."""
    with pytest.raises(ParamsError) as caught:
        load_params(sample_facts.PARAMS, overrides=[override])
    assert words in {mistake.path: mistake.message for mistake in caught.value.mistakes}[path]


def test_a_subnet_too_small_for_its_clients_is_a_mistake() -> None:
    """A /29 has room for five endpoints beside HNS's own gateway."""
    clients = ", ".join(f"{{name: c{n}x, image: i}}" for n in range(4))
    with pytest.raises(ParamsError, match="room for 5 endpoints, 6 are wanted"):
        load_params(sample_facts.PARAMS, overrides=["network.subnet=10.0.1.0/29", f"clients=[{clients}]"])


@pytest.mark.parametrize(
    ("overrides", "blamed", "advice"),
    [
        (["foo"], "1 mistake in what replaces the file's values", "Correct these values"),
        (["proxy.port=0"], "1 mistake in what replaces the file's values", "Correct these values"),
        (["clients=[]"], "1 mistake in what replaces the file's values", "Correct these values"),
    ],
)
def test_the_file_is_not_blamed_for_what_an_override_gives(overrides: list[str], blamed: str, advice: str) -> None:
    """Who is sent to correct the file finds nothing wrong there."""
    with pytest.raises(ParamsError) as caught:
        load_params(sample_facts.PARAMS, overrides=overrides)
    assert str(caught.value).startswith(blamed)
    assert caught.value.next_step.startswith(advice)


def test_file_and_override_are_both_blamed_for_their_own(tmp_path: Path) -> None:
    """One mistake of each."""
    file = tmp_path / "p.yaml"
    file.write_text(sample_facts.PARAMS.read_text() + "\nnope: 1\n")
    with pytest.raises(ParamsError, match=r"p\.yaml and what replaces the file's") as caught:
        load_params(file, overrides=["proxy.port=0"])
    assert {mistake.path for mistake in caught.value.mistakes} == {"nope", "proxy.port"}
    with pytest.raises(ParamsError, match=r"1 mistake in .*p\.yaml:"):
        load_params(file, overrides=["proxy.port=81"])


@pytest.mark.parametrize(
    ("override", "path", "words"),
    [
        ("clients=[]", "clients", "must not be empty"),
        ("network.subnet=10.0.1", "network.subnet", "a subnet such as 10.0.1.0/24 is wanted"),
        ("network.subnet=10.0.1.7/24", "network.subnet", "the subnet of this address is 10.0.1.0/24: write that"),
        ("gateway_endpoint.address=x", "gateway_endpoint.address", "an IPv4 address such as 10.0.1.2 is wanted"),
        ("verify.path=nope", "verify.path", "must begin with /"),
        ("proxy.port=0", "proxy.port", "1 or more is wanted"),
        ("verify.timeout=500", "verify.timeout", "300 or less is wanted"),
        ("connection.transport=ftp", "connection.transport", "one of these is wanted: 'http' or 'https'"),
        ("emulator.faults.second_user=x", "emulator.faults.second_user", "`network NAME`"),
    ],
)
def test_a_mistake_says_what_is_wanted(override: str, path: str, words: str) -> None:
    """In words of the parameters, not of the library that checks them."""
    assert mistakes(override)[path].startswith(words)


def test_a_missing_file_is_not_to_be_corrected(tmp_path: Path) -> None:
    """There is nothing in it that could be wrong."""
    with pytest.raises(ParamsError) as caught:
        load_params(tmp_path / "none.yaml")
    assert "Correct the file" not in str(caught.value)


def test_a_key_that_is_a_list_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    """YAML allows it, no parameter has it."""
    file = tmp_path / "p.yaml"
    file.write_text("? [a]\n: 1\n")
    assert "a key must be a word" in mistakes(path=file)["line 1"]


@pytest.mark.parametrize(
    ("written", "transport", "known_as"),
    [
        ("winrm://HOST.Example.com", "https", "winrm://host.example.com"),
        ("winrm://HOST:5986", "https", "winrm://host"),
        ("winrm://HOST:", "https", "winrm://host"),
        ("winrm://h\u00e4st.example.com", "https", "winrm://h\u00e4st.example.com"),
        ("winrm://host:5985", "http", "winrm://host"),
        ("winrm://host:5985", "https", "winrm://host:5985"),
        ("winrm://10.0.0.4:8443", "https", "winrm://10.0.0.4:8443"),
        ("emulator://Lab", "http", "emulator://Lab"),
        ("snapshot:Dump/A.json", "http", "snapshot:Dump/A.json"),
    ],
)
def test_a_host_has_one_name_however_it_is_spelt(written: str, transport: str, known_as: str) -> None:
    """Claims, journals and folders of runs take it from there; the names of emulated hosts and files know case."""
    params = load_params(sample_facts.PARAMS, overrides=[f"target={written}", f"connection.transport={transport}"])
    assert params.target == known_as


@pytest.mark.parametrize(
    ("overrides", "where"),
    [
        (["target=winrm://Host:5986", "connection.transport=https"], ("host", 5986, True)),
        (["target=winrm://Host", "connection.transport=http"], ("host", 5985, False)),
        (["target=winrm://Host:5985", "connection.transport=https"], ("host", 5985, True)),
        (["target=winrm://Host:8443", "connection.transport=https"], ("host", 8443, True)),
    ],
)
def test_the_port_that_is_reached_is_the_one_that_was_meant(overrides: list[str], where: tuple[Any, ...]) -> None:
    """With its default left out of the target or not."""
    settings = connection_settings(load_params(sample_facts.PARAMS, overrides=overrides))
    assert (settings.server, settings.port, settings.ssl) == where
