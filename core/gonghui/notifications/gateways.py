"""Gateways: how a message leaves the platform, by phone, by mail or into a group chat.

A gateway is chosen by the settings; a demonstration's messages stay in its mailbox, whatever the settings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol
from urllib.parse import quote

import apprise

from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.notifications.contacts import EMAIL, SMS, TARGET
from gonghui.notifications.sending_errors import AddressRefused, SendingFailed
from gonghui.notifications.sms_gateway import SmsGateway
from gonghui.settings import settings


class Gateway(Protocol):
    """A way out.

    `key` is the message's own: a gateway that knows it sends the message once, however often it is asked. Raises
    `AddressRefused` where the address is of no use, `SendingFailed` where it may work later.
    """

    def send(self, address: str, title: str, text: str, key: str) -> None: ...


class Mailbox:
    """Sends nothing: the demonstration shows the message itself on a page."""

    def send(self, address: str, title: str, text: str, key: str) -> None:
        """Do nothing."""


class Targets:
    """Group chats and whatever else apprise reaches, by its own addresses (`wecombot://…`)."""

    def send(self, address: str, title: str, text: str, key: str) -> None:
        """Send by the address."""
        target = apprise.Apprise.instantiate(address)
        if target is None:
            raise AddressRefused("no such target")
        if not apprise.Apprise([target]).notify(body=text, title=title):
            raise SendingFailed(f"{target.service_name} did not take it")


class Mail:
    """E-mail, through the server that an apprise address (`mailtos://…`) names."""

    def __init__(self, server: str) -> None:
        self._server = server

    def send(self, address: str, title: str, text: str, key: str) -> None:
        """Send to an e-mail address."""
        between = "&" if "?" in self._server else "?"
        Targets().send(f"{self._server}{between}to={quote(address)}", title, text, key)


@cache
def _configured() -> Mapping[str, Gateway]:
    chosen = settings()
    found: dict[str, Gateway] = {}
    if chosen.sms_gateway is not None:
        found[SMS] = SmsGateway.read(chosen.sms_gateway, chosen.sms_secret)
    if chosen.mail_url is not None:
        found[EMAIL] = Mail(chosen.mail_url.get_secret_value())
    if chosen.notification_targets:
        found[TARGET] = Targets()
    return found


def gateways(*, is_demo: bool) -> Mapping[str, Gateway]:
    """The ways out by channel."""
    return dict.fromkeys((SMS, EMAIL, TARGET), Mailbox()) if is_demo else _configured()


def check_target(address: str) -> None:
    """Raise `Invalid` unless the address is of a kind that the operator allows: others could reach into the house."""
    allowed = settings().notification_targets
    scheme = address.split("://", 1)[0].lower()
    if scheme not in allowed or apprise.Apprise.instantiate(address) is None:
        message = _("这不是可用的通知地址。可用的种类：{kinds}。", kinds=list(allowed))
        raise invalid(FieldFault("/address", "target_refused", message))
