"""One thing that is wrong with a template: where, what, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence for people and a stable code for programs.

    Args:
        code: stable, upper case (`BINDING_TYPE`).
        place: as people find it in their code: `node "train" input "lr"`.
        message: what was expected and what was found.
        remedy: what to write instead; empty if there is nothing to add.
    """

    code: str
    place: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.code} {self.place}: {self.message}{remedy}"
