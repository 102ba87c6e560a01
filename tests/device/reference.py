# The examples of the two reference pages, on the httpbin at P["url"], without a loop and in one.

from prelude import *

import json

import http

URL = P["url"]
results = []


def callback(code, data):
    results.append((code, data))


def nodemcu():
    # The five examples of the NodeMCU page, in its order; None, always.
    same(http.delete(URL + "/delete", "", "", callback), None)
    same(http.get(URL + "/ip", None, callback), None)
    post = '{"hello":"world"}'
    same(http.post(URL + "/post", "Content-Type: application/json\r\n", post, callback), None)
    text = "Hello!\nStay a while, and listen...\n"
    same(http.put(URL + "/put", "Content-Type: text/plain\r\n", text, callback), None)
    same(http.request(URL, "HEAD", "", "", callback), None)


def check_nodemcu():
    same([code for code, data in results], [200] * 5)
    delete, ip, post, put = (json.loads(data) for code, data in results[:4])
    same(delete["data"], "")
    same(ip["origin"], delete["origin"])  # the address of this board, or of a router
    same(len(ip["origin"].split(".")), 4)
    same(post["json"], {"hello": "world"})
    same(post["headers"]["Content-Type"], "application/json")
    same(put["data"], "Hello!\nStay a while, and listen...\n")
    same(results[4][1], b"")
    for sent in (delete, post, put):
        same(sent["headers"]["User-Agent"], "ESP8266")
        same(sent["headers"]["Connection"], "close")
        same(sent["headers"]["Host"], URL[7:])
    results.clear()


def check_luatos(time, post, download, timeout):
    code, headers, body = time
    same(code, 200)
    same(headers["Content-Type"], "application/json")
    same(len(json.loads(body)["uuid"]), 36)
    code, headers, body = post
    same(code, 200)
    same(json.loads(body)["data"], "abc=123")
    code, headers, body = download
    same(code, 200)
    same(body, int(headers["content-length"]))
    same(os.stat("data.bin")[6], body)
    same(timeout, (-8, None, None))
    os.remove("data.bin")


def luatos():
    return (
        http.request("GET", URL + "/uuid"),
        http.request("POST", URL + "/post", {}, "abc=123"),
        http.request("GET", URL + "/", {}, "", {"dst": "data.bin"}),
        http.request("GET", URL + "/delay/5", None, None, {"timeout": 300}),
    )


def test_nodemcu():
    nodemcu()
    check_nodemcu()


def test_luatos():
    check_luatos(*[request.wait() for request in luatos()])


async def test_nodemcu_in_a_loop():
    nodemcu()
    same(results, [], "the calls return at once")
    while len(results) < 5:
        await asyncio.sleep_ms(10)
    # In a loop they run at the same time, so the order is that of the answers.
    order = {b"": 4}
    for code, data in results:
        if len(data):
            url = json.loads(data).get("url", "/ip")
            order[bytes(data)] = ["delete", "ip", "post", "put"].index(url[url.rfind("/") + 1 :])
    results.sort(key=lambda result: order[bytes(result[1])])
    check_nodemcu()


async def test_luatos_in_a_task():
    for wait in (lambda request: request, lambda request: request.wait()):
        found = []
        for request in luatos():
            found.append(await wait(request))
        check_luatos(*found)
