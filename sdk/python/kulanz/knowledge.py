"""Searching public articles. Needs `use:knowledge`."""

from __future__ import annotations

from . import host
from .errors import asking, imported
from .views import Article


def search(question: str, *, language: str | None = None, limit: int = 5) -> list[Article]:
    """The best articles for a question, best first, at most 20; in one language if given."""
    call = imported(host.knowledge, "search", "use:knowledge")
    return [Article(raw) for raw in asking(call, question, language, limit)]
