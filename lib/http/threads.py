"""All of http, loaded at once, as it is before a thread's first request. `import http.threads`
says it for a main thread that makes requests, or forms, while other threads do.
"""

for name in (
    "adapter blocking body callbacks chunked credentials dst_words exchange failure fat fields "
    "file fold forms head headers hints http_words keepalive keys listing memory methods "
    "multipart net_words options opts_words ota pem progress redirect resume retry rivals sink "
    "source stream tls tls_errors tls_words token transfer upload"
).split():
    try:
        __import__(name, None, None, True, 1)
    except ImportError:
        pass  # left out on this board, which lacks what it needs
