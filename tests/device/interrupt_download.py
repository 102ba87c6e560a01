# Wherever Ctrl-C comes, a second one inside closing included, the destination of a download is
# free afterwards. P["refused"] refuses connections, P["cut"] closes in the middle of a body.

from prelude import *

import http.blocking
import http.failure
import http.file
import http.resume
import http.sink
import select

try:
    import ffi

    interrupt = ffi.open("libc.so.6").func("i", "raise", "i")
except (ImportError, OSError):
    interrupt = None  # not every unix port has it

SIGINT = 2
DST = "interrupted.bin"


def request(url, resume=False, callback=None):
    opts = {"dst": DST, "resume": resume, "callback": callback}
    return http.request("GET", P[url], None, None, opts)


request("refused").wait()  # loads what it needs
opened = descriptors()


originals = os, http.failure.failure, http.file.Sink.close, http.blocking.poll


def restore():
    # These are replaced below.
    http.file.os, http.failure.failure, http.file.Sink.close, http.blocking.poll = originals


def usable():
    # On unix a signal may leave the heap locked or a generator executing for ever, where it comes
    # inside the interpreter itself; on a board it waits for the interpreter's next jump.
    try:
        bytearray(100)
        return True
    except MemoryError:
        return False


def interrupted(function, what, *args):
    # Call what a Ctrl-C ends; then the next request has to have the destination.
    try:
        function(*args)
    except (KeyboardInterrupt, ValueError, MemoryError):
        if not usable():
            sys.exit(3)
    restore()
    r = request("refused")
    same(r.wait()[0], -4, "%s: %r" % (what, r.error))
    same(http.sink.busy, [], what)
    for name in os.listdir():
        if name.startswith(DST):
            os.remove(name)


def again_and_again(resume):
    # Until one is interrupted. A signal that is early is lost.
    for _ in range(2000):
        request("refused", resume).wait()


if P["tries"]:
    # At any moment.
    for i in range(P["tries"]):
        os.system("(sleep 0.00%d; kill -INT $PPID) &" % (i % 5 + 2))
        interrupted(again_and_again, "try %d" % i, i & 1)
        print("tried")


class Interrupting:
    # The functions of a module, with an interrupt as the last act of each call that `at` names.

    def __init__(self, module, at):
        self.module = module
        self.at = at
        self.calls = 0

    def __getattr__(self, name):
        function = getattr(self.module, name)

        def call(*args):
            try:
                return function(*args)
            finally:
                self.calls += 1
                if self.calls in self.at:
                    interrupt(SIGINT)

        return call


if interrupt and not P["tries"]:
    # After each call of the file system, and after one more that follows, as the request closes.
    for resume in (False, True):
        counting = http.file.os = Interrupting(os, ())
        same(request("cut", resume).wait()[0], -5)
        calls = counting.calls
        assert calls > 2, calls
        for at in range(1, calls + 1):
            for second in (0, 1, 2, 3):
                http.file.os = Interrupting(os, (at, at + second))
                interrupted(request("cut", resume).wait, "call %d and %d" % (at, at + second))

    # As the last act of a failure, and of a Ctrl-C that is another's.
    failure = Interrupting(http.failure, range(1000)).failure
    for url in ("refused", "cut"):
        for resume in (False, True):
            http.failure.failure = failure
            interrupted(request(url, resume).wait, "a failure, " + url)

    def progress(total, done, userdata):
        interrupt(SIGINT)

    def closing(self):
        interrupt(SIGINT)
        close(self)

    close = http.file.Sink.close
    http.file.Sink.close = closing
    interrupted(request("cut", False, progress).wait, "in the callback and in closing")
    http.file.Sink.close = closing
    http.blocking.poll = Interrupting(select, (1,)).poll
    interrupted(request("cut").wait, "in waiting and in closing")
    http.file.Sink.close = closing

    # In a task, where asyncio.run() ends with it.
    async def task(r):
        await r

    interrupted(asyncio.run, "in a task", task(request("cut", False, progress)))
    asyncio.new_event_loop()

# What an interrupt has kept from being closed is so when it is collected, but for what the stack
# may seem to refer to.
gc.collect()
assert descriptors() < opened + 5, descriptors() - opened
