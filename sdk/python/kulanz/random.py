"""Chance from the run's seed, so that a run can be repeated. Not for secrets."""

from __future__ import annotations

from . import host


def next_u64() -> int:
    return host.random.next_u64()


def some_bytes(length: int) -> bytes:
    """At most 4096 bytes."""
    return host.random.bytes(length)
