"""All of http, loaded at once: `import http.threads`, before threads make requests.

`import` is not safe in threads: one of them can meet a module that another is still loading.
"""

for name in (
    "adapter blocking body callbacks chunked credentials exchange failure fat fields file fold "
    "forms head headers hints keepalive keys listing memory methods multipart options ota pem "
    "redirect resume retry rivals sink source stream tls tls_errors token transfer upload"
).split():
    try:
        __import__(name, None, None, True, 1)
    except ImportError:
        pass  # left out on this board, which lacks what it needs
