"""The interfaces of the host. A component has those that its manifest asks for; here the others are None.

Outside the sandbox there is no host at all, so everything is None: the package can still be imported, by an
editor or a test. All imports stand at the top of modules: they are resolved when the component is built.
"""

# ruff: noqa: F401
# pyright: reportMissingImports=false

try:
    from componentize_py_types import Err
except ImportError:

    class Err(Exception):  # type: ignore[no-redef]
        """An error value of the contract."""

        def __init__(self, value: object) -> None:
            super().__init__(value)
            self.value = value


try:
    from wit_world.imports import types
except ImportError:
    types = None
try:
    from wit_world.imports import effects
except ImportError:
    effects = None
try:
    from wit_world.imports import log
except ImportError:
    log = None
try:
    from wit_world.imports import config
except ImportError:
    config = None
try:
    from wit_world.imports import clock
except ImportError:
    clock = None
try:
    from wit_world.imports import random
except ImportError:
    random = None
try:
    from wit_world.imports import kv
except ImportError:
    kv = None
try:
    from wit_world.imports import tickets
except ImportError:
    tickets = None
try:
    from wit_world.imports import knowledge
except ImportError:
    knowledge = None
try:
    from wit_world.imports import embed
except ImportError:
    embed = None
try:
    from wit_world.imports import http
except ImportError:
    http = None
