"""Logs in pieces: a character that is torn between two of them comes whole with the second."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alula.client.log import torn_tail


@settings(deadline=None)  # spans say nothing on a machine that others share
@given(st.text(), st.data())
def test_what_is_cut_before_a_torn_character_is_text(text: str, data: st.DataObject) -> None:
    encoded = text.encode()
    read = encoded[: data.draw(st.integers(0, len(encoded)))]
    cut = len(read) - torn_tail(read)
    assert text.startswith(read[:cut].decode())
    assert len(read) - cut <= 3


@given(st.binary())
def test_at_most_three_bytes_are_kept_back_of_anything(data: bytes) -> None:
    assert 0 <= torn_tail(data) <= min(3, len(data))
