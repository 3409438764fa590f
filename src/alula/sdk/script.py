"""Values in a bash script: as variables, which bash never reads as code, wherever in the script they are named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from alula.errors import InvalidInput

PLACE = re.compile(r"\{(inputs|outputs)\.(\w+)\}")
_HEREDOC = re.compile(r"(?<!<)<<(?!<)-?[ \t]*(?:(['\"])([^'\"\n]+)\1|(\\)?([\w.-]+))")
_PLAIN, _DOUBLE, _SINGLE, _INNER = "plain", '"', "'", "$("


def fill(script: str, words: Mapping[tuple[str, str], list[str] | str]) -> str:
    """The script with its places filled.

    Args:
        words: by side and name: one word, quoted for bash, or a list of such.
    Raises:
        InvalidInput: a text of several lines for a place in a quoted here-document, which knows no variables.
    """
    used: dict[str, str] = {}
    parts: list[str] = []
    end = 0
    for match, context in _places(script):
        side, name = match.groups()
        value = words[side, name]
        parts += [script[end : match.start()], _reference(f"alula_{side}_{name}", value, context)]
        used[f"alula_{side}_{name}"] = value if isinstance(value, str) else f"({' '.join(value)})"
        end = match.end()
    given = " ".join(f"{variable}={value}" for variable, value in used.items())
    return (f"{given}; " if given else "") + "".join([*parts, script[end:]])


def _reference(variable: str, value: list[str] | str, context: str) -> str:
    is_list = isinstance(value, list)
    if context == "<<'":
        text = value if isinstance(value, str) else " ".join(value)
        if "\n" in text:
            name = variable.removeprefix("alula_").replace("_", ".", 1)
            raise InvalidInput(f"{name} has several lines and stands in a quoted here-document; write its first line without quotes")
        return text
    if context in (_DOUBLE, "<<"):
        return f"${{{variable}[*]}}" if is_list else f"${{{variable}}}"
    word = f'"${{{variable}[@]}}"' if is_list else f'"${{{variable}}}"'
    return f"'{word}'" if context == _SINGLE else word


def _places(script: str) -> Iterator[tuple[re.Match[str], str]]:
    """Every place with what it stands in: plain text, quotes, or a here-document."""
    stack, at = [_PLAIN], 0
    waiting: list[tuple[str, str]] = []  # here-documents that begin with the next line
    while at < len(script):
        if (match := PLACE.match(script, at)) is not None:
            yield match, stack[-1]
            at = match.end()
        elif script[at] == "\n" and waiting and stack[-1] in (_PLAIN, _INNER):
            for kind, word in waiting:
                end = _end_of(script, at, word)
                yield from ((m, kind) for m in PLACE.finditer(script, at, end))
                at = end
            waiting.clear()
        else:
            at += _step(script, at, stack, waiting)


def _end_of(script: str, at: int, word: str) -> int:
    """Where the line that closes a here-document ends."""
    found = re.compile(rf"\n[\t]*{re.escape(word)}(?=\n|\Z)").search(script, at)
    return found.end() if found is not None else len(script)


def _step(script: str, at: int, stack: list[str], waiting: list[tuple[str, str]]) -> int:
    """Takes one token of bash; the number of its characters."""
    context, char = stack[-1], script[at]
    if context == _SINGLE:
        if char == "'":
            stack.pop()
        return 1
    if char == "\\":
        return 2
    if script.startswith("$(", at):
        stack.append(_INNER)
        return 2
    if char == '"':
        stack.pop() if context == _DOUBLE else stack.append(_DOUBLE)
    elif context == _DOUBLE:
        return 1
    elif char == "'":
        stack.append(_SINGLE)
    elif char == "(" and context == _INNER:
        stack.append(_INNER)
    elif char == ")" and context == _INNER:
        stack.pop()
    elif char == "#" and (at == 0 or script[at - 1] in " \t\n;("):
        end = script.find("\n", at)
        return (end if end >= 0 else len(script)) - at
    elif (document := _HEREDOC.match(script, at)) is not None:
        waiting.append(("<<'" if document.group(1) or document.group(3) else "<<", document.group(2) or document.group(4)))
        return document.end() - at
    return 1
