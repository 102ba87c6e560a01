# The callback API, that of NodeMCU.

from micropython import const

from . import Request, _running

_ERROR = const(-1)

# Requests made while a callback runs, with their callbacks; None when none does.
_queue = None


def _deliver(callback, result):
    if callback:
        code, _, body = result
        callback(code if code > 0 else _ERROR, body)


def _task(r, callback):
    _deliver(callback, (yield from r))


def call(method, url, headers, body, callback, tls=None):
    # The callback API: perform a request now, in a task, or after the running callback.
    global _queue
    if callback is not None and not callable(callback):
        raise TypeError("callback must be callable")
    try:
        r = Request(method, url, headers, body, None, tls, True)
        queue = [(r, callback)]  # here, as it may not find room either
    except MemoryError:
        return _deliver(callback, (_ERROR, None, None))
    if hasattr(r.body, "rewind"):
        raise TypeError("body must be text or bytes")
    core = _running()
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
                _deliver(callback, r.wait())
            except Exception as er:
                error = error or er  # the queued ones are still owed their callbacks
    finally:
        _queue = None
    if error:
        raise error


def get(url, headers=None, callback=None):
    """GET `url` and call `callback(code, body)` once.

    `headers` is None, a dict, or text or bytes of whole lines that end in CRLF; Host, Connection
    and User-Agent in it are dropped. `code` is the status of the response, or -1 for any failure
    (then `body` is None) or after 10 s; `body` is bytes-like. Redirects are followed, up to 20.

    In a running loop of asyncio the call returns at once. Without one it returns after the
    callback, and a call made by a callback is performed when that has returned.

    TypeError and ValueError for wrong arguments are raised at once.
    API of NodeMCU: https://nodemcu.readthedocs.io/en/release/modules/http/
    """
    call("GET", url, headers, None, callback)


def post(url, headers=None, body=None, callback=None):
    """POST `body` (text, sent as UTF-8, or bytes-like) to `url`; else as `get`."""
    call("POST", url, headers, body, callback)


def put(url, headers=None, body=None, callback=None):
    """PUT `body` to `url`; else as `post`."""
    call("PUT", url, headers, body, callback)


def delete(url, headers=None, body=None, callback=None):
    """DELETE `url`, with a `body` if it is not empty; else as `post`."""
    call("DELETE", url, headers, body, callback)
