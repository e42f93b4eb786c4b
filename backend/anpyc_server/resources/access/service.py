"""Looking at who gets in, and changing it."""

from __future__ import annotations

from collections.abc import Sequence

from anpyc_queue import access, audit
from anpyc_queue.access import OWNER, Holder
from anpyc_queue.errors import Conflict, ServiceError
from anpyc_queue.tables import AccessToken, AuditEntry, BrowserSession
from anpyc_server.access.door import Door
from anpyc_server.resources.access.schemas import (
    Access,
    Change,
    Ended,
    NewToken,
    Session,
    Token,
    TokenRequest,
    You,
)
from anpyc_server.services import Services

CHANGES = 50


class OwnersAlone(ServiceError):
    """Only the owner may do that."""

    status = 403
    code = "owner_only"

    def __init__(self) -> None:
        super().__init__("Only the owner may do that: sign in with ANPYC_TOKEN. Nothing was changed.")


def look(services: Services, holder: Holder | None) -> Access:
    """Who gets in, as far as it concerns whoever asks."""
    if services.door is None or holder is None:
        return Access(protected=False, you=None, sessions=[], tokens=[], changes=[])
    with services.database.read() as session:
        tokens = access.tokens(session)
        sessions = access.sessions(session, services.door.generation)
        changes = audit.newest(session, CHANGES) if holder.is_owner else ()
    if not holder.is_owner:
        sessions = [each for each in sessions if each.token_id == holder.token_id]
    names = {token.id: token.name for token in tokens}
    return Access(
        protected=True,
        you=_you(holder),
        sessions=[_session(each, names) for each in sessions],
        tokens=[_token(token) for token in tokens] if holder.is_owner else [],
        changes=_changes(changes),
    )


def make(services: Services, holder: Holder | None, wanted: TokenRequest) -> NewToken:
    """A new token.

    :raises OwnersAlone: when somebody else asks.
    :raises Conflict: when there is one of that name, or no token keeps anybody out.
    """
    door = _door(services, holder)
    with services.database.write() as session:
        token, secret = access.make_token(session, wanted.name, may_change=wanted.may_change)
        audit.record(session, "token_made", OWNER, subject=token.name)
    door.forget()
    return NewToken(**_token(token).model_dump(), token=secret)


def revoke(services: Services, holder: Holder | None, token_id: str) -> Token:
    """Take a token back; its sessions end.

    :raises OwnersAlone: when somebody else asks.
    :raises NoSuchToken: when there is none.
    """
    door = _door(services, holder)
    with services.database.write() as session:
        token = access.revoke_token(session, token_id)
        audit.record(session, "token_revoked", OWNER, subject=token.name)
    door.forget()
    return _token(token)


def end(services: Services, holder: Holder | None, session_id: str) -> Ended:
    """End a session: the own ones, or as the owner any.

    :raises NoSuchSession: when there is none that whoever asks may end.
    """
    door = _door_of_anybody(services)
    with services.database.write() as session:
        found = session.get(BrowserSession, session_id)
        mine = found is not None and holder is not None and found.token_id == holder.token_id
        if holder is None or not (holder.is_owner or mine):
            raise access.NoSuchSession
        access.end_session(session, session_id)
        audit.record(session, "session_ended", holder.name)
    door.forget()
    return Ended(ended=1)


def end_others(services: Services, holder: Holder | None) -> Ended:
    """End all sessions but the own one.

    :raises OwnersAlone: when somebody else asks.
    """
    door = _door(services, holder)
    with services.database.write() as session:
        ended = access.end_sessions_but(session, holder.session_id if holder else None)
        audit.record(session, "session_ended", OWNER, subject="all other browsers")
    door.forget()
    return Ended(ended=ended)


def _door_of_anybody(services: Services) -> Door:
    if services.door is None:
        raise Conflict(
            "No ANPYC_TOKEN is set, so everybody on this machine gets in. Set one and start the server again."
        )
    return services.door


def _door(services: Services, holder: Holder | None) -> Door:
    door = _door_of_anybody(services)
    if holder is None or not holder.is_owner:
        raise OwnersAlone
    return door


def _you(holder: Holder) -> You:
    return You(
        name=holder.name,
        may_change=holder.may_change,
        is_owner=holder.is_owner,
        session_id=holder.session_id,
    )


def _session(each: BrowserSession, names: dict[str, str]) -> Session:
    return Session(
        id=each.id,
        name=OWNER if each.token_id is None else names.get(each.token_id, ""),
        browser=each.browser,
        address=each.address,
        created_at=each.created_at,
        last_used_at=each.last_used_at,
        expires_at=each.expires_at,
    )


def _token(token: AccessToken) -> Token:
    return Token(
        id=token.id,
        name=token.name,
        may_change=token.may_change,
        created_at=token.created_at,
        last_used_at=token.last_used_at,
    )


def _changes(entries: Sequence[AuditEntry]) -> list[Change]:
    return [
        Change(at=each.at, by=each.by, what=each.what, run_id=each.run_id, subject=each.subject)
        for each in entries
    ]
