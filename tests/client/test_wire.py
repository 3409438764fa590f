"""What comes out of a coroutine over the blocking wire."""

from __future__ import annotations

import pytest

from alula.client.wire import drive
from alula.errors import InvalidInput


def test_an_error_that_is_its_own_cause_comes_out_as_it_is() -> None:
    error = InvalidInput("it is so")

    async def fails() -> None:
        raise error from error

    with pytest.raises(InvalidInput) as caught:
        drive(fails())
    assert caught.value is error
