"""All of http, loaded at once: `import http.threads`, before threads make requests.

`import` is not safe in threads: one of them can meet a module that another is still loading.
"""

for name in (
    "blocking body callbacks chunked codes exchange failure fat fields file fold headers "
    "keepalive keys memory options ota pem redirect resume rivals secure sink tls_errors "
    "transfer upload"
).split():
    try:
        __import__(name, None, None, True, 1)
    except ImportError:
        pass  # left out on this board, which lacks what it needs
