"""Sorts tickets by words. Says the same as ../js/triage.js; a test holds both to that.

A component without WASI has no standard error and no files: an exception that nobody catches, a print or a
traceback with source lines would stop it without words. So everything that goes wrong is caught, logged with
its places and given back as a value of the contract. All imports stand at the top: they are resolved when the
component is built, not when it runs.
"""

import json
import re
import traceback

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.triage import Outcome, Outcome_Abstained, Outcome_Done
from wit_world.imports import config, effects, log
from wit_world.imports.types import Basis, Event, PluginError_Denied, PluginError_Internal, Ticket

URGENT = ("dringend", "sofort", "eilt", "urgent", "immediately", "asap")
REFUND = ("erstattung", "rückerstattung", "refund")
CATEGORIES = (
    ("billing", ("rechnung", "zahlung", "abbuchung", "invoice", "payment", "charge", *REFUND)),
    ("shipping", ("lieferung", "paket", "versand", "delivery", "parcel", "shipping")),
    ("account", ("passwort", "konto", "anmeld", "password", "account", "login")),
)
WORD = re.compile("[a-zß-öø-ÿ]+")


def found(words: list[str], stems: tuple[str, ...]) -> list[str]:
    """Words of the text that begin with one of the stems: "Rechnungen" counts for "rechnung"."""
    return [word for word in words if word.startswith(stems)]


def basis(reason: str, evidence: list[str]) -> Basis:
    return Basis(reason, min(0.95, 0.6 + 0.1 * len(evidence)), evidence[:8])


def sort(ticket: Ticket, text: str, urgent_words: list[str]) -> Outcome:
    words = WORD.findall(text.lower())
    ticket_id = ticket.id()
    # max keeps the first of equals, as the loop of the other language does.
    category, evidence = max(((name, found(words, stems)) for name, stems in CATEGORIES), key=lambda c: len(c[1]))
    urgent = found(words, (*URGENT, *urgent_words))
    refund = found(words, REFUND)
    if evidence:
        effects.set_field(ticket_id, "category", category, basis(f"Speaks of {category}.", evidence))
    if urgent:
        effects.set_field(ticket_id, "priority", "high", basis("Says that it is urgent.", urgent))
    if refund:
        effects.add_tag(ticket_id, "refund", basis("Asks for money back.", refund))
    shown = category if evidence else "none"
    log.write(log.Level.INFO, f"ticket {ticket.number()}: {len(words)} words, category {shown}")
    return Outcome_Done(f"Sorted into {category}.") if evidence else Outcome_Abstained("No word of any category.")


def handle(ticket: Ticket) -> Outcome:
    settings = json.loads(config.settings())
    message = ticket.last_inbound()
    if message is None:
        return Outcome_Abstained("Nobody wrote yet.")
    try:
        text = message.reply_text()
    except Err as error:
        if settings.get("strict", False) or not isinstance(error.value, PluginError_Denied):
            raise
        log.write(log.Level.WARN, f"denied: {error.value.value}")
        return Outcome_Abstained(f"May not read: {error.value.value}")
    return sort(ticket, text, settings.get("urgent_words", []))


def places(error: Exception) -> str:
    steps = traceback.walk_tb(error.__traceback__)
    return " > ".join(f"{frame.f_code.co_filename}:{line}" for frame, line in steps)


class Triage(exports.Triage):
    def triage(self, event: Event, ticket: Ticket) -> Outcome:
        try:
            return handle(ticket)
        except Err:
            # An error of the contract goes on as it is.
            raise
        except Exception as error:
            log.write(log.Level.ERROR, f"panic: {error!r} at {places(error)}")
            raise Err(PluginError_Internal(repr(error)))
