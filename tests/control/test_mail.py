"""Calls from the writer's thread into the event loop."""

from __future__ import annotations

import asyncio

import pytest

from alula.control.mail import Mail


async def test_calls_are_made_in_order_and_one_that_fails_keeps_back_none(caplog: pytest.LogCaptureFixture) -> None:
    mail, made, done = Mail(), list[int](), asyncio.Event()
    mail.start(asyncio.get_running_loop())

    def fail() -> None:
        raise RuntimeError("lost in the post")

    def send() -> None:
        mail.send(made.append, 1)
        mail.send(fail)
        mail.send(made.append, 2)
        mail.send(done.set)

    await asyncio.to_thread(send)
    await asyncio.wait_for(done.wait(), 5)
    assert made == [1, 2]
    assert "lost in the post" in caplog.text


async def test_a_call_that_sends_another_wakes_the_loop_again() -> None:
    mail, done = Mail(), asyncio.Event()
    mail.start(asyncio.get_running_loop())
    mail.send(mail.send, done.set)
    await asyncio.wait_for(done.wait(), 5)
