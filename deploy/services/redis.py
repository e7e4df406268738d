"""Redis, which acknowledges a write only when it is on the disk, as a broker has to."""

from __future__ import annotations

from deploy.services.install import install_package
from deploy.services.service import HOST, Service
from redis import Redis as Client
from redis.exceptions import RedisError

from gonghui.db.embedded.folders import write_privately

PROGRAM = "redis-server"

SETTINGS = """\
bind {host}
port {port}
dir {folder}
requirepass {secret}
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
"""


class Redis(Service):
    """A single Redis, without replicas."""

    name = "redis"
    variable = "GONGHUI_TEST_REDIS_URL"

    @classmethod
    def install(cls) -> None:
        install_package("redis-server", PROGRAM)

    @property
    def url(self) -> str:
        return f"redis://:{self.secret}@{HOST}:{self.port}/0"

    def answers(self) -> bool:
        try:
            with Client.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except RedisError:
            return False

    def start(self) -> None:
        settings = self.folder / "redis.conf"
        write_privately(
            settings, SETTINGS.format(host=HOST, port=self.port, folder=self.folder, secret=self.secret)
        )
        self._run([PROGRAM, settings], {})
