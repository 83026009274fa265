"""SSH to a build host whose key is known beforehand: any other machine that answers is refused.

paramiko tells neither a dead peer (its keepalive waits for ever) nor a lost session (the status is then -1, without an
exception). So silence has a limit here, and a missing status is a lost host, never success.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import select
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko
from paramiko.ssh_exception import IncompatiblePeer, NoValidConnectionsError

from geos.builder.address import Address
from geos.builder.commands import Command
from geos.builder.errors import CommandFailed, HostKeyWrong, HostLost, HostUnreachable, LoginRefused
from geos.builder.host import Output
from geos.wizard.waiting import growing, pause

WINDOW_BYTES, PACKET_BYTES = 1 << 26, 1 << 18
CHUNK_BYTES = 1 << 18
KEPT_BYTES = 1 << 20
"""Of what a command says; the whole goes to `on_chunk`."""
CONNECT_SECONDS = 10.0
KEEPALIVE_SECONDS = 30
"""So that networks in between do not forget a silent connection."""
LOOK_SECONDS = 0.5
QUIET_SECONDS = 20.0
"""A command may be silent for longer than this; the host then has to show that it is there, each time."""
ANSWER_SECONDS = 30.0
"""A machine that compiles with all its cores and is short of memory answers late."""
_NO_STATUS = -1

logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what matters of it is told by our own errors

_BY_NETWORK = "does your network let SSH out to that port? --transport ssm needs no way in"
_THROUGH_SESSIONS = "the host needs a way out to AWS and a role that its Session Manager agent may use"

Wait = Callable[[float], None]
Listener = Callable[[bytes], None]


@dataclass(frozen=True)
class Login:
    """How to prove who we are and know who answers."""

    host_key: str
    """One line as OpenSSH writes it: type, key, comment."""
    key_file: Path | None = None
    """None: the user's agent and usual keys."""
    sock: Callable[[], Any] | None = field(default=None, compare=False)
    """Another way to the port than a TCP connection (Session Manager)."""


@dataclass(frozen=True)
class Alive:
    """When a silent host is asked for a sign of life, and how long it may take to give one."""

    quiet_seconds: float = QUIET_SECONDS
    answer_seconds: float = ANSWER_SECONDS

    def require(self, channel: paramiko.Channel) -> None:
        """Raises TimeoutError, or what paramiko says of a connection that is closed."""
        transport = channel.get_transport()
        try:
            transport.open_session(timeout=self.answer_seconds).close()
        except paramiko.ChannelException:
            return  # it does not want another channel; a dead host would not say so
        except paramiko.SSHException as e:
            if not transport.is_active():
                raise
            raise TimeoutError(f"no sign of life for {self.quiet_seconds + self.answer_seconds:.0f} s") from e


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
    alive: Alive = Alive(),
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
                    f"{address} does not answer: {e}.", hint=_THROUGH_SESSIONS if login.sock else _BY_NETWORK
                ) from e
        wait(min(next(intervals), max(0.0, deadline - time.monotonic())))


class _NotYet(Exception):
    """Nothing that a machine which is still starting would not do too."""


def _attempt(address: Address, login: Login) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    kind, expected = _host_key(login.host_key)
    client.get_host_keys().add(_known_as(address), kind, expected)
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
    except paramiko.BadHostKeyException as e:
        client.close()
        raise _stranger(address, expected, e.key) from e
    except paramiko.AuthenticationException as e:
        client.close()
        raise LoginRefused(
            f"{address} does not let {address.user} in with {login.key_file or 'your keys'}.",
            hint="check the user in the address, and that your public key is among its authorized keys",
        ) from e
    except IncompatiblePeer as e:
        client.close()
        raise HostKeyWrong(
            f"{address} answers, but has no {kind} key; {_fingerprint(expected)} was expected.",
            hint="do not go on over this network; clean up and start again",
        ) from e
    except (OSError, EOFError, paramiko.SSHException) as e:
        client.close()
        raise _NotYet(_words(e)) from e
    transport = client.get_transport()
    assert transport is not None
    transport.set_keepalive(KEEPALIVE_SECONDS)
    return client


def _transport(sock: Any, **options: Any) -> paramiko.Transport:
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
        channel = self._start(command)
        try:
            _feed(channel, [command.stdin] if command.stdin else (), timeout_seconds)
            output = _Reading(channel, (on_chunk, on_error_chunk), timeout_seconds, self._alive).finish()
        except (OSError, EOFError, paramiko.SSHException) as e:
            raise self._lost(command, _words(e)) from e
        finally:
            _close(channel)
        return self._judged(command, output, check)

    def send(self, command: Command, chunks: Iterable[bytes], *, timeout_seconds: float = 60.0) -> Output:
        channel = self._start(command)
        try:
            _feed(channel, chunks, timeout_seconds)
            output = _Reading(channel, (None, None), timeout_seconds, self._alive).finish()
        except (OSError, EOFError, paramiko.SSHException) as e:
            raise self._lost(command, _words(e)) from e
        finally:
            _close(channel)
        return self._judged(command, output, check=True)

    def close(self) -> None:
        self._client.close()

    # --- inside ------------------------------------------------------------------------------

    def _start(self, command: Command) -> paramiko.Channel:
        transport = self._client.get_transport()
        try:
            if transport is None:
                raise paramiko.SSHException("it was closed")
            channel = transport.open_session(timeout=CONNECT_SECONDS)
            channel.settimeout(CONNECT_SECONDS)
            channel.exec_command(str(command))
        except (OSError, EOFError, paramiko.SSHException) as e:
            raise self._lost(command, _words(e)) from e
        return channel

    def _judged(self, command: Command, output: Output, check: bool) -> Output:
        if output.status == _NO_STATUS:
            raise self._lost(command, "it ended without telling how the command went")
        if check and output.status != 0:
            raise CommandFailed(
                f"{_short(command)} ended with {output.status} on {self.name}:\n{output.last_lines()}".rstrip(),
                hint="its last lines tell why",
            )
        return output

    def _lost(self, command: Command, why: str) -> HostLost:
        return HostLost(f"the connection to {self.name} was lost during {_short(command)}: {why}.")


class _Reading:
    """Both streams to their ends, then the status."""

    def __init__(
        self,
        channel: paramiko.Channel,
        listeners: tuple[Listener | None, Listener | None],
        timeout_seconds: float,
        alive: Alive,
    ) -> None:
        """`listeners`: to standard output and standard error."""
        self._channel, self._alive = channel, alive
        self._on_out, self._on_err = listeners
        self._timeout_seconds = timeout_seconds
        self._out, self._err = bytearray(), bytearray()

    def finish(self) -> Output:
        """Raises TimeoutError after too long a silence, or as soon as a silent host does not answer."""
        channel, heard = self._channel, time.monotonic()
        answered = heard
        while True:
            over = channel.closed or (channel.eof_received and channel.exit_status_ready())
            now = time.monotonic()
            if self._take():
                heard = answered = now
            elif over:  # asked before the last look, so that nothing came in between
                return Output(channel.recv_exit_status() if channel.exit_status_ready() else _NO_STATUS, *self._said())
            elif now - heard > self._timeout_seconds:
                raise TimeoutError(f"no byte for {self._timeout_seconds:.0f} s")
            elif now - answered > self._alive.quiet_seconds:
                self._alive.require(channel)
                answered = time.monotonic()
            else:
                # At the end of the output only the status is missing, and no descriptor tells of that.
                select.select([channel], [], [], 0.005 if channel.eof_received else LOOK_SECONDS)

    def _said(self) -> tuple[bytes, bytes]:
        return bytes(self._out[-KEPT_BYTES:]), bytes(self._err[-KEPT_BYTES:])

    def _take(self) -> bool:
        """Whether there was something."""
        channel = self._channel
        out = channel.recv(CHUNK_BYTES) if channel.recv_ready() else b""
        err = channel.recv_stderr(CHUNK_BYTES) if channel.recv_stderr_ready() else b""
        for chunk, kept, listener in ((out, self._out, self._on_out), (err, self._err, self._on_err)):
            _keep(kept, chunk)
            if chunk and listener:
                listener(chunk)
        return bool(out or err)


def _close(channel: paramiko.Channel) -> None:
    # To say so on a broken connection fails, and would hide why it broke.
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()


def _keep(place: bytearray, chunk: bytes) -> None:
    place += chunk
    if len(place) > 4 * KEPT_BYTES:
        del place[:-KEPT_BYTES]


def _feed(channel: paramiko.Channel, chunks: Iterable[bytes], timeout_seconds: float) -> None:
    """Everything into the command's standard input, then its end. A command that ended early is not waited for."""
    channel.settimeout(timeout_seconds)
    for chunk in chunks:
        try:
            channel.sendall(chunk)
        except TimeoutError:
            raise TimeoutError(f"nothing was taken for {timeout_seconds:.0f} s") from None
        except OSError:
            break  # the command closed its input; its status tells the rest
    channel.shutdown_write()


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


def _fingerprint(key: paramiko.PKey) -> str:
    return str(key.fingerprint)


def _stranger(address: Address, expected: paramiko.PKey, found: paramiko.PKey) -> HostKeyWrong:
    return HostKeyWrong(
        f"another machine answers at {address}: its key is {_fingerprint(found)}, and {_fingerprint(expected)} was "
        "expected.",
        hint="do not go on over this network; clean up and start again: geos-build clean",
    )


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
