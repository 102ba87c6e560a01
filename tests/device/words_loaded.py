# Which files a failure loads: none before it, one of words with it.

from prelude import *

import http


def words():
    return sorted(name for name in sys.modules if "failure" in name or "_words" in name)


same(http.request("GET", P["url"]).wait()[0], 200)
same(words(), [])
same(http.request("GET", P["refused"]).wait()[0], -4)
same(words(), ["http.failure", "http.net_words"])
same(http.request("GET", "").wait()[0], -4)
same(words(), ["http.failure", "http.http_words", "http.net_words"])
same(http.request("GET", P["url"], None, None, {"dst": "no/such"}).wait()[0], -7)
same(words(), ["http.dst_words", "http.failure", "http.http_words", "http.net_words"])
raises(TypeError, http.request, "GET", P["url"], None, None, {"timeout": ""})
same(len(words()), 5)
