"""The VFP extension of a network's switch switched off: the host, explain and doctor believe the same of it."""

from __future__ import annotations

from typing import Any

import pytest

from hnskit.diagnosis.datapath import trace
from hnskit.diagnosis.doctor import diagnose
from tests.emulator.host_scenario import METADATA, URL, Scenario, output


def switch(scenario: Scenario, *, on: bool) -> None:
    """What Set-HnsSwitchExtension of Microsoft's hns.psm1 sends."""
    id = scenario.host.windows_profile.vfp_extension
    body = {"Extensions": [{"Id": id, "IsEnabled": on}]}
    output(scenario.host, "POST", f"/networks/{scenario.network['ID']}", body)


def beliefs(scenario: Scenario) -> tuple[bool, bool, bool]:
    """Whether the client is answered through the proxy, explain says so, and doctor has nothing against it."""
    now = scenario.host.snapshot()
    client = next(item for item in now.containers if item.id == scenario.client_id)
    way = trace(now, client, METADATA, 80)
    said = [item for item in diagnose(now) if item.check == "vfp-off"]
    return "Via: 1.1 metadata-proxy" in scenario.ask()[1], way.verdict.rewritten_by is not None, not said


@pytest.mark.parametrize("profile", ["rs4", "ws2019", "ws2022", "ws2025"])
def test_with_vfp_off_nobody_says_that_the_redirect_works(profile: str) -> None:
    scenario = Scenario(profile)
    scenario.redirect()
    assert beliefs(scenario) == (True, True, True)
    switch(scenario, on=False)
    assert beliefs(scenario) == (False, False, False)
    switch(scenario, on=True)
    assert beliefs(scenario) == (True, True, True)


def test_the_explanation_names_the_extension_and_that_it_is_unconfirmed() -> None:
    scenario = Scenario()
    scenario.redirect()
    switch(scenario, on=False)
    now = scenario.host.snapshot()
    way = trace(now, next(item for item in now.containers if item.id == scenario.client_id), METADATA, 80)
    hops: list[Any] = [
        hop for hop in way.hops if "the Azure VFP switch extension of hnskit-l2bridge is off" in hop.sentence
    ]
    assert [hop.confirmed for hop in hops] == [False]


def test_with_vfp_off_outbound_nat_is_not_carried_out_either() -> None:
    """Nothing from the container finds its way back from outside."""
    scenario = Scenario()
    url = URL.replace(METADATA, "10.0.0.1")
    switch(scenario, on=False)
    now = scenario.host.snapshot()
    client = next(item for item in now.containers if item.id == scenario.client_id)
    verdict = trace(now, client, url.split("/")[2], 80).verdict
    assert (verdict.kind, verdict.code) == ("unreachable", "no-way-back")
