"""What the host hands in, with its getters as properties.

A property is asked for when it is first read and kept: what the host shows does not change during a run, and
each question costs a host call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .errors import asking


class _View:
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def _ask(self, name: str) -> Any:
        return asking(getattr(self._raw, name))


class Contact(_View):
    """Who asks."""

    @cached_property
    def id(self) -> str:
        return self._ask("id")

    @cached_property
    def name(self) -> str | None:
        """Needs `read:contact.name`; raises KulanzError `denied` without."""
        return self._ask("name")

    @cached_property
    def email(self) -> str:
        """Needs `read:contact.email`."""
        return self._ask("email")

    @cached_property
    def locale(self) -> str | None:
        return self._ask("locale")

    @cached_property
    def time_zone(self) -> str | None:
        """IANA time zone, if known."""
        return self._ask("time_zone")

    @cached_property
    def verified(self) -> bool:
        return self._ask("verified")

    @cached_property
    def proactive_consent(self) -> bool:
        return self._ask("proactive_consent")


class Message(_View):
    """One utterance, already redacted."""

    @cached_property
    def id(self) -> str:
        return self._ask("id")

    @cached_property
    def direction(self) -> str:
        """inbound, outbound or note"""
        return self._ask("direction")

    @cached_property
    def author_kind(self) -> str:
        """contact, agent, plugin, api or system"""
        return self._ask("author_kind")

    @cached_property
    def auto_class(self) -> str:
        """human, auto_replied, auto_generated, bounce or list"""
        return self._ask("auto_class")

    @cached_property
    def automatic(self) -> bool:
        """Whether no person pressed send."""
        return self._ask("automatic")

    @cached_property
    def public(self) -> bool:
        """Whether the customer can see it."""
        return self._ask("public")

    @cached_property
    def language(self) -> str | None:
        return self._ask("language")

    @cached_property
    def created_at_ms(self) -> int:
        """Milliseconds since 1970, as all times."""
        return self._ask("created_at_ms")

    @cached_property
    def subject(self) -> str:
        """Needs `read:subject`."""
        return self._ask("subject")

    @cached_property
    def text(self) -> str:
        """The whole text. Needs `read:text`."""
        return self._ask("text")

    @cached_property
    def reply_text(self) -> str:
        """The text without quotes and signature. Needs `read:text`."""
        return self._ask("reply_text")

    @cached_property
    def attachment_names(self) -> list[str]:
        """Needs `read:text`."""
        return self._ask("attachment_names")


class Ticket(_View):
    """One case, as the stage sees it."""

    @cached_property
    def id(self) -> str:
        return self._ask("id")

    @cached_property
    def number(self) -> int:
        """Number for people."""
        return self._ask("number")

    @cached_property
    def status(self) -> str:
        return self._ask("status")

    @cached_property
    def status_category(self) -> str:
        """new, open, pending, on_hold, solved or closed"""
        return self._ask("status_category")

    @cached_property
    def priority(self) -> str:
        """low, normal, high or urgent"""
        return self._ask("priority")

    @cached_property
    def channel(self) -> str:
        """email, form, chat or api"""
        return self._ask("channel")

    @cached_property
    def language(self) -> str | None:
        """BCP 47, if known."""
        return self._ask("language")

    @cached_property
    def category(self) -> str | None:
        return self._ask("category")

    @cached_property
    def team(self) -> str | None:
        return self._ask("team")

    @cached_property
    def assignee(self) -> str | None:
        return self._ask("assignee")

    @cached_property
    def tags(self) -> list[str]:
        return self._ask("tags")

    @cached_property
    def created_at_ms(self) -> int:
        return self._ask("created_at_ms")

    @cached_property
    def last_customer_message_at_ms(self) -> int | None:
        return self._ask("last_customer_message_at_ms")

    @cached_property
    def last_reply_at_ms(self) -> int | None:
        """Our newest public message."""
        return self._ask("last_reply_at_ms")

    @cached_property
    def solved_at_ms(self) -> int | None:
        return self._ask("solved_at_ms")

    @cached_property
    def subject(self) -> str:
        """Needs `read:subject`."""
        return self._ask("subject")

    def custom(self, key: str) -> str | None:
        """One custom field. Needs `read:custom`."""
        return asking(self._raw.custom, key)

    @cached_property
    def custom_fields(self) -> dict[str, str]:
        """Needs `read:custom`."""
        return dict(self._ask("custom_fields"))

    @cached_property
    def requester(self) -> Contact | None:
        """Who asks."""
        raw = self._ask("requester")
        return None if raw is None else Contact(raw)

    @cached_property
    def last_inbound(self) -> Message | None:
        """The newest message of the customer."""
        raw = self._ask("last_inbound")
        return None if raw is None else Message(raw)

    @cached_property
    def messages(self) -> list[Message]:
        """All messages, oldest first, at most the newest 50. Needs `read:history`."""
        return [Message(raw) for raw in self._ask("messages")]


@dataclass(frozen=True)
class Change:
    """One field's change."""

    field: str
    before: str | None
    after: str | None


class Event(_View):
    """Why a plugin is called."""

    @cached_property
    def id(self) -> str:
        return self._ask("id")

    @cached_property
    def event_type(self) -> str:
        """Dotted, past tense: message.received"""
        return self._ask("event_type")

    @cached_property
    def time_ms(self) -> int:
        return self._ask("time_ms")

    @cached_property
    def actor_kind(self) -> str:
        return self._ask("actor_kind")

    @cached_property
    def actor_id(self) -> str:
        return self._ask("actor_id")

    @cached_property
    def depth(self) -> int:
        """Length of the chain of automatic events that led here."""
        return self._ask("depth")

    @cached_property
    def changes(self) -> list[Change]:
        return [Change(*change) for change in self._ask("changes")]

    def change(self, field: str) -> Change | None:
        """The change of one field, if it changed."""
        return next((change for change in self.changes if change.field == field), None)

    @cached_property
    def data(self) -> Any:
        """What is particular to the type."""
        return json.loads(self._ask("data"))

    @cached_property
    def message(self) -> Message | None:
        """The message this event is about."""
        raw = self._ask("message")
        return None if raw is None else Message(raw)


class Firing(_View):
    """A schedule that fired."""

    @cached_property
    def schedule(self) -> str:
        """Name of the schedule in plugin.toml."""
        return self._ask("schedule")

    @cached_property
    def scheduled_for_ms(self) -> int:
        return self._ask("scheduled_for_ms")

    @cached_property
    def fired_at_ms(self) -> int:
        return self._ask("fired_at_ms")

    @cached_property
    def missed(self) -> int:
        """Firings before this one that were missed and are not made up for."""
        return self._ask("missed")


class Article(_View):
    """A knowledge-base article that was found."""

    @cached_property
    def id(self) -> str:
        return self._ask("id")

    @cached_property
    def key(self) -> str:
        """Shared by its translations; what `reply` names as its article."""
        return self._ask("key")

    @cached_property
    def locale(self) -> str:
        return self._ask("locale")

    @cached_property
    def title(self) -> str:
        return self._ask("title")

    @cached_property
    def body(self) -> str:
        return self._ask("body")

    @cached_property
    def product(self) -> str | None:
        """The product that it is about; None: it holds for all."""
        return self._ask("product")

    @cached_property
    def score(self) -> float:
        """0 to 1: how well it fits the question."""
        return self._ask("score")

    @cached_property
    def terms(self) -> list[str]:
        """Words of the question that it has, strongest first."""
        return self._ask("terms")


@dataclass(frozen=True)
class Part:
    """A named part of a document."""

    index: int
    name: str
    """subject, text, file_name, …"""
    text: str


@dataclass(frozen=True)
class Finding:
    """A span of personal data: positions as Python's strings count, end exclusive."""

    part: int
    """Index of the part."""
    start: int
    end: int
    class_: str
    """Class such as IBAN."""
    score: float = 1.0
    """0 to 1."""
    rule: str = ""
    """The rule that found it."""


class Document(_View):
    """A text to be searched for personal data, in named parts."""

    @cached_property
    def parts(self) -> list[Part]:
        raw = self._raw
        return [Part(index, raw.part_name(index), raw.part_text(index)) for index in range(raw.parts())]

    @cached_property
    def language(self) -> str | None:
        return self._ask("language")

    @cached_property
    def known(self) -> list[str]:
        """Names and addresses known from the message itself."""
        return self._ask("known")
