"""Tokens by name and the sessions of browsers, as the database keeps them: by their hashes.

A token or a cookie is random and long, so that SHA-256 is enough; nobody tries them one by one. What somebody
thought up is the owner's token alone, which is never stored.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from anpyc_queue.engine import Database, now
from anpyc_queue.errors import Conflict, NotFound, ServiceError
from anpyc_queue.identifiers import new_id
from anpyc_queue.tables import AccessToken, BrowserSession, SignInLink

OWNER = "owner"
"""Whoever has ANPYC_TOKEN."""
TOKEN_PREFIX = "anpyc_"  # noqa: S105 - so that one that was leaked is found by those who look for such
LONGEST_NAME = 60
SESSION_LASTS = timedelta(days=30)
SESSION_IDLES = timedelta(days=7)
"""A session that was not used for so long has ended."""
LINK_WORKS = timedelta(hours=1)
"""How long an unused link works."""
_RESERVED = frozenset({OWNER, "local"})


class BadName(ServiceError):
    """A token cannot be called that."""

    status = 422
    code = "invalid"


class NoSuchToken(NotFound):
    """There is no such token."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no token {name!r}. It may have been revoked; see `anpyc tokens`.")


class NoSuchSession(NotFound):
    """There is no such session."""

    def __init__(self) -> None:
        super().__init__("There is no such session. It may have ended.")


@dataclass(frozen=True)
class Holder:
    """Who a token or a session stands for."""

    name: str
    may_change: bool
    token_id: str | None = None
    """None: the owner."""
    session_id: str | None = None
    """None: a program."""

    @property
    def is_owner(self) -> bool:
        return self.token_id is None


@dataclass(frozen=True)
class Holders:
    """All that get in, by hash, and where signed-in browsers are."""

    tokens: dict[str, Holder]
    sessions: dict[str, Holder]
    addresses: frozenset[str]


def hashed(secret: str) -> str:
    """What is kept of a token or a cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


@lru_cache(maxsize=4)
def generation(owner_token: str) -> str:
    """What sessions carry of the owner's token, slow to make so that it helps nobody to guess."""
    made = hashlib.scrypt(owner_token.encode(), salt=b"sessions of anpyc", n=2**14, r=8, p=1, dklen=32)
    return made.hex()


def make_token(session: Session, name: str, *, may_change: bool) -> tuple[AccessToken, str]:
    """A new token, and what it is: that is known now and never again.

    :raises BadName: when it cannot be called that.
    :raises Conflict: when another one is.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name.lower() in _RESERVED:
        raise BadName(
            f"A token is named after a person or a program, in 1 to {LONGEST_NAME} characters, and not "
            f"{' or '.join(sorted(_RESERVED))}."
        )
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = AccessToken(
        id=new_id(), name=name, hash=hashed(secret), may_change=may_change, created_at=now(session)
    )
    try:
        with session.begin_nested():
            session.add(token)
    except IntegrityError:
        raise Conflict(
            f"There is a token called {name!r} already. Revoke it first, or take another name."
        ) from None
    return token, secret


def revoke_token(session: Session, token_id: str) -> AccessToken:
    """Take a token back, and end the sessions that were begun with it.

    :raises NoSuchToken: when there is none.
    """
    token = session.get(AccessToken, token_id)
    if token is None:
        raise NoSuchToken(token_id)
    session.execute(delete(BrowserSession).where(BrowserSession.token_id == token_id))
    session.delete(token)
    return token


def token_named(session: Session, name: str) -> AccessToken:
    """The token of that name.

    :raises NoSuchToken: when there is none.
    """
    token = session.scalars(select(AccessToken).where(AccessToken.name == name)).first()
    if token is None:
        raise NoSuchToken(name)
    return token


def tokens(session: Session) -> Sequence[AccessToken]:
    """All tokens, by name."""
    return session.scalars(select(AccessToken).order_by(AccessToken.name)).all()


def begin_session(
    session: Session, holder: Holder, *, of_generation: str, browser: str, address: str
) -> tuple[BrowserSession, str]:
    """A new session, and what its cookie holds."""
    secret = secrets.token_urlsafe(32)
    moment = now(session)
    begun = BrowserSession(
        id=new_id(),
        hash=hashed(secret),
        token_id=holder.token_id,
        generation=of_generation,
        browser=browser[:200],
        address=address[:45],
        created_at=moment,
        last_used_at=moment,
        expires_at=moment + SESSION_LASTS,
    )
    session.add(begun)
    return begun, secret


def end_session(session: Session, session_id: str) -> None:
    """End a session.

    :raises NoSuchSession: when there is none.
    """
    ended = session.get(BrowserSession, session_id)
    if ended is None:
        raise NoSuchSession
    session.delete(ended)


def end_sessions_but(session: Session, session_id: str | None) -> int:
    """End all others. Answers how many."""
    others = list(session.scalars(select(BrowserSession.id).where(BrowserSession.id != (session_id or ""))))
    session.execute(delete(BrowserSession).where(BrowserSession.id.in_(others)))
    return len(others)


def sessions(session: Session, of_generation: str) -> Sequence[BrowserSession]:
    """Those that have not ended, the one used last first."""
    moment = now(session)
    query = select(BrowserSession).where(
        BrowserSession.generation == of_generation,
        BrowserSession.expires_at > moment,
        BrowserSession.last_used_at > moment - SESSION_IDLES,
    )
    return session.scalars(query.order_by(BrowserSession.last_used_at.desc(), BrowserSession.id)).all()


def holders(session: Session, of_generation: str) -> Holders:
    """Everybody who gets in now."""
    known = {token.id: token for token in tokens(session)}
    open_ = sessions(session, of_generation)
    return Holders(
        tokens={each.hash: Holder(each.name, each.may_change, each.id) for each in known.values()},
        sessions={each.hash: _holder(each, known) for each in open_ if each.token_id in {None, *known}},
        addresses=frozenset(each.address for each in open_),
    )


def make_link(session: Session, of_generation: str) -> str:
    """A new link's code."""
    code = secrets.token_urlsafe(32)
    session.add(SignInLink(hash=hashed(code), generation=of_generation, expires_at=now(session) + LINK_WORKS))
    return code


def use_link(database: Database, code: str, of_generation: str) -> bool:
    """Whether ``code`` opens; it does so once. Whoever makes one up has nothing written."""
    matching = (
        SignInLink.hash == hashed(code),
        SignInLink.generation == of_generation,
    )
    with database.read() as session:
        found = session.scalar(select(SignInLink.expires_at).where(*matching))
        if found is None or found <= now(session):
            return False
    with database.write() as session:
        used = session.execute(delete(SignInLink).where(*matching).returning(SignInLink.hash))
        return used.first() is not None


def note_use(session: Session, holder: Holder) -> None:
    """Remember that a token or session was used just now."""
    moment = now(session)
    if holder.token_id is not None:
        used = update(AccessToken).where(AccessToken.id == holder.token_id)
        session.execute(used.values(last_used_at=moment))
    if holder.session_id is not None:
        used = update(BrowserSession).where(BrowserSession.id == holder.session_id)
        session.execute(used.values(last_used_at=moment))


def remove_ended(database: Database) -> int:
    """Forget sessions and links that have ended by themselves. Answers how many; without any, nothing is
    written."""
    with database.read() as session:
        moment = now(session)
        over = (BrowserSession.expires_at <= moment) | (BrowserSession.last_used_at <= moment - SESSION_IDLES)
        ended = list(session.scalars(select(BrowserSession.id).where(over)))
        void = list(session.scalars(select(SignInLink.hash).where(SignInLink.expires_at <= moment)))
    if ended or void:
        with database.write() as session:
            session.execute(delete(BrowserSession).where(BrowserSession.id.in_(ended)))
            session.execute(delete(SignInLink).where(SignInLink.hash.in_(void)))
    return len(ended) + len(void)


def _holder(each: BrowserSession, known: dict[str, AccessToken]) -> Holder:
    if each.token_id is None:
        return Holder(OWNER, True, None, each.id)
    token = known[each.token_id]
    return Holder(token.name, token.may_change, token.id, each.id)
