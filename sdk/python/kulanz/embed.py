"""What texts mean, as vectors of the language model in place. Needs `use:embed`."""

from __future__ import annotations

from dataclasses import dataclass

from . import host
from .errors import asking, imported


@dataclass(frozen=True)
class Model:
    """A language model: vectors of another digest cannot be compared with its own."""

    digest: str
    dimension: int


def model() -> Model | None:
    """The model in place; None where there is none."""
    found = asking(imported(host.embed, "model", "use:embed"))
    return None if found is None else Model(found.digest, found.dimension)


def vectors(texts: list[str]) -> list[list[float]]:
    """One vector of length one for each text, at most 64 texts. Unavailable without a model."""
    return asking(imported(host.embed, "vectors", "use:embed"), texts)
