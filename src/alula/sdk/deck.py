"""Decks: a page that a task writes about what it did, in named sections. `al.deck("training").plot(figure)`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alula.errors import FailedPrecondition, InvalidInput, LimitExceeded
from alula.sdk.journal import MAX_NAME_CHARACTERS, Journal


class Deck:
    """One section of the running attempt's deck; every method returns the section, so calls can be chained."""

    def __init__(self, name: str, decks: Decks) -> None:
        self.name = name
        self.pieces: list[str] = []
        self._decks = decks

    def show(self, value: Any) -> Deck:
        """Adds a value as what it is, as `al.deck(name, value)` does: what a more particular method does with it is said there.

        Args:
            value: text (as Markdown), a number, a data frame, a series or a list of dictionaries (as a table), a figure of matplotlib,
                plotly or altair or whatever else a notebook would show as a picture, a picture as bytes or as the `Path` of a file.
        Raises:
            InvalidInput: something else.
        """
        from alula.sdk import deck_piece

        return self._add(deck_piece.piece(value, self.name))

    def markdown(self, text: str) -> Deck:
        """Adds text in Markdown, tables included; HTML in it is shown as it is written."""
        from alula.sdk import deck_piece

        return self._add(deck_piece.markdown(text))

    def html(self, text: str) -> Deck:
        """Adds HTML of your own, a fragment or a document: in a frame by itself, its scripts cut off from the page and the network."""
        from alula.sdk import deck_piece

        return self._add(deck_piece.framed(text))

    def table(self, rows: Any, limit: int = 1000) -> Deck:
        """Adds a table.

        Args:
            rows: a data frame (pandas, polars, arrow) or a list of dictionaries.
            limit: rows shown; how many there are is said.
        Raises:
            InvalidInput: something else.
        """
        from alula.sdk import deck_piece

        return self._add(deck_piece.table(rows, limit))

    def plot(self, figure: Any) -> Deck:
        """Adds a figure of matplotlib, plotly or altair, or whatever a notebook would show as a picture.

        Raises:
            InvalidInput: nothing of the kind.
        """
        from alula.sdk import deck_piece

        return self._add(deck_piece.plot(figure))

    def image(self, source: bytes | str | Path) -> Deck:
        """Adds a picture: PNG, JPEG, GIF, WebP or SVG, as bytes or as the path of a file."""
        from alula.sdk import deck_piece

        return self._add(deck_piece.image(source))

    def code(self, text: str) -> Deck:
        """Adds text as it is, in fixed width."""
        from alula.sdk import deck_piece

        return self._add(deck_piece.code(text))

    def publish(self) -> Deck:
        """Shows the deck as it is now, while the task goes on; at the end of the task it is written without this."""
        self._decks.publish()
        return self

    def _add(self, piece: str) -> Deck:
        self._decks.add(self, piece)
        return self


class Decks:
    """Every section of one attempt, in the order of their first use.

    Args:
        uri: where the page is or will be.
        title: of the page.
        where: which attempt it is, for people.
        max_bytes: of all pieces together.
        journal: told of what is published.
    """

    def __init__(self, *, uri: str, title: str, where: str, max_bytes: int, journal: Callable[[], Journal]) -> None:
        self.uri = uri
        self._title, self._where, self._max_bytes, self._journal = title, where, max_bytes, journal
        self._sections: dict[str, Deck] = {}
        self._size = 0
        self._pid = os.getpid()
        self._lock = threading.Lock()

    @property
    def is_used(self) -> bool:
        return bool(self._sections)

    def section(self, name: str) -> Deck:
        if not isinstance(name, str):
            found = type(name).__name__
            raise InvalidInput(f'deck: expected the name of a section, got {found}; name it before what it shows: al.deck("{found}", …)')
        if not (0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable()):
            raise InvalidInput(f"deck {name!r}: expected a name of 1 to {MAX_NAME_CHARACTERS} printable characters")
        with self._lock:
            return self._sections.setdefault(name, Deck(name, self))

    def add(self, section: Deck, piece: str) -> None:
        limit, size = self._max_bytes, len(piece.encode())
        if os.getpid() != self._pid:
            raise FailedPrecondition("decks belong to the task's own process; let a process that it starts return its figures instead")
        with self._lock:
            if self._size + size > limit:
                message = (
                    f"deck {section.name!r}: with these {size} bytes the deck would have {self._size + size}, the limit is {limit}; "
                    "show less, or raise ALULA_MAX_DECK_BYTES where the server is started"
                )
                raise LimitExceeded(message, code="MAX_DECK_BYTES")
            self._size += size
            section.pieces.append(piece)

    def page(self) -> str:
        """The deck as one HTML document that needs nothing from elsewhere."""
        from alula.sdk import deck_page

        with self._lock:
            sections = {name: list(section.pieces) for name, section in self._sections.items()}
        return deck_page.render(self._title, self._where, sections)

    def save(self) -> str:
        """Writes the page; its URI."""
        from alula.objectstore import store

        if self.uri.startswith("/deck.html"):
            raise InvalidInput("deck: this attempt was given no folder for its outputs")
        store.put_bytes(self.page().encode("utf-8", "replace"), self.uri, is_durable=True)
        return self.uri

    def publish(self) -> None:
        """Writes the page and says so."""
        uri = self.save()
        self._journal().published(uri)
