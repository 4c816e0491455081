"""Values that last between runs, per installation. Writes count only if the run ends well. Needs `use:kv`."""

from __future__ import annotations

import json
from typing import Any

from . import host
from .errors import asking, imported


def _ask(name: str, *args: Any) -> Any:
    return asking(imported(host.kv, name, "use:kv"), *args)


def get(key: str) -> bytes | None:
    return _ask("get", key)


def set(key: str, value: bytes | str) -> None:
    _ask("set", key, value.encode() if isinstance(value, str) else value)


def delete(key: str) -> None:
    _ask("delete", key)


def keys(prefix: str = "") -> list[str]:
    """At most 1,000 keys that begin with the prefix, in order."""
    return _ask("keys", prefix)


def get_json(key: str) -> Any:
    value = get(key)
    return None if value is None else json.loads(value)


def set_json(key: str, value: Any) -> None:
    set(key, json.dumps(value, ensure_ascii=False))
