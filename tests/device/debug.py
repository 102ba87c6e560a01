# Prints the lines of the option `debug`; the test looks for secrets in them.

from prelude import *

import http

url = "http://user:sesame@" + P["url"][7:]
opts = {"debug": True, "redirects": 3}
headers = {"Authorization": "Bearer sesame", "Cookie": "sesame=sesame"}
same(http.request("GET", url + "/redirect/1", None, None, opts).wait()[0], 200)
same(http.request("GET", url + "/get", headers, None, opts).wait()[0], 200)
same(http.request("GET", "http://user:sesame@127.0.0.1:1/", headers, None, opts).wait()[0], -4)
