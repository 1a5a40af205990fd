"""The guard over all tests itself."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_no_test_connects_to_another_machine(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(AssertionError, match="wants to connect"):
        one.connect((host, 443))


def test_loopback_is_allowed() -> None:
    with socket.socket() as server, socket.socket() as one:
        server.bind(("127.0.0.1", 0))
        server.listen()
        one.connect(server.getsockname())
