"""MinIO on one drive, which is enough for versions, object lock and signed links."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

import urllib3
from deploy.services.install import MINIO_PROGRAM, install_minio
from deploy.services.service import HOST, Service
from minio import Minio as Client
from minio.error import MinioException
from urllib3.exceptions import HTTPError


class Minio(Service):
    """A single MinIO, without its console."""

    name = "minio"
    variable = "GONGHUI_TEST_MINIO_URL"
    account: ClassVar[str] = "gonghui"

    @classmethod
    def install(cls) -> None:
        install_minio()

    @property
    def url(self) -> str:
        return f"minio+http://{self.account}:{self.secret}@{HOST}:{self.port}"

    def answers(self) -> bool:
        impatient = urllib3.PoolManager(timeout=2, retries=False)
        try:
            client_of(self.url, impatient).list_buckets()
        except (MinioException, HTTPError):
            return False
        finally:
            impatient.clear()
        return True

    def start(self) -> None:
        self._run(
            [MINIO_PROGRAM, "server", "--quiet", "--address", f"{HOST}:{self.port}", self.folder / "data"],
            {
                "MINIO_ROOT_USER": self.account,
                "MINIO_ROOT_PASSWORD": self.secret,
                "MINIO_BROWSER": "off",
                "MINIO_UPDATE": "off",
            },
        )


def client_of(url: str, http: urllib3.PoolManager | None = None) -> Client:
    """The client of the server at `minio+http(s)://ACCESS_KEY:SECRET_KEY@HOST:PORT`."""
    parts = urlsplit(url)
    return Client(
        f"{parts.hostname}:{parts.port}",
        access_key=parts.username,
        secret_key=parts.password,
        secure=parts.scheme.endswith("https"),
        http_client=http,
    )
