"""The server's side of a connection, bounded: how long and large a head may be, how long anything may take, how many there are.

A head is counted before it is parsed. The parser copies what it has of a header with each piece that comes, so that an endless
one would cost the square of its length.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import ClassVar

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.api.door.sparing import SparingLog
from app.api.intake.refusals import CROWDED, HEAD_TOO_LARGE, HEAD_TOO_SLOW, NOT_HTTP, Answer, Refusal, answer_headers, answer_to
from app.metrics import TURNED_AWAY
from app.settings.limits import Limits

MOST_HEADERS = 1000
LINGER_SECONDS = 2.0
"""So long what still comes is thrown away after a refusal: closed at once, the client would lose the answer."""
MOST_THROWN_AWAY = 16 * 1024 * 1024
GRACE_SECONDS = 5.0
"""So long after a body's time is over the connection is closed, if whoever reads the body has not ended it."""
MOST_UNSENT = 64 * 1024 * 1024
"""Bytes of answers that clients do not read, all together. Above it those go that have not read for longest."""
BODY_STAYS_SECONDS = 2.0
"""So long an unfinished body stays, however many connections there are."""
MAKE_ROOM = 20
"""One in so many of the connections gives way when there are too many."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's, with limits. What a request costs more than without them is next to nothing: timers are set for those that do
    not come in one piece, and connections are looked through only when there are too many."""

    lines: ClassVar[SparingLog] = SparingLog()
    unread: ClassVar[dict[GuardedProtocol, None]] = {}
    """Those whose client does not read its answer, the longest first."""
    _in_body = False
    _is_over = False
    """Whatever still comes counts for nothing."""
    _head_bytes = 0
    _quiet_bytes = 0
    """Since the last byte of the body: what a chunked body has around its chunks, and behind them."""
    _unsent = 0
    _began = 0.0
    """Of what `_late` waits for."""
    _late: TimerHandle | None = None
    """When what is being received must be there."""
    _stalled: TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        raise NotImplementedError

    # --- the connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own signature
        super().connection_made(transport)
        self._most_head = self.limits.max_head_bytes
        if len(self.connections) > self.limits.max_connections and not self._make_room():
            self._refuse(CROWDED)
            self.transport.close()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        self.unread.pop(self, None)
        if self._stalled is not None:
            self._stalled.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def _make_room(self) -> bool:
        """Closes connections whose request is not there yet: unfinished heads before idle ones, and these before bodies."""
        now = self.loop.time()
        others = (each for each in self.connections if isinstance(each, GuardedProtocol) and each is not self)
        leaving = sorted((turn, number, each) for number, each in enumerate(others) if (turn := each._turn_to_leave(now)))
        for _, _, each in leaving[: max(1, self.limits.max_connections // MAKE_ROOM)]:
            each._is_over = True
            each.transport.abort()
            self.connections.discard(each)
            TURNED_AWAY.labels("gave-way").inc()
        return bool(leaving)

    def _turn_to_leave(self, now: float) -> tuple[int, float] | None:
        """The smallest goes first: of a kind the one that has waited longest. None: it is being answered, or has just begun."""
        if self._is_answering and (not self._in_body or self.pipeline):
            return None
        if self._in_body and not self._is_answering:  # it has its answer already: the rest of the body counts for nothing
            return 1, self._began
        if self._in_body:
            has_dawdled = self._late is not None and now - self._began >= BODY_STAYS_SECONDS
            return (2, self._began) if has_dawdled else None
        if self._late is not None:
            return 0, self._began
        if self._is_over or self.transport.is_closing():
            return None
        return 1, self.timeout_keep_alive_task.when() if self.timeout_keep_alive_task is not None else 0.0

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    # --- what comes in ------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            self._throw_away(len(data))
            return
        self._unset_keepalive_if_required()
        before = self.cycle
        is_whole = len(data) <= self._most_head - self._head_bytes
        if (self._feed(data) if is_whole else self._feed_in_pieces(data)) and (self._in_body or self.cycle is before):
            self._watch()

    def _feed_in_pieces(self, data: bytes) -> bool:
        rest = memoryview(data)
        while rest:
            room = self._most_head - self._head_bytes
            if not self._feed(bytes(rest[:room])):
                return False
            rest = rest[room:]
        return True

    def _feed(self, data: bytes) -> bool:
        """False when the connection is over with it."""
        before = self.cycle
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing here speaks another protocol: it is answered as the request that it is, and what follows is not read.
            self.cycle.keep_alive, self._is_over = False, True
            return False
        except httptools.HttpParserError:
            self._refuse(HEAD_TOO_LARGE if self._has_too_many else NOT_HTTP)
            return False
        if self._in_body:
            self._quiet_bytes += len(data)
            is_too_large = self._quiet_bytes > 2 * self._most_head
        elif self.cycle is before:
            self._head_bytes += len(data)
            is_too_large = self._head_bytes >= self._most_head
        else:  # a request ended in it
            return True
        if is_too_large:
            self._refuse(HEAD_TOO_LARGE)
            return False
        return True

    def on_headers_complete(self) -> None:
        if self._late is not None:
            self._cancel()
        if self._has_too_many:
            raise ValueError("too many headers")  # ends the parser
        self._head_bytes = self._quiet_bytes = 0
        self._in_body = True
        super().on_headers_complete()
        self.headers = []  # what comes behind a chunked body is no header of the request

    @property
    def _has_too_many(self) -> bool:
        return bool(self.headers) and len(self.headers) > MOST_HEADERS

    def on_body(self, body: bytes) -> None:
        self._quiet_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._late is not None:
            self._cancel()
        self._in_body = False
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return False

    # --- what takes too long ------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """A request is to come, or has begun to, and is not whole."""
        if self._late is None:
            self._began = self.loop.time()
            seconds = self.limits.body_timeout_seconds + GRACE_SECONDS if self._in_body else self.limits.head_timeout_seconds
            self._late = self.loop.call_later(seconds, self._body_is_late if self._in_body else self._head_is_late)

    def _cancel(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        self._late = None
        if self._head_bytes > len(b"\r\n") or self._is_answering:
            self._refuse(HEAD_TOO_SLOW)
        else:
            self.transport.close()  # it has said nothing, and hears nothing

    def _body_is_late(self) -> None:
        self._late = None
        TURNED_AWAY.labels("body-too-slow").inc()
        self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        if self._is_read_on():
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        elif self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unsent = 0
        self.unread[self] = None
        while len(self.unread) > 1 and sum(each.transport.get_write_buffer_size() for each in self.unread) > MOST_UNSENT:
            self._give_up(next(iter(self.unread)))
        self._stalled = self.loop.call_later(self.timeout_keep_alive, self._is_it_stalled)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unsent = 0
        self.unread.pop(self, None)
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _is_it_stalled(self) -> None:
        """A client that does not read its answer must not have it kept for ever."""
        if self._is_read_on():
            self._stalled = self.loop.call_later(self.timeout_keep_alive, self._is_it_stalled)
        else:
            self._give_up(self)

    def _give_up(self, other: GuardedProtocol) -> None:
        self.unread.pop(other, None)
        TURNED_AWAY.labels("answer-not-read").inc()
        other.transport.abort()

    def _is_read_on(self) -> bool:
        """Whether the client has taken something of its answer since this was last asked, and not yet all."""
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        return self._unsent > 0 and (before == 0 or self._unsent < before)

    # --- refusals -----------------------------------------------------------------------------------------------------

    def _refuse(self, refusal: Refusal) -> None:
        """Ends the connection with this answer; without one while an earlier request on it is being answered."""
        self._is_over = True
        self._cancel()
        TURNED_AWAY.labels(refusal.result).inc()
        self.lines.warning("turned_away", refusal.result, why=refusal.result, address=self.client[0] if self.client else None)
        if self._is_answering and (not self._in_body or self.pipeline or self.cycle.response_started):
            self.cycle.keep_alive = False
            return
        if self._is_answering:  # it is this request whose body cannot be read: whoever waits for it is told that nobody is there
            self.cycle.response_started = self.cycle.response_complete = self.cycle.disconnected = True
            self.cycle.message_event.set()
        answer = answer_to(refusal)
        self.flow.resume_reading()
        self.transport.write(self._written(answer, keep_alive=False))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._began = self.loop.time()
        self._late = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _throw_away(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MOST_THROWN_AWAY:
            self.transport.abort()

    def _written(self, answer: Answer, *, keep_alive: bool) -> bytes:
        parts = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *answer_headers(answer)):
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n" if keep_alive else b"connection: close\r\n\r\n", answer.body)
        return b"".join(parts)
