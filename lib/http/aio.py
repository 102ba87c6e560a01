# The driver for tasks of asyncio, loaded when a request is made in one.

from errno import ETIMEDOUT
from micropython import const
from select import POLLIN, POLLOUT, poll

try:
    from asyncio import core
except ImportError:
    from uasyncio import core  # v1.20

from .exchange import exchange

_TIMEOUT = const(-8)
_RETRY_MS = const(10)


def drive(r):
    """Perform the request `r` in the current task; a coroutine that returns its result."""
    guard = r.opts.get("timeout", 600000) and core.create_task(_guard(r, core.cur_task))
    steps = exchange(r)
    try:
        while True:
            events = next(steps)
            stream = r.stream
            if events == POLLIN:
                core._io_queue.queue_read(stream)
                yield
            elif events == POLLOUT:
                core._io_queue.queue_write(stream)
                yield
            else:
                # asyncio's queue would wake a task twice that waits for both. This happens only
                # while a body is being sent that is larger than the buffers of the network.
                poller = poll()
                poller.register(stream, events)
                while not poller.poll(0):
                    yield from core.sleep_ms(_RETRY_MS)
                yield from core.sleep_ms(0)
    except StopIteration as er:
        return er.value
    except core.CancelledError:
        if r.code != _TIMEOUT:
            raise
        try:
            steps.throw(OSError(ETIMEDOUT))
        except StopIteration as er:
            return er.value
    finally:
        steps.close()
        if guard:
            guard.cancel()


def _guard(r, task):
    # A task of its own costs less than wait_for(), which makes one too and needs asyncio.funcs.
    yield from core.sleep_ms(r.opts.get("timeout", 600000))
    r.code = _TIMEOUT
    task.cancel()
