"""The decorators that make a function a hook, and how each hook ends.

    @triage
    def sort(event: Event, ticket: Ticket, settings: Settings, out: Effects) -> Outcome: ...

The type of `settings` may be a dataclass, or a plain dict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_REGISTERED: dict[str, Callable[..., Any]] = {}


@dataclass(frozen=True)
class Outcome:
    """How triage ended, with the reason for people."""

    word: str
    why: str

    @classmethod
    def done(cls, why: str) -> Outcome:
        """Sorted."""
        return cls("done", why)

    @classmethod
    def abstained(cls, why: str) -> Outcome:
        """Not sure enough."""
        return cls("abstained", why)


@dataclass(frozen=True)
class Answer:
    """How answering ended, with the reason for people."""

    word: str
    why: str

    @classmethod
    def answered(cls, why: str) -> Answer:
        """Proposed a reply."""
        return cls("answered", why)

    @classmethod
    def held(cls, why: str) -> Answer:
        """Nobody should answer automatically."""
        return cls("held", why)

    @classmethod
    def abstained(cls, why: str) -> Answer:
        """Has nothing to say."""
        return cls("abstained", why)


def _register(name: str, function: F) -> F:
    if name in _REGISTERED:
        raise TypeError(f"two functions are the {name} hook: {_REGISTERED[name].__name__} and {function.__name__}")
    _REGISTERED[name] = function
    return function


def redaction(function: F) -> F:
    """Finds personal data before storage: (document, settings) -> list[Finding]. A failure holds the message back."""
    return _register("redaction", function)


def triage(function: F) -> F:
    """Sorts tickets: (event, ticket, settings, out) -> Outcome."""
    return _register("triage", function)


def answering(function: F) -> F:
    """Answers tickets, or says why not: (event, ticket, settings, out) -> Answer."""
    return _register("answering", function)


def notification(function: F) -> F:
    """Tells customers of something that happened: (event, ticket, settings, out) -> str, the reason."""
    return _register("notification", function)


def events(function: F) -> F:
    """Reacts to any event of a ticket: (event, ticket, settings, out) -> str, the reason."""
    return _register("events", function)


def schedule(function: F) -> F:
    """Runs on a cron schedule of plugin.toml: (firing, settings, out) -> str, the reason."""
    return _register("schedule", function)


def registered(name: str) -> Callable[..., Any]:
    """The function of a hook. Called while the component is built, so a slip is found there."""
    function = _REGISTERED.get(name)
    if function is None:
        raise TypeError(f"plugin.toml declares hook {name}: put @{name} above the function for it")
    return function
