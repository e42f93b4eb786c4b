"""The filter language: ``strategy = anpyc and (lam > 3 or lam is unknown) and not tag = paper``.

What a text says is a tree of comparisons, each part with its place in the text. Which fields there are and
what can be compared with them, :mod:`anpyc_server.records.finding.conditions` knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from anpyc.spec import Problem
from anpyc_queue.errors import ServiceError

LONGEST = 2_000
"""Characters of a filter."""
DEEPEST = 20
"""Parentheses and negations within one another."""
MOST_COMPARISONS = 100

_GRAMMAR = r"""
?start: either
either: both (_OR both)*
both: term (_AND term)*
?term: negated | "(" either ")" | comparison
negated: _NOT term
comparison: WORD OPERATOR value                        -> compared
          | WORD _IN "(" value ("," value)* ")"        -> one_of
          | WORD _NOT _IN "(" value ("," value)* ")"   -> none_of
          | WORD _IS UNKNOWN                           -> unknown
          | WORD _IS _NOT UNKNOWN                      -> known
value: VALUE | STRING

_OR.3: /or(?![\w.])/i
_AND.3: /and(?![\w.])/i
_NOT.3: /not(?![\w.])/i
_IN.3: /in(?![\w.])/i
_IS.3: /is(?![\w.])/i
UNKNOWN.3: /(unknown|known|null|empty)(?![\w.])/i
OPERATOR: "!=" | "<=" | ">=" | "==" | "=" | "<" | ">" | "~" | "≤" | "≥" | "≠"
WORD: /[^\W\d][\w.]*/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
VALUE: /[^\s()",=<>!~'][^\s()",]*([ \t]+(%|pt|points?)(?=[\s,)]|$))?/
%ignore /\s+/
"""
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~")
_WRITTEN_ALIKE = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}


@dataclass(frozen=True)
class Piece:
    """A part of the text."""

    text: str
    start: int
    """Counted from 0, in characters."""
    end: int
    quoted: bool = False


@dataclass(frozen=True)
class Comparison:
    """One field against values: ``=`` with several means one of them; ``unknown`` takes none."""

    field: Piece
    operator: str
    values: tuple[Piece, ...]
    depth: int = 0
    comparisons: int = 1


@dataclass(frozen=True)
class Joined:
    """All of the parts, or any."""

    parts: tuple[Tree, ...]
    every: bool
    depth: int
    comparisons: int


@dataclass(frozen=True)
class Negated:
    """What the part does not want."""

    part: Tree
    depth: int
    comparisons: int


Tree = Comparison | Joined | Negated


class FilterError(ServiceError):
    """The filter cannot be understood: why, and where in it."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, start: int, end: int) -> None:
        self.reason = message
        self.position = (start, max(start, end))
        super().__init__(f"At character {start + 1}: {message}")
        self.problems = [Problem("filter", self.message)]


def parse(text: str) -> Tree | None:
    """What the text says; None where it is blank.

    :raises FilterError: when it cannot be understood, or is too long or too deep.
    """
    if len(text) > LONGEST:
        raise FilterError(f"A filter has at most {LONGEST:,} characters.", LONGEST, len(text))
    if not text.strip():
        return None
    _require_shallow(text)
    try:
        tree: Any = _parser().parse(text)
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    if tree.comparisons > MOST_COMPARISONS:
        raise FilterError(f"A filter has at most {MOST_COMPARISONS} comparisons.", 0, len(text))
    if tree.depth > DEEPEST:
        raise FilterError(f"At most {DEEPEST} negations within one another can be read.", 0, len(text))
    read: Tree = tree
    return read


def expected(text: str) -> tuple[frozenset[str], list[Piece]]:
    """What may follow the text, which is the beginning of a filter, and its words so far: for completion.

    :raises FilterError: when nothing may.
    """
    _require_shallow(text[:LONGEST])
    try:
        reading = _parser().parse_interactive(text[:LONGEST])
        tokens = list(reading.exhaust_lexer())
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    return frozenset(_accepted(reading)), [_piece(token) for token in tokens if token.type == "WORD"]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Tree())


def _require_shallow(text: str) -> None:
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth > DEEPEST:
            message = f"At most {DEEPEST} parentheses within one another can be read."
            raise FilterError(message, place, place + 1)


@v_args(inline=True)
class _Tree(Transformer[Token, Tree]):
    def value(self, token: Token) -> Piece:
        return _piece(token)

    def compared(self, field: Token, operator: Token, value: Piece) -> Tree:
        return Comparison(_piece(field), _WRITTEN_ALIKE.get(operator, str(operator)), (value,))

    def one_of(self, field: Token, *values: Piece) -> Tree:
        return Comparison(_piece(field), "=", values)

    def none_of(self, field: Token, *values: Piece) -> Tree:
        return Comparison(_piece(field), "!=", values)

    def unknown(self, field: Token, word: Token) -> Tree:
        return Comparison(_piece(field), "known" if word.lower() == "known" else "unknown", ())

    def known(self, field: Token, word: Token) -> Tree:
        return Comparison(_piece(field), "unknown" if word.lower() == "known" else "known", ())

    def negated(self, part: Tree) -> Tree:
        return Negated(part, part.depth + 1, part.comparisons)

    def either(self, *parts: Tree) -> Tree:
        return _joined(parts, every=False)

    def both(self, *parts: Tree) -> Tree:
        return _joined(parts, every=True)


def _joined(parts: tuple[Tree, ...], *, every: bool) -> Tree:
    if len(parts) == 1:
        return parts[0]
    return Joined(
        parts, every, max(part.depth for part in parts) + 1, sum(part.comparisons for part in parts)
    )


def _piece(token: Token) -> Piece:
    start = token.start_pos or 0
    quoted = token.type == "STRING"
    text = _unquoted(token) if quoted else str(token)
    return Piece(text, start, start + len(token), quoted)


def _unquoted(token: str) -> str:
    characters = iter(token[1:-1])
    return "".join(next(characters, "") if character == "\\" else character for character in characters)


def quoted(text: str) -> str:
    """The text as a value of a filter, in quotes where it needs them."""
    if text and not any(character in "()\",=<>!~'\\" or character.isspace() for character in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _explained(error: UnexpectedInput, text: str) -> FilterError:
    """What was expected, in words, at the place where something else stands."""
    place = min(len(text), error.pos_in_stream if error.pos_in_stream is not None else len(text))
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        place = len(text)
    if place < len(text) and text[place] in "\"'":
        return FilterError("The quote that begins here is not closed.", place, len(text))
    end = _word_end(text, place)
    wanted = _wanted(error)
    here = f"`{text[place:end]}` cannot stand here" if place < len(text) else "The filter ends too early"
    return FilterError(f"{here}: {wanted}", place, end)


def _wanted(error: UnexpectedInput) -> str:
    accepted = _accepted(getattr(error, "interactive_parser", None))
    if "OPERATOR" in accepted:
        return "a comparison is expected, one of = != < <= > >= ~, `in (…)` or `is unknown`."
    if "VALUE" in accepted:
        return "a value is expected; one with blanks stands in quotes."
    if "UNKNOWN" in accepted:
        return "`unknown` or `known` is expected."
    if "COMMA" in accepted:
        return "a comma or a closing parenthesis is expected."
    if "WORD" in accepted:
        return "a field is expected, such as status, accuracy or lam."
    if "RPAR" in accepted:
        return "`and`, `or` or a closing parenthesis is expected."
    if "LPAR" in accepted:
        return "values in parentheses are expected, such as `in (1, 3)`."
    if "_IN" in accepted:
        return "`in (…)` is expected."
    return "`and` or `or` is expected; a value with blanks stands in quotes."


def _accepted(reading: Any) -> set[str]:
    """The kinds of words that the parser would take next."""
    return set(reading.accepts()) if reading is not None else set()


def _word_end(text: str, start: int) -> int:
    end = start
    while end < len(text) and not text[end].isspace() and (end == start or text[end] not in '()",'):
        end += 1
    return end
