"""Requests to hosts that were granted by name (`http:<host>`), https only. Redirects are not followed."""

from __future__ import annotations

import json as _json
from dataclasses import dataclass
from typing import Any

from . import host
from .errors import asking, imported


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return _json.loads(self.body)


def _host_of(url: str) -> str:
    """As a grant names it: in small letters, with its port unless that is 443."""
    rest = url.removeprefix("https://")
    for end in "/?#":
        rest = rest.split(end, 1)[0]
    return rest.lower().removesuffix(":443")


def send(
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | str = b"",
) -> Response:
    """Sends a request; raises KulanzError `denied` without the grant for that host."""
    call = imported(host.http, "send", f"http:{_host_of(url)}")
    data = body.encode() if isinstance(body, str) else body
    answer = asking(call, host.http.Request(method, url, list((headers or {}).items()), data))
    return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)


def get(url: str, headers: dict[str, str] | None = None) -> Response:
    return send(url, headers=headers)


def post_json(url: str, value: Any) -> Response:
    return send(url, method="POST", headers={"content-type": "application/json"}, body=_json.dumps(value))
