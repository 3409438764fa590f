"""The limits of a server: each has a name, a default and a setting; what exceeds one is refused at submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from alula.errors import InvalidInput

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds; sizes in bytes, spans in seconds.

    Attributes:
        max_message_bytes: of one request.
        max_nodes: of one compiled workflow.
        max_upload_bytes: of one upload.
        inline_bytes: values up to this size live in the database, larger ones in the object store.
        link_s: how long a signed link is good for.
        max_metrics: points that one attempt may log.
        max_parameters: parameters that one attempt may log.
        max_deck_bytes: of one deck.
        environment_days: environments that no task used for this long are removed.
        code_days: code on this machine that no task used for this long is removed; it is fetched again when it is needed.
        environment_bytes: what all environments may take; beyond it those go that were used least recently.
    """

    max_message_bytes: int = 20 * MIB
    max_nodes: int = 100_000
    max_upload_bytes: int = 5 * 1024 * MIB
    inline_bytes: int = 16 * 1024
    link_s: int = 3600
    max_metrics: int = 100_000
    max_parameters: int = 1_000
    max_deck_bytes: int = 20 * MIB
    code_days: int = 30
    environment_days: int = 30
    environment_bytes: int = 50 * 1024 * MIB

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Limits:
        """Limits with what `ALULA_<NAME>` sets, for instance ALULA_MAX_UPLOAD_BYTES.

        Raises:
            InvalidInput: a value that is no whole number above zero.
        """
        given = {}
        for limit in fields(cls):
            text = environment.get(f"ALULA_{limit.name.upper()}")
            if text is None:
                continue
            if not text.isdigit() or int(text) < 1:
                raise InvalidInput(f"ALULA_{limit.name.upper()}={text!r}: expected a whole number above zero")
            given[limit.name] = int(text)
        return cls(**given)
