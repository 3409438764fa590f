from __future__ import annotations

import pytest

from alula.errors import InvalidInput
from alula.provision import lock

GOOD = """# made by somebody
Foo.Bar==1.0 ; python_version < '3.13' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via something
foo-bar==1.1 ; python_version >= '3.13' --hash=sha256:cc
baz[extra] @ https://example.org/baz-1-py3-none-any.whl --hash=sha256:dd
"""


def test_a_lock_names_its_packages_in_their_normal_form() -> None:
    assert [name for name, _ in lock.pinned(GOOD, "here")] == ["foo-bar", "foo-bar", "baz"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("polars", "does not name one version"),
        ("polars>=1 --hash=sha256:aa", "does not name one version"),
        ("polars==1", "has no hash"),
        ("-r other.txt", "is an option"),
        ("--index-url https://example.org", "is an option"),
        ("./folder", "does not name one version"),
    ],
)
def test_what_is_not_pinned_is_refused_with_the_way_to_pin_it(line: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=rf"environment x, lock a\.lock: .*{says}.*uv pip compile --generate-hashes"):
        lock.pinned(line, "environment x, lock a.lock")
