"""Settings of one installation, read from the environment (`GONGHUI_…`); each part is a URL or a path."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

#: The demonstration's tenants, and the profiles that come with the product.
PACKAGED_TENANTS = Path(__file__).parent / "tenants"


class Settings(BaseSettings):
    """What differs from one installation to the next."""

    model_config = SettingsConfigDict(env_prefix="GONGHUI_")

    var: Path = Field(default=Path("var"), description="folder of everything that this installation keeps")
    tenants: Path = Field(default=PACKAGED_TENANTS, description="folder of declared tenants")
    host: str = Field(default="127.0.0.1", description="address the web server listens on")
    port: int = Field(default=8000, ge=1, le=65535, description="port the web server listens on")
    database_url: str | None = Field(
        default=None,
        description="superuser or owner URL of a real PostgreSQL; empty: the embedded one in `var`",
    )
    broker_url: str | None = Field(
        default=None,
        description="URL of the message broker (amqp://… or redis://…); empty: the embedded Valkey in `var`",
    )
    database_name: str = Field(default="gonghui", description="name of the database")
    pool_size: int = Field(default=8, ge=1, description="database connections a process keeps")
    statement_timeout_ms: int = Field(default=15_000, ge=0, description="longest statement of a request")
    secure_cookies: bool | None = Field(
        default=None, description="send cookies over HTTPS only; empty: yes, except in the demonstration"
    )
    host_ttl_seconds: float = Field(
        default=60.0, description="how long a process may trust which tenant a host name belongs to"
    )
    demo_scale: Literal["small", "sample", "district"] = Field(
        default="sample", description="size of the made-up district: 600 members, 20,000, or 760,000"
    )
    plugin_grace_days: int = Field(
        default=30, ge=0, description="days between the uninstalling of a plugin at a tenant and its purge"
    )
    sms_gateway: Path | None = Field(
        default=None,
        description="template (TOML) of the HTTP gateway for text messages; empty: none are sent",
    )
    sms_secret: SecretStr | None = Field(
        default=None, description="secret that the template names `{secret}`"
    )
    mail_url: SecretStr | None = Field(
        default=None,
        description="mail server as an apprise address (`mailtos://user:password@host?from=…`); empty: no mail is sent",
    )
    notification_targets: tuple[str, ...] = Field(
        default=("wecombot", "dingtalk", "feishu"),
        description="kinds of apprise addresses (JSON list) to which accounts may have notifications sent",
    )
    objects_url: str = Field(
        default="file:objects",
        description="where files are kept: `file:PATH` (a relative one is in `var`), "
        "or `minio+https://HOST/BUCKET?region=REGION`",
    )
    objects_key: str = Field(default="", description="access key at MinIO")
    objects_secret: SecretStr = Field(default=SecretStr(""), description="secret key at MinIO")
    objects_public_url: str | None = Field(
        default=None, description="address at which browsers reach MinIO; empty: that of `objects_url`"
    )
    attachment_largest: int = Field(
        default=20 * 1024 * 1024, ge=1, description="bytes that one attachment may have"
    )
    attachment_quota: int = Field(
        default=100 * 1024**3, ge=0, description="bytes that all attachments of a tenant may have together"
    )
    attachment_grace_days: int = Field(
        default=30, ge=0, description="days for which the file of a removed attachment is kept"
    )
    attachment_link_seconds: int = Field(
        default=300, ge=1, le=604_800, description="seconds for which a link to an attachment is good"
    )
    deliveries_at_once: int = Field(
        default=8, ge=2, description="deliveries of one federation and one queue that run at once"
    )
    delivery_attempts: int = Field(default=8, ge=1, description="attempts before a delivery is given up")
    delivery_backoff_seconds: float = Field(
        default=5.0, gt=0, description="pause after the first failed attempt; it doubles, up to an hour"
    )
    delivery_lease_seconds: float = Field(
        default=60.0, gt=0, description="after how long a delivery of which nothing is heard is sent again"
    )
    event_days: int = Field(
        default=30, ge=1, description="how long delivered events are kept, and held for a plugin that is off"
    )
    job_days: int = Field(
        default=7, ge=1, description="how long a job that has ended is kept, with its result"
    )
    job_rows: int = Field(
        default=2_000, ge=1, description="from so many rows on an export or a step of an import is a job"
    )
    niceness: int = Field(
        default=10,
        ge=0,
        le=19,
        description="by how much workers and registers read in at the command line give way to the web server",
    )
    job_bytes: int = Field(
        default=512 * 1024,
        ge=1,
        description="from this size on, in bytes, a register sent in is read by a job",
    )
    audit_key: Path | None = Field(
        default=None,
        description="file of the key that signs the audit trail; empty: `secrets/audit-key.pem` in `var`",
    )
    audit_seal_seconds: float = Field(default=5.0, gt=0, description="how often the audit trail is sealed")
    audit_head_minutes: int = Field(
        default=60, ge=0, description="how often a head of the audit trail is signed, whether or not it grew"
    )
    audit_lock_days: int = Field(
        default=1_095,
        ge=0,
        description="for how long nobody may delete a segment of the audit trail, where the object store locks",
    )
    audit_log_file: Path | None = Field(
        default=None,
        description="file to which each sealed entry of the audit trail is appended as a line of JSON",
    )
    audit_syslog: str | None = Field(
        default=None,
        description="where the same lines go as RFC 5424: `udp://HOST:514`, `tcp://HOST:601`, `unix:PATH`",
    )
    web_threads: int = Field(default=4, ge=1, description="requests that a web process works on at once")

    @property
    def job_life(self) -> timedelta:
        """How long a job that has ended is kept."""
        return timedelta(days=self.job_days)


@cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
