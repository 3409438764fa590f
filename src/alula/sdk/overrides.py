"""What one call changes about how its target runs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.duration import parse_span
from alula.sdk.environment import Shared
from alula.sdk.resources import Cache, Resources, as_cache, as_resources
from alula.sdk.where import user_place


def _cache(given: Any) -> Cache | None:
    cache = as_cache(given)
    if cache is not None and cache.ignore:
        message = "override(cache=al.Cache(ignore=…)): which inputs do not count is the task's own; give it to @al.task"
        raise DefinitionError(message, where=user_place())
    return cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What one call changes about how its target runs; None leaves the target's own setting."""

    name: str | None = None
    resources: Resources | None = None
    retries: int | None = None
    timeout: dt.timedelta | None = None
    interruptible: bool | None = None
    cache: Cache | Literal[False] | None = None
    image: str | None = None
    environment: Shared | None = None

    @classmethod
    def of(cls, changes: dict[str, Any]) -> Overrides:
        """Overrides from what a user wrote; an unknown name is a DefinitionError."""
        known = [item.name for item in fields(cls)]
        for name in changes:
            if name not in known:
                raise DefinitionError(f"cannot override {name!r}; there are {', '.join(known)}", where=user_place())
        changes = {name: value for name, value in changes.items() if value is not None}
        if "timeout" in changes:
            changes["timeout"] = parse_span(changes["timeout"])
        if changes.get("cache") is not None and changes["cache"] is not False:
            changes["cache"] = _cache(changes["cache"])
        if "resources" in changes:
            as_resources(changes["resources"])
        if "retries" in changes:
            option.whole("retries", changes["retries"])
            if changes["retries"] == 0:
                message = "override(retries=0): in Flyte's messages 0 means the task's own; give the task fewer and override upwards"
                raise DefinitionError(message, where=user_place())
        if "interruptible" in changes:
            option.flag("interruptible", changes["interruptible"])
        for name in ("name", "image"):
            option.text(name, changes.get(name, ""))
        if "environment" in changes:
            option.instance("environment", changes["environment"], Shared, "an al.Environment")
            if "image" in changes:
                raise DefinitionError("override(image=…, environment=…): give one of them", where=user_place())
        return cls(**changes)

    def cache_version(self, target: Any) -> str:
        """What the output cache compares for a call of `target`, empty if the call does not say."""
        if not isinstance(self.cache, Cache):
            return ""
        found = self.cache.version_of(getattr(target, "content_hash", "") if self.cache.by_code else "")
        if not found:
            raise DefinitionError(f"override(cache=True) of {target.kind} {target.label}: its source is not here; give a version")
        return found

    def merged(self, later: Overrides) -> Overrides:
        """These, with what `later` sets on top; an image and an environment replace each other."""
        if later.image is not None or later.environment is not None:
            self = replace(self, image=None, environment=None)
        return replace(self, **{item.name: value for item in fields(later) if (value := getattr(later, item.name)) is not None})
