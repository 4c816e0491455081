"""Write a Kulanz plugin in Python: put a decorator above one function for each hook.

The words are those of the SDK for Rust. Times are milliseconds since 1970.
"""

from . import clock, embed, http, knowledge, kv, log, random, tickets
from .effects import Basis, Effects, On, because
from .errors import KulanzError
from .hooks import Answer, Outcome, answering, events, notification, redaction, schedule, triage
from .views import Article, Change, Contact, Document, Event, Finding, Firing, Message, Part, Ticket

__all__ = [
    "Answer",
    "Article",
    "Basis",
    "Change",
    "Contact",
    "Document",
    "Effects",
    "Event",
    "Finding",
    "Firing",
    "KulanzError",
    "Message",
    "On",
    "Outcome",
    "Part",
    "Ticket",
    "answering",
    "because",
    "clock",
    "embed",
    "events",
    "http",
    "knowledge",
    "kv",
    "log",
    "notification",
    "random",
    "redaction",
    "schedule",
    "tickets",
    "triage",
]
