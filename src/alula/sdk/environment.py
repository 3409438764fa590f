"""What tasks share: packages, a version of Python, settings; `al.Environment`, which also makes tasks, is in `task.py`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.resources import Resources, as_resources
from alula.sdk.where import user_place

IMAGES = "ALULA_ENVIRONMENTS"  # variable of tasks that call others: image by environment, since nothing is resolved on a worker
OLDEST = (3, 11)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[A-Za-z0-9._, -]*\])?\s*(([<>=!~;]|@\s*https?://).*)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Shared:
    """See `al.Environment`."""

    __slots__ = ("env", "image", "lock", "name", "packages", "python", "resources", "where")

    def __init__(
        self,
        name: str,
        *,
        packages: Sequence[str] = (),
        lock: str = "",
        python: str = "",
        resources: Resources | None = None,
        env: Mapping[str, str] | None = None,
        image: str = "",
    ) -> None:
        self.name, self.lock, self.python, self.image = name, lock, python, image
        for key in ("lock", "python", "image"):
            option.text(f"Environment({key})", getattr(self, key))
        self.packages = (packages,) if isinstance(packages, str) else option.texts("Environment(packages)", packages)
        self.resources = None if resources is None else as_resources(resources)
        self.env = option.text_by_name("Environment(env)", env or {})
        self.where = user_place()
        self._check()

    def _check(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            self._refuse(f"name {self.name!r}: expected a letter, then letters, digits, _ or -, at most 63")
        if self.packages and self.lock:
            self._refuse("packages and lock exclude each other; keep the lock, or the packages it was made from")
        if self.image and self.is_built:
            self._refuse("image and packages, lock or python exclude each other: an image brings its own")
        for package in self.packages:
            if not _PACKAGE.fullmatch(package.strip()):
                self._refuse(f"package {package!r}: expected a requirement such as 'polars>=1.30'; what lies elsewhere goes into a lock")
        if self.python and (not re.fullmatch(r"3\.\d{1,2}", self.python) or _minor(self.python) < OLDEST):
            self._refuse(f"python {self.python!r}: expected major.minor as text, 3.11 or newer, for instance '3.12'")
        for key in self.env:
            if not _VARIABLE.fullmatch(key):
                self._refuse(f"env {key!r}: expected a variable's name")

    def _refuse(self, message: str) -> NoReturn:
        raise DefinitionError(f"Environment({self.name!r}): {message}", where=self.where)

    @property
    def is_built(self) -> bool:
        """Whether packages are installed for it; else it only shares settings."""
        return bool(self.packages or self.lock or self.python)

    @property
    def content(self) -> tuple[Any, ...]:
        """What two environments of one name must have in common."""
        resources = self.resources.pairs() if self.resources is not None else {}
        return self.packages, self.lock, self.python, self.image, sorted(self.env.items()), sorted(resources.items())

    def __repr__(self) -> str:
        return f"<environment {self.name}>"


def _minor(python: str) -> tuple[int, int]:
    major, minor = python.split(".")
    return int(major), int(minor)


class Used:
    """The environments of one program, by name.

    Args:
        images: image by environment, of those that are resolved; None: nothing is resolved yet, they are only gathered.
    """

    def __init__(self, images: Mapping[str, str] | None) -> None:
        self.images = images
        self.found: dict[str, Shared] = {}

    def take(self, environment: Shared) -> None:
        """Notes one.

        Raises:
            DefinitionError: another of that name says something else.
        """
        known = self.found.setdefault(environment.name, environment)
        if known is not environment and known.content != environment.content:
            message = f"two environments are called {environment.name!r} and differ; the other one is at {known.where}"
            raise DefinitionError(message, where=environment.where)

    def image(self, environment: Shared, default: str) -> str:
        """The image of its tasks.

        Raises:
            DefinitionError: it was not resolved with the program that uses it.
        """
        self.take(environment)
        if not environment.is_built:
            return environment.image or default
        if self.images is None:
            return default
        found = self.images.get(environment.name)
        if found is None:
            message = f"environment {environment.name} was not part of what was registered; name it in the source of the task that calls"
            raise DefinitionError(message, where=environment.where)
        return found


def images_here() -> Mapping[str, str]:
    """On a worker: the images of environments that the running task may call others in."""
    return {str(key): str(image) for key, image in json.loads(os.environ.get(IMAGES) or "{}").items()}
