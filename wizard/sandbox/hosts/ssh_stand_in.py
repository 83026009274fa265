"""An SSH server for machines without OpenSSH: `python -m geos.wizard.sandbox.hosts.ssh_stand_in FOLDER`.

Runs commands with their three streams and tells their status; no terminals, no forwarding, no file transfer. It
lets in whoever has the key, under the name the machine was told, and works as the user who runs the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paramiko

from geos.wizard.sandbox.hosts.cloud_config import Orders

CHUNK_BYTES = 1 << 15
WINDOW_BYTES = 1 << 24
_LOGIN_SECONDS = 30.0


class Server(paramiko.ServerInterface):  # type: ignore[misc]  # paramiko has no types
    """One connection."""

    def __init__(self, orders: Orders) -> None:
        self._user = orders.user
        self._keys = [paramiko.PKey.from_type_string(*_typed(line)) for line in orders.authorized]

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == self._user and any(key == one for one in self._keys)
        return int(paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=_serve_command, args=(channel, command), daemon=True).start()
        return True


def _typed(line: str) -> tuple[str, bytes]:
    import base64

    kind, body = line.split()[:2]
    return kind, base64.b64decode(body)


def _serve_command(channel: paramiko.Channel, command: bytes) -> None:
    """Run it, and pass its streams on until they end."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    threading.Thread(target=_feed, args=(channel, process.stdin), daemon=True).start()
    outputs = [
        threading.Thread(target=_pass_on, args=(process.stdout, channel.sendall), daemon=True),
        threading.Thread(target=_pass_on, args=(process.stderr, channel.sendall_stderr), daemon=True),
    ]
    for thread in outputs:
        thread.start()
    for thread in outputs:
        thread.join()
    status = process.wait()
    with contextlib.suppress(OSError, EOFError):
        channel.send_exit_status(status if status >= 0 else 128 - status)
    channel.close()


def _feed(channel: paramiko.Channel, into: Any) -> None:
    with contextlib.suppress(OSError), into:
        while chunk := channel.recv(CHUNK_BYTES):
            into.write(chunk)
            into.flush()


def _pass_on(source: Any, send: Callable[[bytes], object]) -> None:
    with source, contextlib.suppress(OSError):
        while chunk := os.read(source.fileno(), CHUNK_BYTES):
            send(chunk)


def _serve(connection: socket.socket, orders: Orders, key: paramiko.PKey) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(connection, default_window_size=WINDOW_BYTES)
    transport.add_server_key(key)
    transport.auth_timeout = _LOGIN_SECONDS
    with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
        transport.start_server(server=Server(orders))


def main(argv: list[str] | None = None) -> int:
    folder = Path((argv if argv is not None else sys.argv[1:])[0])
    orders = Orders.from_json(json.loads((folder / "orders.json").read_text(encoding="utf-8"))["orders"])
    key = paramiko.Ed25519Key(filename=str(folder / "etc" / "host"))
    with socket.create_server(("127.0.0.1", orders.port), backlog=64) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, orders, key), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
