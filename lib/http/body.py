# Request bodies that are neither text nor bytes. JSON is made here, the others are told apart.


def source(r, body):
    """Return what `exchange` can send for `body`: something bytes-like, or a Source.

    Where it says what type it has, Content-Type is set in the header fields of the request `r`.
    """
    if isinstance(body, (dict, list)):
        from json import dumps

        from .fields import merge

        if r.method == "GET" and isinstance(body, dict):
            from .hints import check

            check(body)
        r.fields = merge(b"Content-Type: application/json\r\n", r.fields)
        return dumps(body).encode()
    if hasattr(body, "framing"):
        # A Multipart. Only its own Content-Type has the boundary.
        if r.fields:
            from .fields import block

            r.fields = block(r.fields, ("content-type",))
        r.fields += body.content_type
        return body
    data = view(body)
    if data is None:
        if r.nodemcu or isinstance(body, tuple):
            from .hints import refuse

            refuse("body", body)
        from .source import Source

        data = Source(body)
    return data


def view(body):
    """Return what is bytes-like as something whose len() is in bytes, else None."""
    try:
        data = memoryview(body)
    except TypeError:
        return None
    # Items wider than a byte, as array.array has them, would make len() another unit.
    return data if len(bytes(data[:1])) < 2 else bytes(data)
