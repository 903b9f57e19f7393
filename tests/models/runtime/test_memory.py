"""How much memory a network may take."""

import sys

import numpy as np
import pytest

from gemhier.arrays import Bytes
from gemhier.models.bundle import load_bundle
from gemhier.models.bundle.files import NETWORK_FILE
from gemhier.models.images.finder import FILE as FINDER_FILE
from gemhier.models.runtime import network as network_module
from gemhier.models.runtime.litert import ExportedNetwork
from gemhier.models.runtime.memory import bounded_memory, images_at_once, most_bytes
from gemhier.models.runtime.network import MOST_AT_ONCE, Network


@pytest.mark.parametrize("name", [NETWORK_FILE, FINDER_FILE])
def test_the_shipped_networks_take_a_fifth_of_what_they_may_at_most(name: str) -> None:
    content = (load_bundle().folder / name).read_bytes()
    network = ExportedNetwork(content)
    assert len(content) < network.tensor_bytes < most_bytes(len(content)) / 5
    assert images_at_once(network.tensor_bytes, MOST_AT_ONCE) == MOST_AT_ONCE


def test_a_large_network_takes_fewer_pictures_at_once() -> None:
    assert [images_at_once(of_one, 32) for of_one in (0, 10**8, 10**9, 10**11)] == [32, 32, 5, 1]


def test_pictures_have_the_same_logits_however_many_are_taken_at_once(
    tiny_network: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    images: Bytes = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)
    together = Network(tiny_network).logits(images)
    monkeypatch.setattr(network_module, "images_at_once", lambda of_one, most: 3)
    apart = Network(tiny_network).logits(images)
    np.testing.assert_array_equal(apart.regional, together.regional)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a bound")
def test_what_goes_beyond_the_bound_is_not_there_and_afterwards_is() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    with bounded_memory(10**8):
        np.empty(5 * 10**7, np.uint8)
        with pytest.raises(MemoryError):
            np.empty(2 * 10**8, np.uint8)
    np.empty(2 * 10**8, np.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a bound")
def test_a_lower_bound_of_the_users_own_holds_on() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    own = 10**11
    resource.setrlimit(resource.RLIMIT_DATA, (own, before[1]))
    try:
        with bounded_memory(10**12):
            assert resource.getrlimit(resource.RLIMIT_DATA)[0] == own
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == own
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
