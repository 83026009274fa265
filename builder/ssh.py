"""SSH to a build host whose key is known beforehand: any other machine that answers is refused.

A command without a status is a lost host, never success; how silence is judged stands in geos.builder.streams.
"""

from __future__ import annotations

import base64
import logging
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

from geos.builder.address import Address
from geos.builder.commands import Command
from geos.builder.errors import BuildError, CommandFailed, HostKeyWrong, HostLost, HostUnreachable, LoginRefused
from geos.builder.host import Output
from geos.builder.streams import NO_STATUS, USUAL, Alive, Listeners, Reading, close, feed
from geos.wizard.waiting import growing, pause

WINDOW_BYTES, PACKET_BYTES = 1 << 22, 1 << 18
"""The window is what a host may send ahead, and what that takes of memory here: enough for 40 MB/s at 100 ms."""
CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 30
"""So that networks in between do not forget a silent connection."""
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what matters of it is told by our own errors

_BY_NETWORK = "does your network let SSH out to that port? --transport ssm needs no way in"
_THROUGH_SESSIONS = "the host needs a way out to AWS and a role that its Session Manager agent may use"

Wait = Callable[[float], None]


@dataclass(frozen=True)
class Login:
    """How to prove who we are and know who answers."""

    host_key: str
    """One line as OpenSSH writes it: type, key, comment."""
    key_file: Path | None = None
    """None: the user's agent and usual keys."""
    sock: Callable[[], Any] | None = field(default=None, compare=False)
    """Another way to the port than a TCP connection (Session Manager)."""


class _Transport(paramiko.Transport):  # type: ignore[misc]
    _preferred_ciphers = (
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        *paramiko.Transport._preferred_ciphers[:3],
    )


def connect(
    address: Address,
    login: Login,
    *,
    at_most_seconds: float = 0.0,
    wait: Wait = pause,
    alive: Alive = USUAL,
) -> SshHost:
    """A connection. What only means "not yet" (refused, no answer, no banner) is tried again for `at_most_seconds`.

    Raises HostUnreachable, HostKeyWrong, LoginRefused.
    """
    deadline = time.monotonic() + at_most_seconds
    intervals = growing(0.1, 1.5, 3.0)
    while True:
        try:
            return SshHost(address, login, _attempt(address, login), alive)
        except _NotYet as e:
            if time.monotonic() >= deadline:
                raise HostUnreachable(
                    f"{address} cannot be reached: {e}.", hint=_THROUGH_SESSIONS if login.sock else _BY_NETWORK
                ) from e
        wait(min(next(intervals), max(0.0, deadline - time.monotonic())))


class _NotYet(Exception):
    """Nothing that a machine which is still starting would not do too."""


def _attempt(address: Address, login: Login) -> paramiko.SSHClient:
    if login.key_file is not None and not login.key_file.is_file():
        raise LoginRefused(f"the key {login.key_file} is not there.", hint="name your private key with --identity")
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    kind, expected = _host_key(login.host_key)
    client.get_host_keys().add(_known_as(address), kind, expected)
    started = time.monotonic()
    try:
        client.connect(
            address.host,
            address.port,
            address.user,
            key_filename=str(login.key_file) if login.key_file else None,
            timeout=CONNECT_SECONDS,
            banner_timeout=CONNECT_SECONDS,
            auth_timeout=CONNECT_SECONDS,
            allow_agent=login.key_file is None,
            look_for_keys=login.key_file is None,
            sock=login.sock() if login.sock else None,
            transport_factory=_transport,
        )
    except (OSError, EOFError, paramiko.SSHException) as e:
        transport = client.get_transport()
        cut_off = transport is None or not transport.is_active() or time.monotonic() - started >= CONNECT_SECONDS
        client.close()
        if transport is not None and not transport.remote_version:
            raise _NotYet("something takes the connection, and does not answer as an SSH server") from e
        raise _meaning(e, address, login, expected, cut_off=cut_off) from e
    transport = client.get_transport()
    assert transport is not None
    transport.set_keepalive(KEEPALIVE_SECONDS)
    return client


def _meaning(
    error: Exception, address: Address, login: Login, expected: paramiko.PKey, *, cut_off: bool
) -> BuildError | _NotYet:
    """What it means that a connection failed. `cut_off`: the host ended it, or was too slow."""
    match error:
        case paramiko.BadHostKeyException():
            return HostKeyWrong(
                f"another machine answers at {address}: its key is {error.key.fingerprint}, and {expected.fingerprint} "
                "was expected.",
                hint="do not go on over this network; clean up and start again: geos-build clean",
            )
        case IncompatiblePeer():
            return HostKeyWrong(
                f"{address} answers, but has no {expected.get_name()} key; {expected.fingerprint} was expected.",
                hint="do not go on over this network; clean up and start again: geos-build clean",
            )
        case paramiko.PasswordRequiredException():
            return LoginRefused(
                f"the key {login.key_file or 'that you have'} is locked by a passphrase, and nobody is asked for it.",
                hint="unlock it for your agent (ssh-add), and leave the option away that names the key",
            )
        case paramiko.AuthenticationException() if cut_off:
            # A machine that starts lets in nobody but root until all of it is there.
            return _NotYet("it ended the connection instead of letting anybody in")
        case paramiko.AuthenticationException():
            return LoginRefused(
                f"{address} does not let {address.user} in with {login.key_file or 'your keys'}.",
                hint="check the user in the address, and that your public key is among its authorized keys",
            )
        case _:
            return _NotYet(_words(error))


def _transport(sock: Any, **options: Any) -> paramiko.Transport:
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        # A command is several small packets; held back for each other's acknowledgement they take 40 ms each time.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return _Transport(sock, default_window_size=WINDOW_BYTES, default_max_packet_size=PACKET_BYTES, **options)


class SshHost:
    """Implements geos.builder.host.Host."""

    def __init__(self, address: Address, login: Login, client: paramiko.SSHClient, alive: Alive) -> None:
        self.address, self.login = address, login
        self._client, self._alive = client, alive
        self.name = str(address)

    def run(
        self,
        command: Command,
        *,
        on_chunk: Callable[[bytes], None] | None = None,
        on_error_chunk: Callable[[bytes], None] | None = None,
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Output:
        chunks = [command.stdin] if command.stdin else []
        output = self._carried_out(command, chunks, (on_chunk, on_error_chunk), timeout_seconds)
        if check and output.status != 0:
            raise self._failed(command, output)
        return output

    def send(self, command: Command, chunks: Iterable[bytes], *, timeout_seconds: float = 60.0) -> Output:
        output = self._carried_out(command, chunks, (None, None), timeout_seconds)
        if output.status != 0:
            raise self._failed(command, output)
        return output

    def close(self) -> None:
        self._client.close()

    # --- inside ------------------------------------------------------------------------------

    def _carried_out(
        self, command: Command, chunks: Iterable[bytes], listeners: Listeners, timeout_seconds: float
    ) -> Output:
        """Raises HostLost unless a status came."""
        channel: paramiko.Channel | None = None
        try:
            channel = self._start(command)
            feed(channel, chunks, timeout_seconds)
            output = Reading(channel, listeners, timeout_seconds, self._alive).finish()
        except (OSError, EOFError, paramiko.SSHException) as e:
            raise self._lost(command, _words(e)) from e
        finally:
            if channel is not None:
                close(channel)
        if output.status == NO_STATUS:
            raise self._lost(command, "it ended without telling how the command went")
        return output

    def _start(self, command: Command) -> paramiko.Channel:
        transport = self._client.get_transport()
        if transport is None:
            raise paramiko.SSHException("it was closed")
        channel = transport.open_session(timeout=CONNECT_SECONDS)
        channel.settimeout(CONNECT_SECONDS)
        channel.exec_command(str(command))
        return channel

    def _failed(self, command: Command, output: Output) -> CommandFailed:
        return CommandFailed(
            f"{_short(command)} ended with {output.status} on {self.name}:\n{output.last_lines()}".rstrip(),
            hint="its last lines tell why",
        )

    def _lost(self, command: Command, why: str) -> HostLost:
        return HostLost(f"the connection to {self.name} was lost during {_short(command)}: {why}.")


# --- keys and words ------------------------------------------------------------------------------


def _host_key(line: str) -> tuple[str, paramiko.PKey]:
    """Raises HostKeyWrong for a line that is no key."""
    words = line.split()
    try:
        kind, data = words[0], base64.b64decode(words[1], validate=True)
        return kind, paramiko.PKey.from_type_string(kind, data)
    except (IndexError, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as e:
        raise HostKeyWrong(
            f'"{line[:60]}" is not a public host key.', hint="a line like: ssh-ed25519 AAAAC3Nz… (ssh-keyscan)"
        ) from e


def _known_as(address: Address) -> str:
    """The name under which paramiko looks the host up."""
    return address.host if address.port == 22 else f"[{address.host}]:{address.port}"


def _words(error: BaseException) -> str:
    if isinstance(error, NoValidConnectionsError):
        error = next(iter(error.errors.values()))  # of each address that the name has
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    if isinstance(error, EOFError):
        return "it was closed"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__


def _short(command: Command) -> str:
    """Without what an error need not repeat."""
    if command.words[:2] == ("sh", "-c"):
        return "a script of geos"
    words = str(command).split("\n")[0]
    return words if len(words) <= 80 else words[:77] + "…"
