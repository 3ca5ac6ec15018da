"""Publishing events for an account."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import ValidationFailed
from api.events import repository
from api.events.publishing import Happening, publish
from api.events.schemas import EventDetails, PublishedEvent
from models.user import User

RESERVED = "execution."


class ReservedName(ValidationFailed):
    """Only PasteTrader itself publishes events of this name."""

    code = "RESERVED_EVENT"


class EventService:
    """What one account publishes, in one transaction."""

    def __init__(self, session: AsyncSession, user: User) -> None:
        self._session = session
        self._user = user

    async def publish(
        self, name: str, details: EventDetails, execution_id: UUID | None = None
    ) -> PublishedEvent:
        """Take an event, for every run of the account or for one of them; once for each `id`.

        Raises:
            ReservedName: the name begins with `execution.`.
        """
        if name.startswith(RESERVED):
            message = f"names that begin with `{RESERVED}` are kept; choose another"
            error = {"path": "name", "message": message, "code": ReservedName.code}
            raise ReservedName(f"name: {message}", errors=[error])
        event, duplicate = await publish(
            self._session,
            Happening(
                owner_id=self._user.id,
                name=name,
                key=details.key,
                payload=details.payload,
                event_id=details.id,
                execution_id=execution_id,
            ),
        )
        return PublishedEvent(
            id=event.id,
            event_id=event.event_id,
            name=event.name,
            key=event.correlation_key or None,
            duplicate=duplicate,
            triggers=await repository.count_firings(self._session, event),
        )
