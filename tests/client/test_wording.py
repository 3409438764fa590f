from __future__ import annotations

from alula.client.wording import readable


def test_the_engines_formula_is_told_in_words_or_not_at_all() -> None:
    assert readable("[1/1] currentAttempt done. Last Error: USER::ValueError: no") == "ValueError: no"
    assert readable("[3/3] currentAttempt done. Last Error: SYSTEM::lost") == "after 3 attempts: lost"
    assert readable("ValueError: [1/1] as it is") == "ValueError: [1/1] as it is"
