"""Reading other tickets. Needs `use:tickets`."""

from __future__ import annotations

from . import host
from .errors import asking, imported
from .views import Ticket

_LIMIT_MAX = 200


def get(id: str) -> Ticket | None:
    raw = asking(imported(host.tickets, "get", "use:tickets"), id)
    return None if raw is None else Ticket(raw)


def search(
    *,
    status_category: str | None = None,
    tag: str | None = None,
    team: str | None = None,
    requester_of: str | None = None,
    customer_silent_since_ms: int | None = None,
    replied_before_ms: int | None = None,
    solved_before_ms: int | None = None,
    created_after_ms: int | None = None,
    limit: int = _LIMIT_MAX,
) -> list[Ticket]:
    """Tickets, oldest first; what is absent means any."""
    call = imported(host.tickets, "search", "use:tickets")
    query = host.tickets.Query(
        status_category,
        tag,
        team,
        requester_of,
        customer_silent_since_ms,
        replied_before_ms,
        solved_before_ms,
        created_after_ms,
        limit,
    )
    return [Ticket(raw) for raw in asking(call, query)]
