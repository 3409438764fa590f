"""Values never become code, whatever a script puts around them."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from alula.errors import InvalidInput
from alula.sdk.script import fill

EVIL = "a  $(echo pwned) `echo pwned` \" ' \\ *"


def said(script: str, value: list[str] | str) -> str:
    quoted = shlex.quote(value) if isinstance(value, str) else [shlex.quote(one) for one in value]
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", fill(script, {("inputs", "x"): quoted})], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.removesuffix("\n")


@pytest.mark.parametrize(
    ("script", "around"),
    [
        ("printf %s {inputs.x}", "{}"),
        ('printf %s "is {inputs.x}!"', "is {}!"),
        ("printf %s 'is {inputs.x}!'", "is {}!"),
        ("printf %s it\\'s{inputs.x}", "it's{}"),
        ('printf %s "$(printf %s {inputs.x})"', "{}"),
        ('printf %s "$(printf %s "<{inputs.x}>")"', "<{}>"),
        ('# don\'t\nprintf %s "{inputs.x}"', "{}"),
        ("cat <<EOF\nis {inputs.x}\nEOF\n", "is {}"),
        ("cat <<-EOF | cat\n\tis {inputs.x}\n\tEOF\nprintf %s ''", "is {}"),
        ("cat <<END-OF\nis {inputs.x}\nEND-OF\nprintf %s ''", "is {}"),
        ("cat <<EOF; printf %s '{inputs.x}'\nit's\nEOF", "it's\n{}"),
        ('x=$((1 + 2)); printf %s "$x{inputs.x}"', "3{}"),
        ('cat <<<"{inputs.x}"', "{}"),
    ],
)
def test_a_text_stays_as_it_is(script: str, around: str) -> None:
    assert said(script, EVIL) == around.format(EVIL)


def test_a_list_is_several_words_or_one_text_in_quotes() -> None:
    assert said("printf '<%s>' {inputs.x}", ["a b", "$(c)"]) == "<a b><$(c)>"
    assert said("printf '<%s>' \"{inputs.x}\"", ["a b", "$(c)"]) == "<a b $(c)>"
    assert said("printf %s {inputs.x}", []) == ""


def test_a_quoted_here_document_takes_no_lines_that_could_end_it() -> None:
    assert said("cat <<'EOF'\n{inputs.x}\nEOF", "5") == "5"
    with pytest.raises(InvalidInput, match="stands in a quoted here-document"):
        said("cat <<'EOF'\n{inputs.x}\nEOF", "5\nEOF\necho pwned")
