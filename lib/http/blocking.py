# The driver for programs without a running event loop.

from errno import ETIMEDOUT
from select import poll

from .exchange import exchange


def drive(r):
    """Perform the request `r` to its end and return its result.

    None when memory is so short that StopIteration could not hold it.
    """
    stream = None
    registered = ready = None
    steps = exchange(r)
    try:
        while True:
            events = steps.send(ready)
            if stream is not r.connection.poll:
                stream = r.connection.poll
                registered = None
                poller = poll()
            left = r.left()
            ready = None
            # A peer that never lets poll wait must not get more time than others.
            if left and not events:
                ready = True
            elif left:
                if events != registered:
                    registered = events
                    poller.register(stream, events)  # allocates on some ports
                for _, ready in poller.ipoll(left):  # poll() would allocate its result
                    break
            if not ready:
                steps.throw(OSError(ETIMEDOUT))
    except StopIteration as er:
        return er.value
    finally:
        steps.close()
