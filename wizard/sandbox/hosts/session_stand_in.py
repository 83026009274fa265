"""Stands in for AWS's session-manager-plugin where the account is simulated: takes the same arguments, says the same
kind of greeting, and carries bytes between its standard streams and the port that the session leads to.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 16


def main(argv: list[str] | None = None) -> int:
    given = argv if argv is not None else sys.argv[1:]
    answer = json.loads(os.environ.pop(given[0]))
    where = urlsplit(answer["StreamUrl"])
    os.write(1, f"\nsimulated: session {answer['SessionId']} on this computer\n".encode())
    if where.scheme != "tcp" or where.hostname != "127.0.0.1":
        os.write(1, b"simulated: no session of a simulated account\n")
        return 1
    try:
        line = socket.create_connection((where.hostname, where.port or 0))
    except OSError as e:
        os.write(1, f"simulated: {e.strerror}\n".encode())
        return 1
    threading.Thread(target=_inwards, args=(line,), daemon=True).start()
    while chunk := line.recv(CHUNK_BYTES):
        _write(chunk)
    return 0


def _inwards(line: socket.socket) -> None:
    while chunk := os.read(0, CHUNK_BYTES):
        line.sendall(chunk)
    line.shutdown(socket.SHUT_RDWR)  # nobody listens any more


def _write(chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    sys.exit(main())
