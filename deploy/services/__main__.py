"""`python -m deploy.services install|run [NAME …]`: the real servers on this machine, without Docker."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser
from contextlib import ExitStack, suppress

from deploy.services.install import PROGRAMS
from deploy.services.minio import Minio
from deploy.services.rabbitmq import RabbitMQ
from deploy.services.redis import Redis
from deploy.services.service import Service, ServiceError

SERVICES: dict[str, type[Service]] = {kind.name: kind for kind in (Minio, RabbitMQ, Redis)}


def main(arguments: list[str]) -> int:
    """Do what the command line says; 1, with the reason, where a server cannot be had."""
    parser = ArgumentParser(prog="python -m deploy.services", description=__doc__)
    parser.add_argument("action", choices=("install", "run"))
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(SERVICES)}; all where none is named"
    )
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(SERVICES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    kinds = [SERVICES[name] for name in asked.names or SERVICES]
    try:
        install(kinds) if asked.action == "install" else run(kinds)
    except ServiceError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def install(kinds: list[type[Service]]) -> None:
    """Install those that are not running elsewhere already."""
    for kind in kinds:
        if kind.variable not in os.environ:
            kind.install()


def run(kinds: list[type[Service]]) -> None:
    """Run them on data that stays below `var/services`, and say where they are, until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as running:
        for kind in kinds:
            service = kind.on_free_port(PROGRAMS.parent / kind.name)
            running.callback(service.stop)
            service.start()
            print(f"export {kind.variable}={service.url}", flush=True)  # noqa: T201
        signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
