"""Which entry of the cache a call comes nearest to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alula.catalog.nearest import Entry, difference, nearest

NAMES, DIGESTS = st.sampled_from("abcd"), st.sampled_from([b"1", b"2", b"3"])
ENTRIES = st.builds(
    lambda version, interface, inputs: Entry(cache_version=version, interface=interface, inputs=inputs, source=b""),
    st.sampled_from(["1", "2"]),
    DIGESTS,
    st.dictionaries(NAMES, DIGESTS),
)


def entry(version: str = "1", interface: bytes = b"i", source: bytes = b"", **inputs: bytes) -> Entry:
    return Entry(cache_version=version, interface=interface, inputs=inputs, source=source)


def test_the_one_that_differs_in_the_fewest_parts_is_the_nearest() -> None:
    own = entry(rate=b"1", depth=b"2")
    far, near = entry(rate=b"3", depth=b"3"), entry(rate=b"1", depth=b"4")
    found = nearest(own, [far, near, own])
    assert found is not None
    assert (found.entry, found.inputs, found.is_other_version, found.is_other_interface) == (near, ("depth",), False, False)


def test_an_input_that_one_of_the_two_lacks_differs() -> None:
    assert difference(entry(a=b"1"), entry(b=b"1")).inputs == ("a", "b")


def test_of_several_that_are_as_near_the_first_is_taken() -> None:
    newer, older = entry("2", a=b"1", source=b"newer"), entry(interface=b"j", a=b"1", source=b"older")
    found = nearest(entry(a=b"1"), [newer, older])
    assert found is not None
    assert (found.entry.source, found.is_other_version) == (b"newer", True)


def test_nothing_is_near_where_there_is_nothing_else() -> None:
    assert nearest(entry(a=b"1"), []) is None
    assert nearest(entry(a=b"1"), [entry(a=b"1")]) is None


@given(ENTRIES, st.lists(ENTRIES, max_size=8))
def test_no_other_entry_differs_in_fewer_parts(own: Entry, others: list[Entry]) -> None:
    found = nearest(own, others)
    parts = [count for other in others if (count := difference(own, other).parts)]
    assert (found.parts if found else None) == min(parts, default=None)
