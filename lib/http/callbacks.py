# The callback API, that of NodeMCU.

import http
from micropython import const

_ERROR = const(-1)

# Requests made while a callback runs, with their callbacks; None when none does.
_queue = None


def _deliver(callback, result, error):
    if error:
        http.last_error = error
    if callback:
        code, _, body = result
        callback(code if code > 0 else _ERROR, body)


def _task(r, callback):
    _deliver(callback, (yield from r), r.error)


def call(method, url, headers, body, callback, tls=None):
    # The callback API: perform a request now, in a task, or after the running callback.
    global _queue
    if callback is not None and not callable(callback):
        from .hints import refuse

        refuse("callback", callback)
    try:
        r = http.Request(method, url, headers, body, None, tls, True)
        r.timeout = 10000
        r.redirects = 20
        queue = [(r, callback)]  # here, as it may not find room either
    except MemoryError as er:
        return _deliver(callback, (_ERROR, None, None), er)
    core = http._running()
    if core:
        core.create_task(_task(r, callback))
        return
    if _queue is not None:
        _queue += queue
        return
    _queue = queue
    error = None
    try:
        while _queue:
            r, callback = _queue.pop(0)
            try:
                _deliver(callback, r.wait(), r.error)
            except Exception as er:
                error = error or er  # the queued ones are still owed their callbacks
    finally:
        _queue = None
    if error:
        raise error
