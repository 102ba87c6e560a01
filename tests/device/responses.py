# Performs the requests of P["cases"], [name, method, target, opts] each, several at a time, and
# prints the result of each as a line of JSON; of a long body, its SHA-256.

from prelude import *

import binascii
import hashlib
import json

import http

opened = descriptors()


async def worker():
    while P["cases"]:
        name, method, target, opts = P["cases"].pop(0)
        request = http.request(method, P["url"] + target, None, None, opts)
        code, headers, body = await request
        if headers is not None:
            headers = [list(item) for item in headers.items()]
        if body is not None:
            if len(body) > 100:
                body = hashlib.sha256(body).digest()
            body = binascii.hexlify(body).decode()
        print(json.dumps([name, code, headers, body, repr(request.error)]))
        code = headers = body = request = None
        gc.collect()


async def main():
    await asyncio.gather(*[worker() for _ in range(P["workers"])])


run_to_end(main())
same(descriptors(), opened, "open descriptors")
