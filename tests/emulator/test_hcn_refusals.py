"""Requests of HCN's clients that are refused, each with Windows' code."""

from __future__ import annotations

import json

import pytest

from tests.emulator.hcn_client import (
    INVALID_JSON,
    MISSING,
    NOT_FOUND,
    NOT_IMPLEMENTED,
    V2,
    ZERO,
    Client,
)


@pytest.mark.parametrize("kind", ["Network", "Endpoint", "Namespace", "LoadBalancer", "SdnRoute"])
def test_what_is_not_there_is_not_found(kind: str) -> None:
    client = Client()
    for verb in ("Open", "Query", "Modify", "Delete"):
        code, properties, record = client.ask(f"{verb}{kind}", MISSING, {})
        assert (code, properties, json.loads(record)["ErrorCode"]) == (NOT_FOUND, "", NOT_FOUND)
    assert client.found(kind, ID=MISSING) == []


@pytest.mark.parametrize("kind", ["Network", "Endpoint", "Namespace", "LoadBalancer", "SdnRoute"])
def test_a_field_that_the_schema_has_not_is_named(kind: str) -> None:
    client = Client()
    network = client.network("L2Bridge")
    body = {"Nmae": "x", "SchemaVersion": V2}
    code, _, record = client.ask(f"Create{kind}", ZERO, body, network["ID"])
    assert (code, json.loads(record)["Error"]) == (INVALID_JSON, "Invalid JSON document string. {{Nmae,UnknownField}}")


def test_before_1809_there_is_no_hcn_and_what_the_host_has_not_says_so() -> None:
    assert Client("rs4").ask("EnumerateNetwork", "", {})[0] == 0x80070032
    code, _, record = Client().ask("EnumerateGuestNetworkService", "", {})
    assert (code, "HcnEnumerateGuestNetworkService is not emulated" in record) == (NOT_IMPLEMENTED, True)


@pytest.mark.parametrize("text", ["{", "[]", '{"Filter":"x"}', '{"Filter":"[]"}'])
def test_a_query_that_is_none_is_invalid_json(text: str) -> None:
    assert Client().ask("EnumerateNetwork", "", text)[0] == INVALID_JSON
