"""Sorts tickets by words. Says the same as ../js/plugin.ts; a test holds both to that."""

from dataclasses import dataclass, field

from kulanz import Basis, Effects, Event, KulanzError, Outcome, Ticket, because, embed, log, triage

from words import CATEGORIES, REFUND, URGENT, found, listed


@dataclass
class Settings:
    strict: bool = False
    tell_meaning: bool = False
    urgent_words: list[str] = field(default_factory=list)


def why(reason: str, evidence: list[str]) -> Basis:
    return because(reason, min(0.95, 0.6 + 0.1 * len(evidence))).evidence(*evidence[:8])


def meaning(text: str) -> str:
    """The text's vector; which model said so."""
    model = embed.model()
    if model is None:
        return "no model"
    [vector] = embed.vectors([text])
    numbers = " ".join(f"{number:g}" for number in vector)
    return f"{model.digest} of {model.dimension}: {numbers}"


@triage
def sort(event: Event, ticket: Ticket, settings: Settings, out: Effects) -> Outcome:
    message = ticket.last_inbound
    if message is None:
        return Outcome.abstained("Nobody wrote yet.")
    try:
        text = message.reply_text
    except KulanzError as error:
        if settings.strict or error.kind != "denied":
            raise
        log.warn(f"denied: {error}")
        return Outcome.abstained(f"May not read: {error}")
    if settings.tell_meaning:
        log.info(meaning(text))
    words = listed(text)
    # max keeps the first of equals, as the loop of the other language does.
    category, evidence = max(((name, found(words, stems)) for name, stems in CATEGORIES), key=lambda c: len(c[1]))
    urgent = found(words, (*URGENT, *settings.urgent_words))
    refund = found(words, REFUND)
    on = out.on(ticket)
    if evidence:
        on.set_field("category", category, why(f"Speaks of {category}.", evidence))
    if urgent:
        on.set_field("priority", "high", why("Says that it is urgent.", urgent))
    if refund:
        on.add_tag("refund", why("Asks for money back.", refund))
    log.info(f"ticket {ticket.number}: {len(words)} words, category {category if evidence else 'none'}")
    return Outcome.done(f"Sorted into {category}.") if evidence else Outcome.abstained("No word of any category.")
