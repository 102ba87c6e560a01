# Request bodies that are neither text nor bytes. JSON is made here, the others are told apart.


def source(r, body):
    """Return what `exchange` can send for `body`, something bytes-like or a Source, and the header
    fields that the request `r` then has: with Content-Type where the body says what it is.
    """
    fields = r.fields
    if isinstance(body, (dict, list)):
        from json import dumps

        from .fields import merge

        if r.method == "GET" and isinstance(body, dict):
            from .hints import check

            check(body)
        return dumps(body).encode(), merge(b"Content-Type: application/json\r\n", fields)
    if hasattr(body, "framing"):
        # A Multipart. Only its own Content-Type has the boundary.
        if fields:
            from .fields import block

            fields = block(fields, ("content-type",))
        return body, fields + body.content_type
    from .source import Source, view

    data = view(body)
    if data is None:
        if r.nodemcu or isinstance(body, tuple):
            from .hints import refuse

            refuse("body", body)
        data = Source(body)
    return data, fields
