# Requests in threads, where `import` is not safe: what they load as they go on is there before.

from prelude import *

import _thread

import http

URL = P["url"]
COUNT = 8


def test_first_requests():
    # Eight at once: each ends in its own result.
    lock = _thread.allocate_lock()
    results = []
    go = []

    def work(i):
        while not go:
            pass
        try:
            url = "%s/get?n=%d" % (URL, i)
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
    go.append(True)
    start = time.ticks_ms()
    while len(results) < COUNT and since(start) < 60000:
        time.sleep_ms(10)
    same(results, [(200, "application/json")] * COUNT)


class Stream:
    def write(self, data):
        pass


def test_all_is_loaded_before_wait():
    # But the words of a failure.
    form = http.Multipart({"a": ("b", b"c")})
    digest = "0" * 64
    file = {"dst": "thread.bin", "callback": lambda *args: None}
    results = []

    def work():
        try:
            for want, url, method, headers, body, opts, ca in (
                (200, "/get", "GET", None, None, None, None),
                (200, "/stream/3", "GET", {"X": "y"}, None, None, None),
                (200, "/put", "PUT", None, b"x" * 5000, None, None),
                (200, "/put", "PUT", None, iter([b"x"]), None, None),
                (200, "/post", "POST", None, {"a": 1}, None, None),
                (200, "/post", "POST", None, form, None, None),
                (200, "/redirect/2", "GET", None, None, {"redirects": 3}, None),
                (200, "/get", "GET", None, None, {"keepalive": True}, None),
                (200, "/get", "GET", None, None, {"keepalive": True}, None),
                (200, "/bytes/900", "GET", None, None, {"dst": bytearray(900)}, None),
                (200, "/bytes/900", "GET", None, None, {"dst": Stream()}, None),
                (200, "/bytes/900", "GET", None, None, file, None),
                (200, "/range/900", "GET", None, None, dict(file, resume=True), None),
                (-7, "/bytes/900", "GET", None, None, dict(file, sha256=digest), None),
                (200, "/get", "GET", None, None, {"adapter": "127.0.0.1"}, None),
                (-4, P["refused"], "GET", None, None, None, None),
                (200, P["https"], "GET", None, None, None, P["ca"]),
            ):
                if url[0] == "/":
                    url = URL + url
                r = http.request(method, url, headers, body, opts, ca)
                before = set(sys.modules)
                code = r.wait()[0]
                late = [
                    name
                    for name in set(sys.modules) - before
                    if name.startswith("http.") and not name.endswith("_words")
                ]
                results.append((url, code, late) == (url, want, []) or (url, code, late, r.error))
            http.close()
            os.remove("thread.bin")
        except Exception as er:
            sys.print_exception(er)
        results.append(None)

    _thread.start_new_thread(work, ())
    while None not in results:
        time.sleep_ms(10)
    same(results, [True] * 17 + [None])
