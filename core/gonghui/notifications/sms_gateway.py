"""Text messages through an HTTP gateway that a template describes: each has its own way of being asked.

The template is a TOML file:

    url = "https://gateway.example/v1/messages"
    headers = { Authorization = "Bearer {secret}" }
    json = { to = "{phone}", content = "【{signature}】{text}", request = "{key}" }
    signature = "某区总工会"
    [success]
    pointer = "/code"
    equals = ["OK"]
    [refused]
    pointer = "/code"
    equals = ["MOBILE_NUMBER_ILLEGAL"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import requests
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from gonghui.notifications.sending_errors import AddressRefused, SendingFailed


class _Answer(BaseModel):
    """Answers that mean something: by status, and by what stands at a JSON pointer."""

    model_config = ConfigDict(extra="forbid")

    status: list[int] = [200]
    pointer: str | None = None
    equals: list[Any] = []

    def matches(self, status: int, content: Any) -> bool:
        """Whether an answer is one of them."""
        return status in self.status and (self.pointer is None or _at(content, self.pointer) in self.equals)


class SmsTemplate(BaseModel):
    """How a gateway is asked, and how it answers."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    url: HttpUrl
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    form: dict[str, str] = {}
    content: dict[str, Any] = Field(default={}, alias="json")
    signature: str = ""
    success: _Answer = _Answer()
    refused: _Answer | None = None
    timeout_seconds: float = Field(default=10, gt=0, le=30)


class SmsGateway:
    """A gateway that is asked as its template says."""

    def __init__(self, template: SmsTemplate, secret: str = "") -> None:
        self._template, self._secret = template, secret

    @classmethod
    def read(cls, path: Path, secret: SecretStr | None) -> SmsGateway:
        """The gateway of a template file. Raises `ValidationError` for one that says something else."""
        template = SmsTemplate.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        return cls(template, secret.get_secret_value() if secret else "")

    def send(self, address: str, title: str, text: str, key: str) -> None:
        """Send `text` to a phone number. Raises `AddressRefused` or `SendingFailed`."""
        told = self._template
        known = {
            "phone": address, "title": title, "text": text, "key": key, "secret": self._secret,
            "signature": told.signature,
        }  # fmt: skip
        try:
            answer = requests.request(
                told.method,
                str(told.url),
                params=_filled(told.query, known) or None,
                data=_filled(told.form, known) or None,
                json=_filled(told.content, known) or None,
                headers=_filled(told.headers, known),
                timeout=told.timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise SendingFailed(type(error).__name__) from None  # its text may hold the secret
        content = _json(answer)
        if told.refused is not None and told.refused.matches(answer.status_code, content):
            raise AddressRefused("the gateway refuses this number")
        if not told.success.matches(answer.status_code, content):
            raise SendingFailed(f"the gateway answered {answer.status_code}")


def _filled(template: Any, known: Mapping[str, str]) -> Any:
    """The template with its `{names}` filled in, whatever it is made of."""
    if isinstance(template, str):
        return template.format_map(known)
    if isinstance(template, Mapping):
        return {name: _filled(part, known) for name, part in template.items()}
    if isinstance(template, list):
        return [_filled(part, known) for part in template]
    return template


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


def _at(content: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901) of objects and lists; None where nothing does."""
    for part in pointer.strip("/").split("/"):
        if isinstance(content, list):
            content = content[int(part)] if part.isdigit() and int(part) < len(content) else None
        elif isinstance(content, Mapping):
            content = content.get(part)
        else:
            return None
    return content
