# SPDX-License-Identifier: GPL-2.0-only
"""The ways in which an election can be carried, each through a takeover and back."""

from collections.abc import Iterator

import pytest
from lab import topology
from lab.cluster import Lab
from lab.node import Settings

BLUE = topology.BLUE
FIRST, SECOND = BLUE.order[:2]

WAYS = {
    "multicast-ipv4": Settings(multicast=True),
    "multicast-ipv6": Settings(multicast=True, ipv6_only=True),
    "unicast-ipv6": Settings(ipv6_only=True),
    "shortest-interval": pytest.param(Settings(advert_interval="10ms"), marks=pytest.mark.alone),
    "rfc9568-checksum": Settings(vrrp={"checksum": "rfc9568"}),
}


@pytest.fixture(scope="module", params=WAYS.values(), ids=WAYS.keys())
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    yield request.param


def vips(lab: Lab) -> tuple[str, ...]:
    return (BLUE.vip6,) if lab.settings.ipv6_only else BLUE.vips


def test_one_node_owns_through_a_takeover_and_back(lab: Lab) -> None:
    probe = lab.owner_probe(*vips(lab))
    lab.nodes[FIRST].kill_vipd()
    lab.wait_owner(BLUE, SECOND)
    lab.nodes[FIRST].start_vipd()
    lab.wait_settled()
    for address, owners in probe.stop().items():
        assert owners.overlaps == 0, (address, owners)
        assert [node for _, node in owners.changes] == [FIRST, SECOND, FIRST], address


def test_adverts_go_where_the_mode_says(lab: Lab) -> None:
    """Each backup has heard the Active, by the address family and to the destination configured."""
    source = topology.address4(FIRST)
    if lab.settings.ipv6_only:
        source = (topology.link_local if lab.settings.multicast else topology.address6)(FIRST)
    for name in BLUE.order[1:]:
        instance = lab.nodes[name].instance(BLUE.name)
        assert instance["master"] == source
        assert instance["adverts_heard"] > 0
