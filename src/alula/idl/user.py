"""Who somebody is on record as: what is a name, and a name of what the operating system calls an account."""

from __future__ import annotations

MAX_BYTES = 256
"""Of a name in UTF-8: it is part of the index of executions, whose entries PostgreSQL bounds."""
EXPECTED = f"a name of printable characters, at most {MAX_BYTES} bytes in UTF-8"


def is_name(text: str) -> bool:
    """Whether the server takes it: printable, not only blanks, short enough."""
    return text.isprintable() and bool(text.strip()) and len(text.encode()) <= MAX_BYTES


def of_account(account: str) -> str:
    """The name that stands for an account: `?` for what cannot be printed, cut where it is too long; empty if nothing is left."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in account.strip())
    return printable.encode()[:MAX_BYTES].decode(errors="ignore").strip()
