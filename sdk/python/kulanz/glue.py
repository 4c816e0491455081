"""Stands between the exports of the contract and the author's hooks.

A component without WASI has no standard error: an exception that nobody catches would stop it without words.
So whatever goes wrong is caught here, logged with its places, and given back as a value of the contract.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

from . import host, log, settings
from .effects import Effects
from .errors import KulanzError, as_value
from .hooks import Answer, Outcome, registered
from .views import Document, Event, Finding, Firing, Ticket


def _places(error: BaseException) -> str:
    """Where it happened, innermost last. The source itself is not there to be quoted."""
    out = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        # Steps of this package say nothing to the author.
        if "kulanz/" not in code.co_filename or "kulanz_app" in code.co_filename:
            out.append(f"  {code.co_filename.removeprefix('/')}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return "\n".join(out)


def _guarded(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except KulanzError as error:
        log.error(f"{error.kind}: {error}\n{_places(error)}")
        raise as_value(error) from None
    except Exception as error:
        log.error(f"panic: {error!r}\n{_places(error)}")
        raise as_value(KulanzError.internal(repr(error))) from None


def _settings(wanted: Any) -> Any:
    return settings.read(host.config.settings(), wanted)


def _reason(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("the hook must answer the reason for what it did, as text")


def on_ticket(name: str, lift: Callable[[Any], Any] = _reason) -> Callable[[Any, Any], Any]:
    """A hook that sees an event and its ticket."""
    function = registered(name)
    wanted = settings.type_of(function)

    def run(event: Any, ticket: Any) -> Any:
        return _guarded(lambda: lift(function(Event(event), Ticket(ticket), _settings(wanted), Effects())))

    return run


def on_firing() -> Callable[[Any], str]:
    """The schedule hook."""
    function = registered("schedule")
    wanted = settings.type_of(function)

    def run(firing: Any) -> str:
        return _guarded(lambda: _reason(function(Firing(firing), _settings(wanted), Effects())))

    return run


def on_document(raw_finding: Any) -> Callable[[Any], list[Any]]:
    """The redaction hook; `raw_finding` is the contract's class."""
    function = registered("redaction")
    wanted = settings.type_of(function)

    def run(raw: Any) -> list[Any]:
        def found() -> list[Any]:
            document = Document(raw)
            return _in_bytes(document, function(document, _settings(wanted)), raw_finding)

        return _guarded(found)

    return run


def _in_bytes(document: Document, findings: list[Finding], raw_finding: Any) -> list[Any]:
    """Findings as the contract wants them: positions in bytes of UTF-8."""
    offsets: dict[int, list[int]] = {}
    out = []
    for finding in findings:
        if not 0 <= finding.part < len(document.parts):
            count = len(document.parts)
            raise KulanzError.invalid_input(f"a finding names part {finding.part}, the document has {count}")
        if finding.part not in offsets:
            text = document.parts[finding.part].text
            offsets[finding.part] = [0, *accumulate(len(letter.encode()) for letter in text)]
        at = offsets[finding.part]
        out.append(
            raw_finding(finding.part, at[finding.start], at[finding.end], finding.class_, finding.score, finding.rule)
        )
    return out


def lifted(kind: type, classes: dict[str, Any]) -> Callable[[Any], Any]:
    """From a verdict of this package to the contract's: `classes` has one class for each word."""

    def lift(verdict: Any) -> Any:
        if isinstance(verdict, kind) and verdict.word in classes:
            return classes[verdict.word](verdict.why)
        raise TypeError(f"the hook must answer how it ended: return {kind.__name__}.{next(iter(classes))}('…')")

    return lift


__all__ = ["Answer", "Outcome", "lifted", "on_document", "on_firing", "on_ticket"]
