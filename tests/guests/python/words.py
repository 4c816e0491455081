"""The words of each category, and how they are found in a text."""

import re

URGENT = ("dringend", "sofort", "eilt", "urgent", "immediately", "asap")
REFUND = ("erstattung", "rückerstattung", "refund")
CATEGORIES = (
    ("billing", ("rechnung", "zahlung", "abbuchung", "invoice", "payment", "charge", *REFUND)),
    ("shipping", ("lieferung", "paket", "versand", "delivery", "parcel", "shipping")),
    ("account", ("passwort", "konto", "anmeld", "password", "account", "login")),
)
WORD = re.compile("[a-zß-öø-ÿ]+")


def listed(text: str) -> list[str]:
    """All words of a text, in small letters."""
    if "\0" in text:
        raise ValueError("a text has no NUL")
    return WORD.findall(text.lower())


def found(words: list[str], stems: tuple[str, ...]) -> list[str]:
    """Words of the text that begin with one of the stems: "Rechnungen" counts for "rechnung"."""
    return [word for word in words if word.startswith(stems)]
