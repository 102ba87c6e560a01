# The driver for tasks of asyncio, loaded when a request is made in one.

import select
from asyncio import core
from errno import ETIMEDOUT
from micropython import const

from .exchange import exchange

_RETRY_MS = const(10)


def drive(r):
    """Perform the request `r` in the current task; a coroutine that returns its result."""
    task = r.task = core.cur_task
    error = OSError(ETIMEDOUT)  # of the guard
    ready = None
    steps = exchange(r)
    # Without await, `a, b, c = request` goes on here at once, and a `for` after anything. So first
    # the task waits in a queue of its own, out of which only the guard, or cancel(), takes it.
    queue = [task]
    guard = core.create_task(_guard(r, task, error, queue))
    try:
        task.data = queue
        yield
        if queue:
            task.data = r.start = None
            from .hints import mistake

            mistake(r)
        while True:
            events = steps.send(ready)
            stream = r.connection.poll
            if events == select.POLLIN or events == select.POLLOUT:
                if events == select.POLLIN:
                    core._io_queue.queue_read(stream)
                else:
                    core._io_queue.queue_write(stream)
                yield
                ready = events
            elif events <= 0:
                yield from core.sleep_ms(-events)
            else:
                # asyncio's queue would wake a task twice that waits for both.
                poller = select.poll()
                poller.register(stream, events)
                yield from core.sleep_ms(0)
                ready = poller.poll(0)
                while not ready:
                    yield from core.sleep_ms(_RETRY_MS)
                    ready = poller.poll(0)
                ready = ready[0][1]
    except StopIteration as er:
        return er.value
    except OSError as er:
        if er is not error:
            raise
        try:
            steps.throw(er)
        except StopIteration as er:
            return er.value
    finally:
        steps.close()
        r.task = None
        if not guard.done():
            # Unlike cancel(), this frees at once what the guard refers to.
            core._task_queue.remove(guard)
        # Where memory ended as it was to wait, it is half in this queue, and would stay there.
        core._io_queue.remove(task)


def _guard(r, task, error, queue):
    # A task of its own costs less than wait_for(), which makes one too and needs asyncio.funcs.
    if task.data is queue:
        queue.clear()
        core._task_queue.push(task)
    if queue or not r.timeout:
        return
    # It may start late: looking a host up blocks.
    yield from core.sleep_ms(r.left())
    if task.data is not core.CancelledError:  # else the caller was first
        task.cancel()
        # Not CancelledError, so that a cancellation by the caller that comes now still counts.
        task.data = error
