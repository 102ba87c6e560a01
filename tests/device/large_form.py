# A picture of 1 MB in a form, from a heap that is a small part of it.

from prelude import *

import http

SIZE = 1 << 20
with open("picture.jpg", "wb") as f:
    for i in range(SIZE // 1024):
        f.write(bytes([i % 251]) * 1024)
print("heap", gc.mem_alloc() + gc.mem_free())
with open("picture.jpg", "rb") as f:
    form = http.Multipart({"note": "large", "picture": ("p.jpg", f, "image/jpeg")})
    code, headers, body = http.request("POST", P["url"], None, form, {"timeout": 60000}).wait()
same(code, 200)
os.remove("picture.jpg")
