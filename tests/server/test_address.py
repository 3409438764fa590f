"""The addresses of the doors."""

from __future__ import annotations

import pytest

from alula.errors import InvalidInput
from alula.server.address import check_loopback, join, parse_address


def test_a_port_that_only_looks_like_digits_is_refused() -> None:
    with pytest.raises(InvalidInput, match="HOST:PORT"):
        parse_address("127.0.0.1:²", "http")


def test_an_address_is_a_host_and_a_port() -> None:
    assert parse_address("127.0.0.1:0", "http") == ("127.0.0.1", 0)
    assert parse_address("[::1]:8090", "http") == ("::1", 8090)


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:8090", "localhost:80"])
def test_a_joined_address_is_read_back(address: str) -> None:
    assert join(*parse_address(address, "http")) == address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machines_own_addresses_need_no_word(host: str) -> None:
    check_loopback(host, "http")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(InvalidInput, match="--public"):
        check_loopback(host, "http")
