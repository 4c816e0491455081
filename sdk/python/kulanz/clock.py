"""Time stands still during a run, so that a run can be repeated."""

from __future__ import annotations

from . import host


def now_ms() -> int:
    return host.clock.now_ms()


def utc_offset_s(zone: str, at_ms: int) -> int | None:
    """Offset of an IANA zone from UTC at an instant, in seconds; None for an unknown zone."""
    return host.clock.utc_offset_s(zone, at_ms)
