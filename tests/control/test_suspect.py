"""Which execution is the one that cannot be written."""

from __future__ import annotations

from alula.control.suspect import Suspects


def turn(suspects: Suspects, *keys: int) -> list[int]:
    """The executions that a turn takes, of those that wait."""
    taken = []
    suspects.begin()
    for key in keys:
        if suspects.is_alone:
            break
        suspects.note(key)
        taken.append(key)
    return taken


def test_a_turn_takes_all_until_one_could_not_be_written() -> None:
    suspects = Suspects()
    assert turn(suspects, 1, 2, 3) == [1, 2, 3]
    suspects.suspect(3)
    assert turn(suspects, 1, 2, 3) == [1]


def test_the_one_whose_own_turn_fails_is_condemned_and_no_other() -> None:
    suspects = Suspects()
    turn(suspects, 1, 2)
    suspects.suspect(2)
    turn(suspects, 1, 2)
    suspects.clear()
    turn(suspects, 2)
    suspects.suspect(1)
    assert [suspects.is_condemned(key) for key in (1, 2)] == [False, True]
    suspects.acquit(2)
    assert not suspects.is_condemned(2)


def test_after_as_many_turns_as_executions_waited_all_are_taken_again() -> None:
    suspects = Suspects()
    suspects.suspect(1)
    for _ in range(2):
        assert turn(suspects, 1, 2) == [1]
        suspects.clear()
    assert turn(suspects, 1, 2) == [1, 2]
