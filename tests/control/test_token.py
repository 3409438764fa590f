"""Tokens of pages, and what is none."""

from __future__ import annotations

import base64

import pytest

from alula.control.token import decode, encode
from alula.errors import InvalidInput


@pytest.mark.parametrize("place", [("", 0), ("ä🎉", -(1 << 63) + 1), ("n" * 500, (1 << 63) - 1)])
def test_a_token_leads_back_to_its_place(place: tuple[str, int]) -> None:
    assert decode(encode("kind", *place), "kind", (str, int)) == place


@pytest.mark.parametrize("text", [r'"\ud800"', r'"a\u0000"', "true", "1", "null", "[]", "9" * 5000, "NaN"])
def test_what_no_database_takes_is_no_place(text: str) -> None:
    token = base64.urlsafe_b64encode(f'["kind", {text}]'.encode()).decode().rstrip("=")
    with pytest.raises(InvalidInput, match="token"):
        decode(token, "kind", (str,))
