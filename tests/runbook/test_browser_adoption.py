"""A redirect made by hand, taken over by clicks in a real browser: on the start page and in a step notebook.

Screenshots are kept in `runs/browser` (or HNSKIT_SCREENSHOTS): look at them.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

from hnskit.facts.host_facts import gather_facts
from hnskit.facts.source import connect
from hnskit.params.desired import desired_from
from hnskit.params.loading import load_params
from tests.contract.questions.asking import PROXY, World
from tests.jupyter_fixture import PAGE, PARAMS, Desk, button

pytestmark = pytest.mark.slow


class ByHand:
    """A host on which somebody typed the original's steps; nobody told hnskit."""

    def __init__(self, desk: Desk, name: str) -> None:
        desk.params(name, cut_seconds="0")
        self._params = load_params(desk.folder / PARAMS)
        with connect(self._params) as session, ExitStack() as stack:
            self._world = World(session, desired_from(self._params), stack)
            self._make()
            stack.pop_all()  # what was made stays
        self.before = self.policies()

    def _make(self) -> None:
        w, wanted = self._world, self._world.wanted
        subnet = {"AddressPrefix": wanted.network.prefix, "GatewayAddress": wanted.network.gateway}
        w.hns("POST", "/networks", {"Name": wanted.network.name, "Type": "L2Bridge", "Subnets": [subnet]})
        w.attach(w.make(IPAddress=str(wanted.gateway.address), GatewayAddress="0.0.0.0", Name="cbr0")["ID"], 1)
        w.docker("import", wanted.proxy.import_path, wanted.proxy.image)
        proxy = self._container(wanted.proxy)
        words = ["route.exe", "add", "169.254.169.254", "mask", "255.255.255.255", str(wanted.gateway.address)]
        w.docker("exec", "--user", "ContainerAdministrator", wanted.proxy.name, *words)
        for one in wanted.clients:
            client = self._container(one)
            w.set(client["ID"], *client["Policies"], {**PROXY, "Destination": f"{proxy['IPAddress']}:80"})

    def _container(self, one: Any) -> dict[str, Any]:
        w = self._world
        w.docker("run", "--detach", "--name", one.name, "--network", "none", one.image, *one.command)
        nat = {"Policies": [{"Type": "OutBoundNAT"}], "DNSServerList": ",".join(w.wanted.network.dns)}
        made = w.make(GatewayAddress=str(w.wanted.gateway.address), **nat)
        w.attach(made["ID"], w.compartment(one.name))
        return w.get(made["ID"])

    def double(self) -> None:
        """A second endpoint of the bridge in the first client's compartment."""
        with connect(self._params) as session, ExitStack() as stack:
            w = World(session, self._world.wanted, stack)
            w.attach(
                w.make(GatewayAddress=str(w.wanted.gateway.address))["ID"], w.compartment(w.wanted.clients[0].name)
            )
            stack.pop_all()
        self.before = self.policies()

    def policies(self) -> dict[str, Any]:
        """Id of an endpoint -> its policies, as the host shows them."""
        with connect(self._params) as session:
            return {item.id: item.policies for item in gather_facts(session).endpoints}


def test_the_start_page_offers_it_refuses_without_it_and_takes_it_over(desk: Desk) -> None:
    """The box *Take over what was made by hand*; the redirect is proved, and no endpoint is another than before."""
    host = ByHand(desk, "byhand")
    tab = desk.open(PAGE)
    tab.run_all()
    tab.see("3. Run")
    button(tab, "Connect").click()
    tab.see("Take over 9 objects").scroll_into_view_if_needed()
    tab.picture("9-adoption-offered")
    button(tab, "Run").click()
    tab.see("nothing was changed: made by hand").scroll_into_view_if_needed()
    tab.picture("9-adoption-refused")
    assert host.policies() == host.before
    tab.page.get_by_label("Take over what was made by hand").check()
    button(tab, "Run").click()
    tab.see("in place and proved").scroll_into_view_if_needed()
    tab.picture("9-adopted")
    assert host.policies() == host.before
    tab.close()
    tab.leave()


def test_a_step_notebook_asks_before_it_takes_over(desk: Desk) -> None:
    """The button asks; after "yes" the result says what was adopted."""
    host = ByHand(desk, "byhand2")
    tab = desk.open("notebooks/20_proxy_container.ipynb")
    tab.run_all()
    tab.see("The button above has not been pressed yet")
    button(tab, "Start the proxy").click()
    tab.see("Take over 2 objects").scroll_into_view_if_needed()
    tab.picture("9-notebook-asks")
    assert host.policies() == host.before
    button(tab, "Yes, take over").click()
    tab.see("2 objects made by hand adopted").scroll_into_view_if_needed()
    tab.picture("9-notebook-adopted")
    assert host.policies() == host.before
    tab.close()
    tab.leave()


def test_two_candidates_are_named_on_the_start_page_and_nothing_is_changed(desk: Desk) -> None:
    """Before a run, and by the run itself, the box ticked."""
    host = ByHand(desk, "doubled")
    host.double()
    tab = desk.open(PAGE)
    tab.run_all()
    tab.see("3. Run")
    button(tab, "Connect").click()
    tab.see("2 endpoints of hnskit-l2bridge are in hnskit-client1").scroll_into_view_if_needed()
    tab.picture("9-two-candidates")
    tab.page.get_by_label("Take over what was made by hand").check()
    button(tab, "Run").click()
    tab.see("the host is not fit, nothing was changed").scroll_into_view_if_needed()
    tab.picture("9-two-candidates-run")
    assert host.policies() == host.before
    tab.close()
    tab.leave()
