# The examples of the two reference pages. Each prints the call and its real result.
#
# Arguments: the address of an httpbin (without it, the public one), the address of one that speaks
# https, and a file with the certificate of the CA that vouches for it.

import asyncio
import sys
import time

import http

URL = sys.argv[1] if len(sys.argv) > 1 else "http://httpbin.org"


def show(code):
    # Print a call as it is written here, and perform it.
    print()
    for i, line in enumerate(code.strip().split("\n")):
        print((">>> " if i == 0 else "... ") + line)
    exec(code, globals())


def callback(code, data):
    if code < 0:
        print("HTTP request failed")
    else:
        print(code, data)


print("NodeMCU: a callback gets the result. httpbin is at", URL)

show('http.get(URL + "/ip", None, callback)')
show("""http.post(URL + "/post", "Content-Type: application/json\\r\\n",
          '{"hello":"world"}', callback)""")
show("""http.put(URL + "/put", "Content-Type: text/plain\\r\\n",
         "Hello!\\nStay a while, and listen...\\n", callback)""")
show('http.delete(URL + "/delete", "", "", callback)')
show('http.request(URL, "HEAD", "", "", callback)')

print()
print("LuatOS: .wait() returns the result.")

show("""code, headers, body = http.request("GET", URL + "/uuid").wait()
print(code, headers["content-type"], body)""")
show("""code, headers, body = http.request("POST", URL + "/post", {}, "abc=123").wait()
print(code, headers["content-type"], body)""")
show("""code, headers, body = http.request("GET", URL + "/", {}, "", {"dst": "data.bin"}).wait()
print(code, headers["content-type"], body)""")
show("""request = http.request("GET", URL + "/delay/3", None, None, {"timeout": 1000})
print(request.wait(), request.error)""")

print()
print(
    "Downloads to a file, checked, with a progress bar; one that fails goes on where it stopped."
)


def bar(total, done, userdata):
    filled = 40 * done // total
    end = "\n" if done == total else ""
    print("\r[%s%s] %5d of %d" % ("#" * filled, "." * (40 - filled), done, total), end=end)


show("""url = URL + "/range/65536?duration=2&chunk_size=1024"
opts = {"dst": "data.bin", "resume": True, "callback": bar, "timeout": 1000}
request = http.request("GET", url, None, None, opts)
print("\\n", request.wait(), request.error)""")
show("""digest = "62b3a2ef06cf977623a5936a8fa653e3caecbf69b5f393ebdfe5022affc5331f"
opts.update({"timeout": 10000, "sha256": digest})
code, headers, body = http.request("GET", url, None, None, opts).wait()
print(code, headers["content-range"], body)""")

print()
print("keepalive: requests to one server share a connection.")

show("""start = time.ticks_ms()
for n in range(5):
    print(http.request("GET", URL + "/uuid", None, None, {"keepalive": True}).wait()[0], end=" ")
http.close()
print("in", time.ticks_diff(time.ticks_ms(), start), "ms")""")

if len(sys.argv) > 3:
    SECURE = sys.argv[2]
    with open(sys.argv[3], "rb") as f:
        CA = f.read()

    print()
    print("https, verified with the certificate of a CA; a wrong name is refused.")

    show("""code, headers, body = http.request("GET", SECURE + "/uuid", ca_file=CA).wait()
print(code, headers["content-type"], body)""")
    show("""request = http.request("GET", SECURE.replace("localhost", "127.0.0.1"), ca_file=CA)
print(request.wait(), request.error)""")

print()
print("Several tasks at once: each request takes a second, and all of them together.")

show("""
async def fetch(n):
    code, headers, body = await http.request("GET", URL + "/delay/1?n=%d" % n)
    print("task", n, "has", code, len(body), "bytes")

async def ticker():
    while True:
        print("tick")
        await asyncio.sleep_ms(250)

async def main():
    tick = asyncio.create_task(ticker())
    called = asyncio.Event()

    def callback(code, body):
        print("callback has", code)
        called.set()

    http.get(URL + "/delay/1", None, callback)
    await asyncio.gather(*[fetch(n) for n in range(5)])
    await called.wait()
    tick.cancel()

start = time.ticks_ms()
asyncio.run(main())
print(time.ticks_diff(time.ticks_ms(), start), "ms")
""")
