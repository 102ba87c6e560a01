# Prints what `debug` prints of https requests; nothing secret may be in it.

from prelude import *

import http

for password in ("sesame", "wrong-sesame"):
    request = http.request(
        "GET",
        P["url"].replace("//", "//user:sesame@"),
        {"Authorization": "Bearer sesame"},
        None,
        {"debug": True},
        P["ca"],
        P["client"],
        P["key"],
        password,
    )
    same(request.wait()[0], 200 if password == "sesame" else -4)
    print(request.error)
