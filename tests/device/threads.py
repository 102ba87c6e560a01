# The first requests of a program, made in eight threads at once: each ends in its own result.

from prelude import *

import _thread

import http

COUNT = 8

lock = _thread.allocate_lock()
results = []
go = False


def work(i):
    while not go:
        pass
    try:
        url = "%s/get?n=%d" % (P["url"], i)
        if i % 2:
            request = http.request("GET", url, {"X": i}, None, {"timeout": 30000})
        else:
            request = http.request("GET", url)
        code, headers, body = request.wait()
        result = code, b'"n": "%d"' % i in body and headers["content-type"]
    except Exception as er:
        result = repr(er)
    with lock:
        results.append(result)


for i in range(COUNT):
    _thread.start_new_thread(work, (i,))
go = True
start = time.ticks_ms()
while len(results) < COUNT and since(start) < 60000:
    time.sleep_ms(10)
same(results, [(200, "application/json")] * COUNT)
