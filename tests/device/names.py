# What dir() shows of a module that nobody has used yet: every public name, and it loads nothing.
# TAB is tried in tests/host/test_repl.py.

from prelude import *

import http

NAMES = (
    "request get post put delete certificates close Multipart urlencode last_error OK ERROR "
    "ERROR_STATE ERROR_HEADER ERROR_BODY ERROR_CONNECT ERROR_CLOSE ERROR_RX ERROR_DOWNLOAD "
    "ERROR_TIMEOUT ERROR_FOTA"
).split()


def loaded():
    return sorted([name for name in sys.modules if name.startswith("http")])


fresh = loaded()
same([name for name in fresh if name not in ("http", "http.gate")], [])
dir(http)
gc.collect()
before = gc.mem_alloc()
shown = len(dir(http))
gc.collect()
kept = gc.mem_alloc() - before
assert kept < 1000, kept  # the smallest module of http takes more than that
names = dir(http)
same(len(names), shown)
same([name for name in NAMES if name not in names], [])
files = P["files"]
assert "exchange" in files
same([name for name in files if name in names], [])
same(loaded(), fresh)

# The same by looking each up, and names that http does not have.
for name in NAMES:
    same(hasattr(http, name), True)
for name in files + ["nonesuch"]:
    same(raises(AttributeError, getattr, http, name), name)
same(loaded(), fresh)

# From a first call on, the name stands for the function itself.
first = http.urlencode
same(first({"a": 1}), "a=1")
same(first({"a": 2}), "a=2")
same(http.urlencode({"a": 3}), "a=3")
assert http.urlencode is sys.modules["http.forms"].urlencode
assert isinstance(http.Multipart({}), http.Multipart)
http.close()
same(loaded(), sorted(fresh + ["http." + name for name in P["used"]]))
