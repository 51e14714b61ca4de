"""What a host can do, by version: hcsshim's ranges and the proxy policy's build."""

import pytest

from hnskit.model.hns_features import SUPPORT, Feature, requirement, supports


@pytest.mark.parametrize(
    ("version", "build", "expected"),
    [
        ((7, 2), 17134, True),
        ((9, 3), 17763, True),
        ((9, 3), None, True),
        ((7, 2), None, True),
        ((7, 1), None, False),
        (None, 17134, True),
        (None, 16299, False),
        ((9, 3), 16299, False),
        (None, None, False),
    ],
)
def test_proxy_policy_is_told_by_the_build_else_by_hns(
    version: tuple[int, int] | None, build: int | None, expected: bool
) -> None:
    assert supports(version, build, Feature.PROXY) is expected


@pytest.mark.parametrize(
    ("feature", "yes", "no"),
    [
        (Feature.V2_API, [(9, 2), (16, 0)], [(9, 1), (5, 1)]),
        (Feature.DSR, [(9, 3), (9, 99), (10, 2), (11, 0)], [(9, 2), (10, 0), (10, 1)]),
        (Feature.SLASH_32, [(9, 3), (10, 4), (13, 3)], [(10, 3)]),
        (
            Feature.L4_PROXY_NETWORK,
            [(9, 5), (10, 5), (11, 11), (12, 1), (13, 1), (15, 0)],
            [(9, 4), (10, 4), (11, 10), (12, 0), (13, 0)],
        ),
        (Feature.L4_WFP_PROXY, [(13, 2), (13, 3), (14, 0)], [(13, 1), (9, 5)]),
        (Feature.DUAL_STACK, [(11, 10), (12, 0)], [(11, 9)]),
        (Feature.ACCELNET, [(15, 4), (16, 0)], [(15, 3)]),
    ],
)
def test_a_feature_is_there_in_its_ranges_of_versions(
    feature: Feature, yes: list[tuple[int, int]], no: list[tuple[int, int]]
) -> None:
    """Later minors of an older line have what was carried back to it; the next major may not."""
    assert [version for version in yes if not supports(version, None, feature)] == []
    assert [version for version in no if supports(version, None, feature)] == []


def test_unknown_version_counts_as_no() -> None:
    assert not any(supports(None, None, feature) for feature in Feature)


def test_every_feature_has_its_versions_and_source() -> None:
    assert set(SUPPORT) == set(Feature)
    assert all(row.source and row.since == tuple(sorted(row.since)) for row in SUPPORT.values())


def test_requirement_names_the_version() -> None:
    assert "13.2" in requirement(Feature.L4_WFP_PROXY)
    assert "17134" in requirement(Feature.PROXY)
    assert "HNS 9.3 to 9.x, 10.2 or later is needed" in requirement(Feature.DSR)
