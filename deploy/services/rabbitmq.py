"""RabbitMQ as Debian packages it, run as its own user, with a port mapper of its own and no service manager."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from amqp import Connection
from amqp.exceptions import AMQPError
from deploy.services.install import install_package
from deploy.services.service import HOST, Service, ServiceError

from gonghui.db.embedded.account import Account
from gonghui.db.embedded.folders import write_privately

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
USER = "rabbitmq"

SETTINGS = """\
listeners.tcp.default = {host}:{port}
default_user = gonghui
default_pass = {secret}
loopback_users.gonghui = true
log.console = true
log.file = false
"""


class RabbitMQ(Service):
    """A single node. The two ports above its own are those of the port mapper and of Erlang's distribution."""

    name = "rabbitmq"
    variable = "GONGHUI_TEST_RABBITMQ_URL"
    further_ports = 2

    @classmethod
    def install(cls) -> None:
        install_package("rabbitmq-server", PROGRAM)

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self._port_mapper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://gonghui:{self.secret}@{HOST}:{self.port}//"

    def answers(self) -> bool:
        try:
            with Connection(
                f"{HOST}:{self.port}",
                userid="gonghui",
                password=self.secret,
                connect_timeout=2,
                read_timeout=5,
            ):
                return True
        except (AMQPError, OSError):
            return False

    def start(self) -> None:
        write_privately(
            self.folder / "rabbitmq.conf", SETTINGS.format(host=HOST, port=self.port, secret=self.secret)
        )
        self._give_away_folder()
        # Our own, because the node would start one that outlives it and listens for the whole machine.
        self._port_mapper = self._port_mapper or subprocess.Popen(
            ["epmd", "-address", HOST, "-port", str(self.port + 1)],  # noqa: S607  # wherever it is installed
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._run([PROGRAM], self._environment(), user=USER if os.geteuid() == 0 else None)
        except BaseException:
            self._end_port_mapper()
            raise

    def has_on_disk(self, queue: str) -> bool:
        """Whether the node has written the queue's name down, which it does only some time after its declaration.

        A quorum queue of 3.10 that is not in this file when its node is killed comes back without its
        messages, confirmed ones too, and may not serve.
        """
        names = next((self.folder / "data").glob("*/quorum/*/names.dets"), None)
        return names is not None and f"%2F_{queue}".encode() in names.read_bytes()

    def stop(self) -> None:
        super().stop()
        self._end_port_mapper()

    def _environment(self) -> dict[str, str]:
        return {
            "RABBITMQ_CONF_ENV_FILE": os.devnull,  # instead of that of the machine's own node
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_NODENAME": "gonghui@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.port + 2),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self.port + 1),
        }

    def _give_away_folder(self) -> None:
        if os.geteuid() != 0:
            return
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, USER, USER)
        owner = self.folder.stat()
        if not Account(owner.st_uid, owner.st_gid).can_enter(self.folder):
            raise ServiceError(
                f"the user {USER} cannot enter {self.folder}: choose a folder that everybody can enter"
            )

    def _end_port_mapper(self) -> None:
        if self._port_mapper is not None:
            self._port_mapper.kill()
            self._port_mapper.wait()
            self._port_mapper = None
