"""The page of a deck: one HTML document, light or dark as the reader's system is, a tab for each section, nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

# Also in the page itself: opened from a disk, no server says it.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data:"

_STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--faint:#5b6470;--line:#d5dae1;--soft:#f5f6f8;--mark:#0b62c4}
@media(prefers-color-scheme:dark){:root{--back:#14171b;--text:#e4e8ed;--faint:#98a2ae;--line:#333a43;--soft:#1c2026;--mark:#6db1ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem;background:var(--back);color:var(--text);font:15px/1.55 system-ui,sans-serif}
header{border-bottom:1px solid var(--line);padding-bottom:.75rem;margin-bottom:1rem}
h1{font-size:1.25rem;margin:0}header p{margin:.2rem 0 0;color:var(--faint);font-size:.85rem}
h2,h3,h4{line-height:1.25;margin:1.4rem 0 .5rem}a{color:var(--mark)}
.tabs>input{position:absolute;opacity:0;pointer-events:none}
.tabs>label{display:inline-block;padding:.35rem .9rem;border-bottom:2px solid transparent;color:var(--faint);cursor:pointer}
.tabs>input:checked+label{color:var(--text);border-color:var(--mark)}
.tabs>input:focus-visible+label{outline:2px solid var(--mark)}
.tabs>section{display:none;border-top:1px solid var(--line);padding-top:.5rem}
.one>section{display:block;border:0}
.piece{margin:1rem 0;overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem}th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;vertical-align:top}
th{background:var(--soft);font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
caption{caption-side:bottom;text-align:left;color:var(--faint);padding-top:.3rem}
pre,code{font:13px/1.5 ui-monospace,monospace}pre{background:var(--soft);border:1px solid var(--line);padding:.75rem;overflow:auto}
blockquote{margin:0;padding-left:1rem;border-left:3px solid var(--line);color:var(--faint)}
img{max-width:100%}img.figure{background:#fff;padding:.25rem}
iframe{width:100%;height:12rem;border:1px solid var(--line);background:#fff;resize:vertical;overflow:auto}
.empty{color:var(--faint)}
@media print{.tabs>input,.tabs>label{display:none}.tabs>section{display:block!important}}
"""

# A frame cannot be measured from outside; what lies in it says how high it is.
_SCRIPT = """
addEventListener("message",e=>{for(const f of document.querySelectorAll("iframe"))
if(f.contentWindow===e.source&&Number.isFinite(e.data&&e.data.height))f.style.height=Math.min(4000,Math.max(40,e.data.height+2))+"px"});
"""


def render(title: str, where: str, sections: Mapping[str, Sequence[str]]) -> str:
    """The document.

    Args:
        title: plain text.
        where: plain text below it.
        sections: pieces of HTML by name; the pieces are ours (`deck_piece`), names are plain text.
    """
    body = "".join(_section(number, name, pieces) for number, (name, pieces) in enumerate(sections.items()))
    is_one = len(sections) <= 1
    shown = "".join(f"#t{n}:checked~#s{n}{{display:block}}" for n in range(len(sections)))
    heads = "" if is_one else "".join(_tab(number, name) for number, name in enumerate(sections))
    empty = '<p class="empty">The task wrote nothing to its deck.</p>' if not sections else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}{shown}</style></head><body>"
        f"<header><h1>{html.escape(title)}</h1><p>{html.escape(where)}</p></header>"
        f'<main class="tabs{" one" if is_one else ""}">{heads}{body}{empty}</main><script>{_SCRIPT}</script></body></html>\n'
    )


def _tab(number: int, name: str) -> str:
    checked = " checked" if number == 0 else ""
    return f'<input type="radio" name="tab" id="t{number}"{checked}><label for="t{number}">{html.escape(name)}</label>'


def _section(number: int, name: str, pieces: Sequence[str]) -> str:
    inner = "".join(f'<div class="piece">{piece}</div>' for piece in pieces)
    return f'<section id="s{number}" aria-label="{html.escape(name)}">{inner}</section>'
