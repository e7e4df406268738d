"""How the platform fares, for its operators: tenants, and whether each of its parts answers and keeps up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kombu.exceptions import OperationalError
from sqlalchemy import text

from gonghui.db.database import Database
from gonghui.events.broker import broker_at
from gonghui.i18n import Text, _
from gonghui.objects.configured import configured_objects
from gonghui.objects.port import ObjectError
from gonghui.settings import Settings
from gonghui.values import clock

_TENANTS = text("SELECT * FROM core.platform_tenants(:key, :after, :many)")
_LAG = text("SELECT * FROM core.platform_lag(:key)")
#: Longer than this, and a part does not keep up.
_RELAY, _SEALER = timedelta(minutes=1), timedelta(minutes=10)
#: Less than this share of the disk free, and somebody has to make room.
_LEAST_FREE = 0.1
_GIGABYTE = 1024**3


@dataclass(frozen=True)
class Finding:
    """One part of the platform: what it is, how it fares (`good`, `bad`, `unknown`), and the same in words."""

    part: Text
    state: str
    said: Text


def tenants(database: Database, key_hash: str, *, after: str, limit: int) -> Sequence[Any]:
    """Tenants by code; none for a key that nobody has."""
    with database.public() as connection:
        return connection.execute(_TENANTS, {"key": key_hash, "after": after, "many": limit}).all()


def findings(database: Database, key_hash: str, settings: Settings) -> list[Finding]:
    """Every part of the platform, and how it fares."""
    with database.public() as connection:
        lag = connection.execute(_LAG, {"key": key_hash}).one()
    size = _("应答正常，{size} GB，{n} 个工会", size=_gigabytes(lag.database_bytes), n=lag.tenants)
    return [
        Finding(_("数据库"), "good", size),
        _broker(settings.broker_url),
        _objects(),
        *_keeping_up(lag, settings),
        _disk(settings),
    ]


def _keeping_up(lag: Any, settings: Settings) -> Iterator[Finding]:
    yield _behind(_("事件转送"), lag.unrelayed, lag.unrelayed_since, _RELAY)
    yield _behind(_("任务派发"), lag.undelivered, lag.undelivered_since, _RELAY)
    dead = _("已放弃 {n} 个，等待管理员重新办理", n=lag.dead) if lag.dead else _("没有放弃的任务")
    yield Finding(_("未办成的任务"), "bad" if lag.dead else "good", dead)
    yield _behind(_("审计封存"), lag.unsealed, lag.unsealed_since, _SEALER)
    yield _signing(lag.signed_at, timedelta(minutes=2 * settings.audit_head_minutes) + _SEALER)


def _behind(part: Text, number: int, since: datetime | None, most: timedelta) -> Finding:
    if since is None:
        return Finding(part, "good", _("没有积压"))
    waited = clock.now() - since
    seconds = max(int(waited.total_seconds()), 0)
    said = _("{n} 条在等待，最早的已等 {seconds} 秒", n=f"{number:,}", seconds=f"{seconds:,}")
    return Finding(part, "good" if waited <= most else "bad", said)


def _signing(signed_at: datetime | None, most: timedelta) -> Finding:
    part = _("审计签名")
    if signed_at is None:
        return Finding(part, "unknown", _("还没有签过名"))
    said = _("最久未签的工会上次签于 {at}", at=clock.minute(signed_at))
    return Finding(part, "good" if clock.now() - signed_at <= most else "bad", said)


def _broker(url: str | None) -> Finding:
    part = _("消息代理")
    if url is None:
        return Finding(part, "unknown", _("网页进程没有配置消息代理的地址"))
    try:
        with broker_at(url).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=3)
    except (OperationalError, OSError) as error:
        return Finding(part, "bad", _("不应答：{error}", error=type(error).__name__))
    return Finding(part, "good", _("应答正常"))


def _objects() -> Finding:
    part = _("对象存储")
    try:
        next(iter(configured_objects().of_audit().list()), None)
    except (ObjectError, OSError, ValueError) as error:
        return Finding(part, "bad", _("不应答：{error}", error=type(error).__name__))
    return Finding(part, "good", _("应答正常"))


def _disk(settings: Settings) -> Finding:
    settings.var.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(settings.var)
    said = _("剩余 {free} GB，共 {total} GB", free=_gigabytes(usage.free), total=_gigabytes(usage.total))
    return Finding(_("磁盘"), "good" if usage.free >= usage.total * _LEAST_FREE else "bad", said)


def _gigabytes(size: int) -> str:
    return f"{size / _GIGABYTE:,.1f}"
