"""From the text of a report to its parts: prose as HTML in which nothing can run, and blocks."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, tostring

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

BLOCKS = ("figure", "table", "runs")
MOST_BLOCKS = 60
_LONGEST_BLOCK = 4_000
_LONGEST_FORMULA = 2_000
_LINK = re.compile(r"<a ")
_MATHML = frozenset(
    [
        "math",
        "mrow",
        "mi",
        "mo",
        "mn",
        "mtext",
        "mspace",
        "ms",
        "mfrac",
        "msqrt",
        "mroot",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
        "mfenced",
        "mmultiscripts",
        "mprescripts",
        "none",
        "semantics",
        "merror",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "xmlns",
        "display",
        "displaystyle",
        "scriptlevel",
        "mathvariant",
        "stretchy",
        "fence",
        "form",
        "separator",
        "lspace",
        "rspace",
        "largeop",
        "movablelimits",
        "accent",
        "accentunder",
        "linethickness",
        "columnalign",
        "rowspacing",
        "columnspacing",
        "columnlines",
        "rowlines",
        "width",
        "height",
        "depth",
        "minsize",
        "maxsize",
        "symmetric",
        "notation",
        "open",
        "close",
        "separators",
        "mathsize",
    ]
)


@dataclass(frozen=True)
class Prose:
    """Text of a report as HTML."""

    html: str


@dataclass(frozen=True)
class Block:
    """A figure, a table or runs, as it is asked for."""

    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Mistake:
    """A block that cannot be read, and why."""

    message: str


Piece = Prose | Block | Mistake


def pieces_of(text: str) -> list[Piece]:
    """The text in its order. HTML in it is shown as text, pictures from elsewhere are links."""
    reader = _reader()
    tokens = reader.parse(text)
    pieces: list[Piece] = []
    prose: list[Token] = []
    blocks = 0

    def end_prose() -> None:
        if prose:
            made = reader.renderer.render(list(prose), reader.options, {})
            pieces.append(Prose(_LINK.sub('<a rel="noopener noreferrer nofollow" ', made)))
            prose.clear()

    for token in tokens:
        kind = token.info.strip().split(" ")[0] if token.type == "fence" and token.level == 0 else ""
        if kind not in BLOCKS:
            prose.append(token)
            continue
        end_prose()
        blocks += 1
        pieces.append(
            _block(kind, token.content)
            if blocks <= MOST_BLOCKS
            else Mistake(f"A report holds at most {MOST_BLOCKS} figures, tables and lists of runs.")
        )
    end_prose()
    return pieces


def inline(text: str) -> str:
    """A caption as HTML."""
    made: str = _reader().renderInline(text)
    return made


def keys_in(options: Mapping[str, Any], name: str = "runs") -> list[str]:
    """Runs that a block names: one, or several as a list or with commas.

    :raises ValueError: when they are none of these.
    """
    given = options.get(name, options.get(name.removesuffix("s"), ()))
    if isinstance(given, str):
        given = [part.strip() for part in given.split(",")]
    if not isinstance(given, Sequence) or not all(
        isinstance(each, str) and len(each) <= 80 for each in given
    ):
        raise ValueError(f"`{name}` names runs by id, or groups such as spec:…, with commas between.")
    keys = [each for each in given if each]
    if not 1 <= len(keys) <= 50:
        raise ValueError(f"`{name}` names 1 to 50 runs or groups.")
    return keys


def _block(kind: str, content: str) -> Piece:
    if len(content) > _LONGEST_BLOCK:
        return Mistake(f"This {kind} block is longer than {_LONGEST_BLOCK:,} characters.")
    try:
        options = yaml.safe_load(content) or {}
    except (yaml.YAMLError, ValueError, RecursionError):
        return Mistake(f"This {kind} block is not lines of `name: value`. Correct it, or insert it anew.")
    if not isinstance(options, dict) or not all(isinstance(name, str) for name in options):
        return Mistake(f"This {kind} block is not lines of `name: value`. Correct it, or insert it anew.")
    return Block(kind, options)


def _reader() -> MarkdownIt:
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    reader = MarkdownIt("commonmark", {"html": False, "linkify": False})
    reader.enable(["table", "strikethrough"]).disable("image")
    reader.use(dollarmath_plugin, renderer=_formula, double_inline=True, allow_digits=False)
    return reader


def _formula(content: str, options: Mapping[str, Any]) -> str:
    """MathML, which browsers set by themselves; a formula that cannot be read as it was written."""
    from latex2mathml.converter import convert_to_element

    as_written = f"<code>{html.escape(content)}</code>"
    if len(content) > _LONGEST_FORMULA:
        return as_written
    try:
        made = convert_to_element(content, display="block" if options.get("display_mode") else "inline")
    except Exception:
        return as_written
    return _markup(made) if _is_mathml(made) else as_written


def _is_mathml(element: Element) -> bool:
    return all(str(each.tag).rpartition("}")[2] in _MATHML for each in element.iter())


def _markup(element: Element) -> str:
    """Escaped here: the library's own way of writing it lets a tag in a formula's words be one."""
    for each in element.iter():
        each.text = html.unescape(each.text) if each.text else each.text
        each.tail = html.unescape(each.tail) if each.tail else each.tail
        for name in [name for name in each.attrib if name not in _ATTRIBUTES]:
            del each.attrib[name]
    return tostring(element, encoding="unicode")
