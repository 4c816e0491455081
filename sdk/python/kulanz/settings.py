"""Settings of the installation, read into the type that the author's hook names."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from .errors import KulanzError


def type_of(function: Callable[..., Any]) -> Any:
    """The type of a hook's parameter `settings`; a plain dict when it names none."""
    return typing.get_type_hints(function).get("settings", dict)


def read(text: str, wanted: Any) -> Any:
    """Settings from JSON, as the wanted type."""
    return _fit(json.loads(text), wanted, "settings")


def _fit(value: Any, wanted: Any, at: str) -> Any:
    if is_dataclass(wanted):
        return _dataclass(value, wanted, at)
    origin, args = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (list, set, tuple, frozenset):
        _check(value, list, at)
        inner = args[0] if args else Any
        return origin(_fit(item, inner, f"{at}[{index}]") for index, item in enumerate(value))
    if origin is dict:
        _check(value, dict, at)
        return {key: _fit(item, args[1], f"{at}.{key}") for key, item in value.items()}
    if origin is typing.Literal:
        if value not in args:
            raise _misfit(at, f"one of {', '.join(map(str, args))}", value)
        return value
    if args:
        return _either(value, args, at)
    if wanted is float and type(value) is int:
        return float(value)
    if isinstance(wanted, type):
        _check(value, wanted, at)
    return value


def _dataclass(value: Any, wanted: Any, at: str) -> Any:
    _check(value, dict, at)
    hints = typing.get_type_hints(wanted)
    known = {field.name: field for field in fields(wanted)}
    for name, field in known.items():
        if name not in value and field.default is MISSING and field.default_factory is MISSING:
            raise KulanzError.invalid_input(f"{at}.{name} is missing")
    # A setting that the plugin does not read is the schema's business, not an error here.
    given = {name: _fit(value[name], hints[name], f"{at}.{name}") for name in known if name in value}
    return wanted(**given)


def _either(value: Any, options: tuple[Any, ...], at: str) -> Any:
    for option in options:
        if option is type(None) and value is None:
            return None
    tried = [option for option in options if option is not type(None)]
    for option in tried[:-1]:
        try:
            return _fit(value, option, at)
        except KulanzError:
            continue
    return _fit(value, tried[-1], at)


def _check(value: Any, wanted: type, at: str) -> None:
    # True is an int to Python, and not to anybody who writes settings.
    if not isinstance(value, wanted) or (wanted in (int, float) and isinstance(value, bool)):
        raise _misfit(at, wanted.__name__, value)


def _misfit(at: str, wanted: str, value: Any) -> KulanzError:
    return KulanzError.invalid_input(f"{at} must be {wanted}, is {value!r}")
