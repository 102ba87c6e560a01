# The methods of the callback API that send a body.

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
