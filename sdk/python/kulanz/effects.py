"""What a plugin may propose: one method per effect, each calling its own function of the host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import host
from .errors import asking, imported
from .views import Ticket


@dataclass
class Basis:
    """Why an effect is proposed: a sentence for people, 0 to 1, and what in the ticket led to it."""

    reason: str
    confidence: float
    quotes: list[str] = field(default_factory=list)

    def evidence(self, *quotes: str) -> Basis:
        """Adds short quotes of the ticket, or names of rules."""
        self.quotes.extend(quotes)
        return self


def because(reason: str, confidence: float) -> Basis:
    """Begins a basis."""
    return Basis(reason, confidence)


class On:
    """Proposals for one ticket. Each needs the grant `effect:<name>`."""

    def __init__(self, ticket: str) -> None:
        self._ticket = ticket

    def _propose(self, name: str, why: Basis, *args: Any) -> On:
        call = imported(host.effects, name, f"effect:{name.replace('_', '-')}")
        if not isinstance(why, Basis):
            raise TypeError(f"{name} needs its reason: because('…', 0.9)")
        asking(call, self._ticket, *args, host.types.Basis(why.reason, why.confidence, why.quotes))
        return self

    def set_field(self, field: str, value: str, why: Basis) -> On:
        """Set status, priority, language, category, team, assignee or custom.<key>."""
        return self._propose("set_field", why, field, value)

    def add_tag(self, tag: str, why: Basis) -> On:
        return self._propose("add_tag", why, tag)

    def remove_tag(self, tag: str, why: Basis) -> On:
        return self._propose("remove_tag", why, tag)

    def reply(self, text: str, why: Basis, *, language: str | None = None, article: str | None = None) -> On:
        """Answer the customer; plain text."""
        return self._propose("reply", why, text, language, article)

    def note(self, text: str, why: Basis) -> On:
        """Leave a note among us."""
        return self._propose("note", why, text)

    def notify(self, subject: str, text: str, why: Basis, *, language: str | None = None) -> On:
        """Write to the requester without having been asked."""
        return self._propose("notify", why, subject, text, language)

    def escalate(self, why: Basis, *, team: str | None = None) -> On:
        """Hand to people with urgency; to the ticket's own team when none is named."""
        return self._propose("escalate", why, team)

    def set_timer(self, key: str, after_s: int, why: Basis) -> On:
        """Be called again with timer.due after so many seconds."""
        return self._propose("set_timer", why, key, after_s)


class Effects:
    """The proposals of one run. Nothing counts unless the run ends well."""

    def on(self, ticket: Ticket | str) -> On:
        """Proposals for a ticket, or for the ticket with an id."""
        return On(ticket if isinstance(ticket, str) else ticket.id)
