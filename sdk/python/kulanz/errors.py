"""The five ways in which a call can fail, on both sides of the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from . import host

T = TypeVar("T")

# What the contract calls each kind, and what componentize-py calls its class.
_KINDS = {
    "invalid-input": "PluginError_InvalidInput",
    "denied": "PluginError_Denied",
    "retryable": "PluginError_Retryable",
    "unavailable": "PluginError_Unavailable",
    "internal": "PluginError_Internal",
}


class KulanzError(Exception):
    """What went wrong. A denied capability is an error that can be caught, never the end of the run."""

    kind: str
    """invalid-input, denied, retryable, unavailable or internal"""

    after_s: int | None
    """Seconds after which to try again; only when the kind is retryable."""

    def __init__(self, kind: str, value: str | int) -> None:
        retryable = kind == "retryable"
        super().__init__(f"try again in {value} s" if retryable else str(value))
        self.kind = kind
        self.after_s = int(value) if retryable else None

    @classmethod
    def invalid_input(cls, sentence: str) -> KulanzError:
        """The input makes no sense; says what to fix."""
        return cls("invalid-input", sentence)

    @classmethod
    def denied(cls, sentence: str) -> KulanzError:
        """Not granted; names the grant."""
        return cls("denied", sentence)

    @classmethod
    def retryable(cls, seconds: int) -> KulanzError:
        """Have the run repeated after so many seconds."""
        return cls("retryable", seconds)

    @classmethod
    def unavailable(cls, sentence: str) -> KulanzError:
        """Not there just now."""
        return cls("unavailable", sentence)

    @classmethod
    def internal(cls, sentence: str) -> KulanzError:
        """A defect."""
        return cls("internal", sentence)


def asking(call: Callable[..., T], *args: Any) -> T:
    """Calls the host; an error value of the contract becomes a KulanzError."""
    try:
        return call(*args)
    except host.Err as error:
        for kind, name in _KINDS.items():
            if type(error.value).__name__ == name:
                raise KulanzError(kind, error.value.value) from None
        raise


def as_value(error: KulanzError) -> Exception:
    """The error as the contract has it."""
    value = error.after_s if error.kind == "retryable" else str(error)
    return host.Err(getattr(host.types, _KINDS[error.kind])(value))


def imported(module: Any, name: str, grant: str) -> Callable[..., Any]:
    """One function of an interface, or an error that says which line of plugin.toml is missing."""
    found = getattr(module, name, None)
    if found is None:
        raise KulanzError.denied(
            f'plugin.toml does not ask for {grant}: add a [[grant]] to = "{grant}" with a reason'
        )
    return found
