"""Links by which one account decides once, without signing in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.approvals import repository
from api.approvals.schemas import ApprovalOut, DecisionRequest, LinkOut, LinkRequest, NewLink
from api.approvals.service import ApprovalService, NotAssigned
from api.auth.tokens import digest, new_secret
from api.engine import Engine
from api.errors import APIError, Forbidden, NotFound, ValidationFailed
from models.approval import Approval, ApprovalLink
from models.enums import ApprovalStatus, Role
from models.user import User

PAGE = "/approve"


class LinkGone(APIError):
    """The link cannot be used any more."""

    status = 410
    code = "LINK_GONE"


class LinkUsed(LinkGone):
    """Somebody has decided by it."""

    code = "LINK_USED"


class LinkExpired(LinkGone):
    """Its time is over."""

    code = "LINK_EXPIRED"


class LinkRevoked(LinkGone):
    """The account that it stands for is gone, or may not decide any more."""

    code = "LINK_REVOKED"


async def make_link(
    session: AsyncSession, approval: Approval | ApprovalOut, user: User, seconds: float
) -> str:
    """The token of a new link by which `user` may decide on `approval` once, within `seconds`.

    Whoever has the token decides as `user`: hand it to nobody else. Only its hash is kept.
    """
    secret = new_secret()
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    session.add(
        ApprovalLink(
            approval_id=approval.id, user_id=user.id, token_hash=secret.hashed, expires_at=expires
        )
    )
    await session.flush()
    return secret.text


def link_url(public_url: str | None, token: str) -> str:
    """Where a browser decides by a token; without a host when ours is not known."""
    base = (public_url or "").rstrip("/")
    return f"{base}{PAGE}?token={token}"


async def new_link(
    session: AsyncSession,
    user: User,
    approval: ApprovalOut,
    request: LinkRequest,
    public_url: str | None,
) -> NewLink:
    """A link for `user`, or, when an administrator asks, for another account.

    Raises:
        Forbidden: it would let the account decide as somebody else.
        NotAssigned, ValidationFailed: the account that it is for is not asked.
    """
    email = (request.email or user.email).strip().lower()
    if email != user.email and user.role != Role.ADMIN:
        raise Forbidden("a link decides as the account it is for; make one for your own")
    whose = await session.scalar(select(User).where(User.email == email, User.is_active))
    asked = whose and await repository.by_id(session, whose, approval.id)
    if not whose or not asked or not asked.can_decide:
        message = f"{email} is not asked to decide, or has decided"
        if whose is user:
            raise NotAssigned(message)
        errors = [{"path": "body.email", "message": message, "code": NotAssigned.code}]
        raise ValidationFailed(message, errors=errors)
    token = await make_link(session, approval, whose, request.expires_seconds)
    return NewLink(
        url=link_url(public_url, token),
        token=token,
        expires_at=datetime.now(UTC) + timedelta(seconds=request.expires_seconds),
        email=email,
    )


@dataclass(frozen=True, slots=True)
class _Opened:
    link: ApprovalLink
    user: User
    approval: ApprovalOut


class LinkService:
    """What whoever has a token may do, in one transaction."""

    def __init__(self, session: AsyncSession, engine: Engine) -> None:
        self._session = session
        self._engine = engine

    async def look(self, token: str) -> LinkOut:
        """What is asked. Nothing is decided by looking: programs that scan mail do it, too.

        Raises:
            NotFound: there is no such link.
            LinkGone: it was used, its time is over, or its account may not decide any more.
        """
        opened = await self._open(token)
        return _shown(opened, opened.approval)

    async def decide(self, token: str, request: DecisionRequest) -> tuple[LinkOut, User, UUID]:
        """Decide as the link's account, which uses the link up; also that account, and the approval.

        Raises:
            NotFound, LinkGone: as `look` does.
            APIError: as `ApprovalService.decide` does; the link may then be used again.
        """
        # Whoever comes meanwhile waits, and finds it used.
        opened = await self._open(token, lock=True)
        service = ApprovalService(self._session, opened.user, self._engine)
        decided = await service.decide(opened.approval.id, request)
        opened.link.used_at = datetime.now(UTC)
        return _shown(opened, decided), opened.user, decided.id

    async def _open(self, token: str, *, lock: bool = False) -> _Opened:
        statement = select(ApprovalLink).where(ApprovalLink.token_hash == digest(token))
        link = await self._session.scalar(statement.with_for_update() if lock else statement)
        if link is None:
            raise NotFound("there is no such link")
        if link.used_at is not None:
            raise LinkUsed("this link was used; it decides once")
        if link.expires_at <= datetime.now(UTC):
            raise LinkExpired("the time of this link is over; sign in, or ask for another")
        who = select(User).where(User.id == link.user_id, User.is_active)
        user = await self._session.scalar(who)
        found = user and await repository.by_id(self._session, user, link.approval_id)
        if not user or not found or _barred(user, found):
            raise LinkRevoked("the account of this link may not decide any more")
        return _Opened(link, user, found)


def _barred(user: User, approval: ApprovalOut) -> bool:
    """Whether an approval that waits does not wait for the account, which has not decided."""
    spoke = any(each.by == str(user.id) for each in approval.decisions)
    pending = approval.status is ApprovalStatus.PENDING
    return pending and not approval.can_decide and not spoke


def _shown(opened: _Opened, approval: ApprovalOut) -> LinkOut:
    ends = [opened.link.expires_at, *([approval.expires_at] if approval.expires_at else [])]
    return LinkOut(
        title=approval.title,
        request=approval.request,
        form_schema=approval.form_schema,
        status=approval.status,
        expires_at=min(ends),
        email=opened.user.email,
        workflow_name=approval.workflow_name,
        decided=not approval.can_decide,
    )
