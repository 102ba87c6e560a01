# The callback API but for `get`.

from .callbacks import call


def post(url, headers=None, body=None, callback=None):
    """POST `body` to `url`; else as `get`.

    `body` is text (sent as UTF-8), bytes-like, a dict or list (sent as JSON) or a Multipart.
    """
    call("POST", url, headers, body, callback)


def put(url, headers=None, body=None, callback=None):
    """PUT `body` to `url`; else as `post`."""
    call("PUT", url, headers, body, callback)


def delete(url, headers=None, body=None, callback=None):
    """DELETE `url`, with a `body` if it is not empty; else as `post`."""
    call("DELETE", url, headers, body, callback)


def request(method, url, headers, body, opts, callback, tls):
    # In the form of this API, or with `method` and `url` in the other order.
    if isinstance(url, str) and "://" not in url:
        method, url = url, method
    if opts is not None:
        # The callback in fifth place; else call() refuses them.
        callback = opts
    call(method, url, headers, body, callback, tls)
