# Downloads that fail and go on, on the file system P["fs"]: from a real server of files, whose
# folder is P["folder"], from httpbin, and from one that makes every mistake.

from disk import *
from prelude import *

import http
from binascii import hexlify
from hashlib import sha256

PEER = P["peer"]
STATIC = P["static"]

folder = ""
if P["fs"] != "host":
    disk = mount(P["fs"], size=1024 * 1024)
    folder = "/disk/"
DST = folder + "data.bin"
PART = DST + ".part"
TAG = PART + ".etag"


class Stop(Exception):
    pass


def body_of(size, first=0):
    return (bytes(range(first, 251)) * (size // (251 - first) + 1))[:size]


def put(path, data):
    with open(path, "wb") as f:
        f.write(data)


def files():
    return sorted([name for name in os.listdir(folder or ".") if "data.bin" in name])


def clear():
    for name in files():
        os.remove(folder + name)


def start(url, stop=3000, **opts):
    # A download that fails after `stop` bytes at least.
    def callback(total, done, userdata):
        if done >= stop:
            raise Stop

    opts.update({"dst": DST, "resume": True, "callback": callback})
    request = http.request("GET", url, None, None, opts)
    try:
        code = request.wait()[0]
        raise AssertionError("not stopped: %s %r" % (code, request.error))
    except Stop:
        pass


def go_on(url, headers=None, **opts):
    # Return the code, the body, how much was there, and the request.
    calls = []
    opts.update({"dst": DST, "resume": True, "callback": lambda *args: calls.append(args)})
    request = http.request("GET", url, headers, None, opts)
    code, headers, body = request.wait()
    for i in range(len(calls) - 1):
        assert calls[i][1] < calls[i + 1][1], calls
    if code in (200, 206):
        assert calls[-1][:2] == (body, body), calls[-1]
    return code, body, calls and calls[0][1], request


def complete(result, want, what):
    same(result[:2], want, "%s %r" % (what, result[3].error))
    same(files(), ["data.bin"], what)


new = body_of(200000)
old = body_of(60000, 7)


def serve(data):
    # Return the URL of the server of files that gives `data`.
    put(P["folder"] + "/big.bin", data)
    return STATIC + "/big.bin"


def test_what_is_there_is_not_sent_again():
    url = serve(new)
    put(DST, old)
    start(url)
    same(files(), ["data.bin", "data.bin.part", "data.bin.part.etag"])
    same(content(DST), old)
    there = os.stat(PART)[6]
    assert 3000 <= there < len(new), there
    start(url, there + 50000)
    there, before = os.stat(PART)[6], there
    assert there >= before + 50000
    result = go_on(url, sha256=hexlify(sha256(new).digest()).decode())
    complete(result, (206, len(new)), "static")
    same(result[2], there)
    same(content(DST), new)


def test_another_version_is_sent_whole():
    url = serve(new)
    put(DST, old)
    start(url)
    put(P["folder"] + "/big.bin", old)
    result = go_on(url)
    complete(result, (200, len(old)), "changed")
    same(result[2], 0)
    same(content(DST), old)


def test_the_last_byte_confirms_a_complete_part():
    # All of it is there, and only the name is not.
    url = serve(old)
    put(DST, old)
    start(url, len(old))
    same(os.stat(PART)[6], len(old))
    same(content(DST), old)
    for opts in ({}, {"sha256": hexlify(sha256(old).digest()).decode()}):
        result = go_on(url, **opts)
        complete(result, (206, len(old)), "the last byte")
        same(result[2], len(old) - 1)
        same(content(DST), old)
        start(url, len(old))


def test_another_version_of_the_same_size_is_sent_whole():
    url = serve(old)
    start(url, len(old))
    put(P["folder"] + "/big.bin", new[: len(old)])
    complete(go_on(url), (200, len(old)), "another of the same size")
    same(content(DST), new[: len(old)])


def test_a_wrong_digest_leaves_nothing():
    url = serve(old)
    put(DST, old)
    start(url, len(old))
    result = go_on(url, sha256="0" * 64)
    same(result[0], -7, repr(result[3].error))
    same(files(), ["data.bin"])


def test_the_part_of_another_url_is_not_used():
    url = serve(old)
    start(url)
    put(P["folder"] + "/other.bin", new)
    result = go_on(STATIC + "/other.bin")
    complete(result, (200, len(new)), "another URL")
    same(content(DST), new)


def test_a_download_without_resume_that_fails_leaves_nothing():
    # Neither its own .part nor the .etag of the one before.
    url = serve(old)
    put(DST, old)
    start(url)
    try:
        opts = {"dst": DST, "callback": lambda total, done, userdata: 1 // (done < 3000)}
        http.request("GET", url, None, None, opts).wait()
        raise AssertionError("not stopped")
    except ZeroDivisionError:
        same(files(), ["data.bin"])


def test_the_url_before_redirects_counts():
    url = P["httpbin"] + "/redirect-to?url=" + P["httpbin"] + "/range/40000"
    start(url, redirects=1)
    there = os.stat(PART)[6]
    result = go_on(url, redirects=1)
    complete(result, (206, 40000), "httpbin")
    same(result[2], there)
    same(
        sha256(content(DST)).digest(),
        sha256((b"abcdefghijklmnopqrstuvwxyz" * 1600)[:40000]).digest(),
    )


def test_a_time_limit_leaves_what_has_come():
    url = P["httpbin"] + "/range/20000?duration=2&chunk_size=1000"
    same(go_on(url, timeout=1000)[0], -8)
    there = os.stat(PART)[6]
    assert 0 < there < 20000, there
    result = go_on(url)
    complete(result, (206, 20000), "slow")
    same(result[2], there)


def test_every_way_a_server_may_answer():
    # What it gives in the end is body_of(9000).
    for target, want in (
        ("/etag", 206),
        ("/last-modified", 206),
        ("/chunked", 206),  # the part is chunked
        ("/until-close", 206),
        ("/no-ranges", 200),
        ("/weak", 200),  # nothing to tell versions by, so the whole is asked for again
        ("/same-second", 200),
        ("/no-date", 200),
        ("/nothing", 200),
        ("/if-range-unknown", 200),  # 206 of another version: its ETag says so
        ("/other-start", 200),
        ("/other-size", 200),  # Content-Length is not what Content-Range says
        ("/past-end", 200),
        ("/past-end-chunked", 200),
        ("/other-unit", 200),
        ("/upper-unit", 206),
        ("/no-content-range", 200),
        ("/bad-content-range", 200),
        ("/multipart", 200),
        ("/416-other", 200),
        ("/416-bare", 200),
        ("/416-equal-of-another", 200),
        ("/416-equal-of-nothing", 200),
        ("/no-validator", 200),
        ("/last-modified-only", 200),
        ("/other-total", 200),
    ):
        clear()
        put(DST, old)
        start(PEER + target)
        kept = want == 206 or target[1:] not in ("weak", "same-second", "no-date", "nothing")
        same(files()[1:], ["data.bin.part", "data.bin.part.etag"] if kept else [], target)
        result = go_on(PEER + target)
        complete(result, (want, 9000), target)
        same(content(DST), body_of(9000), target)


def test_more_than_the_rest_is_no_success():
    start(PEER + "/overlong")
    same(go_on(PEER + "/overlong")[0], -5)
    same(files(), ["data.bin.part", "data.bin.part.etag"])
    same(go_on(PEER + "/etag")[:2], (200, 9000))


def test_redirects_that_lead_elsewhere():
    # With the same ETag; another signature alone is no other place.
    for mood, want in (("other", 200), ("sign", 206)):
        clear()
        start(PEER + "/latest", redirects=1)
        result = go_on(PEER + "/latest", {"X-Mood": mood}, redirects=1)
        complete(result, (want, 9000), mood)
        same(content(DST), body_of(9000))


def test_what_a_post_left_is_not_used():
    opts = {"dst": DST, "resume": True}
    same(http.request("POST", PEER + "/etag", {"X-Mood": "cut"}, "x", opts).wait()[0], -5)
    same(files(), [])


def test_a_part_without_etag_is_not_used():
    start(PEER + "/etag")
    os.remove(TAG)
    complete(go_on(PEER + "/etag"), (200, 9000), "no .etag")


def test_a_kept_connection_serves_the_rest():
    # Nothing of an unread 416 comes into the next answer.
    put(P["folder"] + "/other.bin", new)
    url = STATIC + "/other.bin"
    start(url, len(new))
    complete(go_on(url, keepalive=True), (206, len(new)), "416, kept")
    start(url)
    complete(go_on(url, keepalive=True), (206, len(new)), "206, kept")


def test_less_than_the_rest_is_a_step_nearer():
    # -5, with a digest as without.
    for opts in ({}, {"sha256": hexlify(sha256(body_of(9000)).digest()).decode()}):
        clear()
        start(PEER + "/piecemeal")
        result = go_on(PEER + "/piecemeal", **opts)
        same(result[0], -5, repr(result[3].error))
        for i in range(20):
            if result[0] == 206:
                break
            there = os.stat(PART)[6]
            result = go_on(PEER + "/piecemeal", **opts)
            same(result[2], there)
        complete(result, (206, 9000), "piecemeal")
        same(content(DST), body_of(9000))


def test_failures_leave_what_is_there():
    # An error of the server, a lost connection, nobody there.
    start(PEER + "/etag")
    there = content(PART)
    for mood, want in (("503", 503), ("cut", -5)):
        result = go_on(PEER + "/etag", {"X-Mood": mood})
        same(result[0], want, mood)
        same(files(), ["data.bin.part", "data.bin.part.etag"], mood)
        same(content(PART)[: len(there)], there, mood)
    complete(go_on(PEER + "/etag"), (206, 9000), "after failures")
    same(content(DST), body_of(9000))


@on("lfs", "fat")
def test_a_part_that_cannot_be_read_is_a_failure_of_the_destination():
    start(PEER + "/etag")

    def callback(total, done, userdata):
        disk.broken = True  # as the .part is about to be read for the digest

    opts = {"dst": DST, "resume": True, "sha256": "0" * 64, "callback": callback}
    request = http.request("GET", PEER + "/etag", None, None, opts)
    code = request.wait()[0]
    disk.broken = False
    same((code, request.error.errno), (-7, 5), repr(request.error))


@on("host")
def test_a_part_that_got_shorter_is_a_failure_of_the_destination():
    start(PEER + "/etag")
    opts = {"dst": DST, "resume": True, "sha256": "0" * 64}
    opts["callback"] = lambda *args: put(PART, b"abc")
    request = http.request("GET", PEER + "/etag", None, None, opts)
    same((request.wait()[0], request.error.errno), (-7, 5), repr(request.error))


def test_a_206_nobody_asked_for_is_refused():
    same(go_on(PEER + "/unasked")[0], -2)
    same(files(), [])


def test_a_range_of_the_callers_own_is_refused():
    text = raises(ValueError, go_on, PEER + "/etag", {"Range": "bytes=0-1"})
    assert "Range" in text, text


def test_a_post_starts_over():
    start(PEER + "/etag")
    opts = {"dst": DST, "resume": True}
    code, headers, body = http.request("POST", PEER + "/etag", None, "x", opts).wait()
    same((code, body), (200, 9000))


@on("lfs", "fat")
def test_power_failures_never_leave_a_mixture():
    global disk
    # The power fails at any write, the version changes in between.
    url = STATIC + "/small.bin"
    small = body_of(6000), body_of(7000, 9)
    n = 0
    code = None
    while code not in (200, 206):
        clear()
        put(P["folder"] + "/small.bin", small[n % 2])
        put(DST, b"old")
        start(url, 2000)
        if n % 3:
            put(P["folder"] + "/small.bin", small[1 - n % 2])
        disk.power = n
        code = go_on(url)[0]
        disk = remount(P["fs"], disk)
        if content(PART + ".old") is None:
            result = go_on(url)
            assert result[0] in (200, 206), result
            want = small[1 - n % 2 if n % 3 else n % 2]
            assert content(DST) == want, "power failure %d" % n
        n += 1
    assert n > 5, n


def fill():
    # Leave little room.
    with open("/disk/filler", "wb") as f:
        for i in range((os.statvfs("/disk")[3] - 10) * os.statvfs("/disk")[1] // 1024):
            f.write(bytes(1024))


@on("lfs", "fat")
def test_a_part_that_can_never_fit_does_not_stay():
    # There is no room for the rest, or nobody knew.
    fill()
    put(P["folder"] + "/big.bin", new)
    put(DST, b"old")
    result = go_on(STATIC + "/big.bin")
    same((result[0], files()), (-7, ["data.bin"]), result[3].error)
    os.remove("/disk/filler")
    start(STATIC + "/big.bin", 50000)
    fill()
    result = go_on(STATIC + "/big.bin")
    same((result[0], result[3].error.errno, files()), (-7, 28, ["data.bin"]))
    same(result[2], [], "refused before anything is written")
    same(content(DST), b"old")
    result = go_on(PEER + "/large")
    same((result[0], result[3].error.errno, files()), (-7, 28, ["data.bin"]))
    os.remove("/disk/filler")


@on("lfs", "fat")
def test_a_power_failure_leaves_most_of_what_has_come():
    global disk
    put(P["folder"] + "/other.bin", new)
    start(STATIC + "/other.bin", 1)
    disk.power = 1200 if P["fs"] == "lfs" else 330
    same(go_on(STATIC + "/other.bin")[0], -7)
    disk = remount(P["fs"], disk)
    there = os.stat(PART)[6]
    assert there >= 65536, there
    complete(go_on(STATIC + "/other.bin"), (206, len(new)), "after a power failure")
    same(content(DST), new)


@on("host")
def test_a_part_that_is_a_link_is_not_used():
    # Or what it names would grow.
    start(PEER + "/etag")
    os.rename(PART, "victim")
    there = content("victim")
    os.system("ln -s victim data.bin.part")
    complete(go_on(PEER + "/etag"), (200, 9000), "a link")
    same(content("victim"), there)
    same(content(DST), body_of(9000))


def test_a_download_without_resume_takes_the_note_away():
    # As its .part is another one.
    start(PEER + "/etag")
    there = content(PART)
    url = P["httpbin"] + "/range/20000?duration=9&chunk_size=1000"
    left = http.request("GET", url, None, None, {"dst": DST})

    async def abandon():
        asyncio.create_task(left)
        for _ in range(100):
            await asyncio.sleep_ms(50)
            if content(PART) != there:
                break

    run_to_end(abandon())
    asyncio.new_event_loop()
    same(files(), ["data.bin.part"])
    complete(go_on(PEER + "/etag"), (200, 9000), "after another download")
    left.close()


def test_damaged_notes_are_no_reason_to_fail():
    start(PEER + "/etag")
    note = content(TAG).split(b"\n")
    same(len(note), 4)
    for tag in (
        b"",
        b"\n",
        b"x\ny\nz",
        b"\xff" * 100,
        b"\n".join(note[:3]),
        b"\n".join(note[:3]) + b"\n",
        b"\n".join([note[0], note[1], b"x", note[3]]),
        b"\n".join([note[0], note[1], b"10", note[3]]),  # less than there is
    ):
        clear()
        start(PEER + "/etag")
        put(TAG, tag)
        complete(go_on(PEER + "/etag"), (200, 9000), tag)
        same(content(DST), body_of(9000))
