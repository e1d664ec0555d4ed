"""A TCP proxy that fails on demand, between a client under test and a real server."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

Mode = Literal["ok", "down", "slow", "blackhole", "cut"]


class Proxy:
    """Listens on a loopback port (`host`, `port`, `url`) and passes to `upstream`, as `mode` says.

    ok: everything passes. down: nothing listens, open connections are reset. slow: each reply comes `delay` seconds
    late. blackhole: connections are accepted, and nothing ever comes back. cut: half of each reply comes, then the end.
    Setting `mode` returns once it holds, also for connections that are open.
    """

    host = "127.0.0.1"

    def __init__(self, upstream: str, delay: float = 1.0) -> None:
        """`upstream`: `unix:///path` or `scheme://host:port`."""
        self.delay = delay
        self.port = 0
        self._upstream = upstream
        self._mode: Mode = "ok"
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        scheme = urlsplit(self._upstream).scheme.replace("unix", "redis")
        return f"{scheme}://{self.host}:{self.port}"

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._run(self._change(mode))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        if mode == "down":
            await self._stop()
        elif self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        upstream_writer: asyncio.StreamWriter | None = None
        try:
            upstream_reader, upstream_writer = await self._connect()
            there = asyncio.ensure_future(self._pass_requests(reader, upstream_writer))
            back = asyncio.ensure_future(self._pass_replies(upstream_reader, writer))
            try:
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            del self._open[task]
            await _close(writer)
            if upstream_writer is not None:
                await _close(upstream_writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self._upstream)
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(unquote(parts.path))
        return await asyncio.open_connection(parts.hostname, parts.port)

    async def _pass_requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._mode != "blackhole":
                writer.write(data)
                await writer.drain()

    async def _pass_replies(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._mode == "blackhole":
                continue
            if self._mode == "slow":
                await asyncio.sleep(self.delay)
            writer.write(data[: len(data) // 2] if self._mode == "cut" else data)
            await writer.drain()
            if self._mode == "cut":
                return


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # the other side was quicker
        await writer.wait_closed()
