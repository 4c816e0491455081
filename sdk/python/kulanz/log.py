"""Lines for the run's record. Bounded; what is too much is dropped and counted."""

from . import host


def _say(level: str, message: object) -> None:
    if host.log is not None:
        host.log.write(getattr(host.log.Level, level), str(message))


def trace(message: object) -> None:
    _say("TRACE", message)


def debug(message: object) -> None:
    _say("DEBUG", message)


def info(message: object) -> None:
    _say("INFO", message)


def warn(message: object) -> None:
    _say("WARN", message)


def error(message: object) -> None:
    _say("ERROR", message)
