# https over the TLS of this port, against the servers in P. Certificates and
# keys are in P too, made for this run.

from prelude import *

import http

opened = descriptors()
CA = P["ca"]
NAME = P["url"]  # by host name; P["ip"] is the same server by address


def go(url, *tls, **opts):
    opts["timeout"] = opts.get("timeout", 60000)
    request = http.request("GET", url, None, None, opts, *tls)
    code, headers, body = request.wait()
    return code, bytes(body) if code > 0 else str(request.error)


def refused(url, *tls):
    code, error = go(url, *tls)
    same(code, -4, error)
    same(descriptors(), opened)
    return error


def test_a_server_is_verified():
    for ca in (
        CA,
        CA.decode(),
        bytearray(CA),
        P["ca_der"],
        P["other_ca"] + CA,
        CA + P["other_ca"],
    ):
        same(go(NAME, ca), (200, b"hello"))
    same(go(P["ip"], CA), (200, b"hello"))
    same(go(P["ec"], CA), (200, b"hello"))
    same(go(P["chunked"], CA), (200, b"hello"))


def test_without_a_ca_whoever_answers_is_taken():
    for url in (NAME, P["ip"], P["expired"], P["self_signed"], P["wrong_host"]):
        same(go(url), (200, b"hello"))


def test_a_server_of_another_ca_is_refused():
    words = "the server's certificate is not signed by ca_file, but by another CA or itself"
    same(refused(NAME, P["other_ca"]), words)
    same(refused(P["self_signed"], CA), words)


def test_a_certificate_has_its_time():
    words = "the server's certificate has expired, or the clock is wrong: it says "
    days = ["%d-%02d-%02d" % time.gmtime()[:3]]
    error = refused(P["expired"], CA)
    days.append("%d-%02d-%02d" % time.gmtime()[:3])  # it may have been midnight
    assert error in [words + day for day in days], error
    error = refused(P["future"], CA)
    assert "not valid yet. Is the clock set? A board starts in 2000; it says 2" in error, error


def test_a_server_of_another_name_is_refused():
    words = "the server's certificate is for another host than localhost"
    same(refused(P["wrong_host"], CA), words)


def test_all_that_is_wrong_with_a_certificate_is_said():
    error = refused(P["other_all"], CA)
    for words in ("has expired", "another host", "not signed by"):
        assert words in error, error


def test_a_server_without_tls_or_with_older_tls_is_told():
    assert "version or cipher of TLS" in refused(P["old"], CA)
    error = refused(P["speaks_plain"], CA)
    assert "does not speak TLS: does it want http://?" in error, error
    request = http.request("GET", NAME.replace("https", "http"), None, None, {"timeout": 60000})
    code, headers, body = request.wait()
    error = str(request.error)
    assert code in (-2, -5, -6), (code, error)
    assert "closed the connection" in error or "does it want https?" in error, error


def test_what_is_no_ca_is_a_failure():
    refused(NAME, b"-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n")
    refused(NAME, b"-----BEGIN CERTIFICATE-----")
    refused(NAME, b"\x30\x82garbage")


def test_a_path_is_no_certificate():
    for args in (
        ("/etc/ssl/ca.pem",),
        (b"ca.pem",),
        (CA, "client.pem", P["client_key"]),
        (CA, P["client"], "client.key"),
    ):
        text = raises(ValueError, http.request, "GET", NAME, None, None, None, *args)
        assert "open(path" in text, text


def test_wrong_arguments_raise():
    for args in ((CA, P["client"]), (CA, None, P["client_key"])):
        raises(ValueError, http.request, "GET", NAME, None, None, None, *args)
    raises(TypeError, http.request, "GET", NAME, None, None, None, 5)
    raises(ValueError, http.request, "GET", NAME, None, None, None, "0.pem")
    raises(ValueError, http.request, "GET", NAME, None, None, None, None, None, None, "sesame")
    raises(ValueError, http.request, "GET", NAME, None, None, None, CA, None, None, "")


MUTUAL = P["mutual"]


def test_a_client_certificate():
    same(go(MUTUAL, CA, P["client"], P["client_key"]), (200, b"client.example"))
    same(go(MUTUAL, None, P["client"], P["client_key"]), (200, b"client.example"))
    same(go(MUTUAL, CA, P["client_der"], P["client_key_der"]), (200, b"client.example"))
    same(go(MUTUAL, CA, P["ec_client"], P["ec_client_key"]), (200, b"client.example"))


def test_the_server_refuses_a_client():
    for args in ((CA,), (CA, P["stranger"], P["stranger_key"])):
        # TLS 1.3 refuses a client after the handshake.
        for url in (MUTUAL, P["mutual_tls12"]):
            error = refused(url, *args)
            assert "certificate of the client" in error, error


def test_a_client_key_that_is_cut_short():
    assert "key" in refused(MUTUAL, CA, P["client"], P["client_key"][:200])


def test_encrypted_keys():
    # As the openssl command writes them.
    for name, cert, key in P["keys"]:
        same(go(MUTUAL, CA, P[cert], key, "sesame"), (200, b"client.example"), name)
        same(
            refused(MUTUAL, CA, P[cert], key, "wrong"), "client_password does not open client_key"
        )
        assert "client_password is needed" in refused(MUTUAL, CA, P[cert], key)


def test_other_encryption_of_keys_is_refused():
    for name, key in P["unsupported"]:
        assert "unsupported" in refused(MUTUAL, CA, P["client"], key, "sesame"), name


def test_malformed_encrypted_keys():
    no_info = P["older"].replace(b"DEK-Info:", b"DEK-Nfo:")
    same(refused(MUTUAL, CA, P["client"], no_info, "sesame"), "client_key is malformed")
    name, cert, key = P["keys"][0]
    refused(MUTUAL, CA, P[cert], key[:300], "sesame")


def test_a_key_takes_of_the_time_limit():
    # One that takes too long to open counts as the time it takes.
    start = time.ticks_ms()
    same(go(MUTUAL, CA, P["client"], P["slow_key"], "sesame", timeout=300)[0], -8)
    in_time(start, 300)


def test_a_port_without_md5():
    import hashlib

    import http.keys as keys

    class NoMd5:
        pass

    for name in ("sha1", "sha256"):
        if hasattr(hashlib, name):
            setattr(NoMd5, name, getattr(hashlib, name))
    keys.hashlib = NoMd5
    assert "MD5" in refused(MUTUAL, CA, P["client"], P["older"], "sesame")
    keys.hashlib = hashlib


def test_redirects_without_a_ca():
    same(go(P["to_http"], None, redirects=1), (200, b"plain"))


def test_a_redirect_to_plain_http_is_refused():
    request = http.request("GET", P["to_http"], None, None, {"redirects": 1}, CA)
    same(request.wait(), (-4, None, None))
    assert "plain http" in str(request.error)
    # On the way back it is a downgrade, wherever it began.
    code, error = go(P["http_to_https_to_http"], CA, redirects=2)
    same(code, -4)
    assert "plain http" in error, error


def test_redirects_to_https_are_verified():
    same(go(P["to_https"], CA, redirects=1), (200, b"hello"))
    same(go(P["http_to_http"], CA, redirects=1), (200, b"plain"))
    same(go(P["http_to_https"], CA, redirects=1), (200, b"hello"))


def test_the_server_ends_the_handshake():
    assert "ended the connection" in refused(P["closing"], CA)


def test_a_server_that_speaks_plain_http():
    same(go(P["speaks_plain"], CA)[0], -4)


def test_a_body_that_is_cut_short():
    same(go(P["cut"], CA)[0], -5)


def test_a_body_until_the_end_of_the_connection():
    same(go(P["until_close"], CA), (200, b"hello"))
    same(go(P["notified"], CA), (200, b"hello"))


def test_an_early_answer_is_the_result():
    code, headers, body = http.request("POST", P["early"], None, bytes(100000), None, CA).wait()
    same((code, body), (413, b"too large"))


def test_an_early_answer_of_a_server_that_reads_no_more():
    # And TLS has all of it before a line is read.
    pieces = (bytes(9000) for _ in range(10000))
    request = http.request("PUT", P["early_deaf"], None, pieces, {"timeout": 60000}, CA)
    code, headers, body = request.wait()
    same((code, body), (413, b"too large"), repr(request.error))


def test_the_time_limit_holds_in_the_handshake():
    start = time.ticks_ms()
    same(go(P["silent"], CA, timeout=400)[0], -8)
    in_time(start, 400)


calls = []


def callback(code, body):
    calls.append((code, body))


def test_callbacks_do_not_verify():
    http.get(P["self_signed"], None, callback)
    same(calls.pop(), (200, b"hello"))


def test_certificates_are_for_all_requests():
    http.certificates(CA)
    http.get(P["self_signed"], None, callback)
    same(calls.pop(), (-1, None))
    http.get(NAME, None, callback)
    same(calls.pop(), (200, b"hello"))
    same(go(P["self_signed"])[0], -4)
    same(go(P["http_to_http"], redirects=1), (200, b"plain"))


def test_a_client_certificate_of_a_request_trusts_nobody_else():
    http.certificates(CA)
    same(go(P["self_signed"], None, P["client"], P["client_key"])[0], -4)
    same(go(MUTUAL, None, P["client"], P["client_key"]), (200, b"client.example"))


def test_wrong_certificates_change_nothing():
    http.certificates(CA)
    raises(ValueError, http.certificates, None, None, None, "sesame")
    same(go(P["self_signed"])[0], -4)


def test_a_ca_of_a_request_counts_more():
    http.certificates(CA)
    same(go(P["self_signed"], P["self_signed_ca"])[0], 200)


def test_a_client_certificate_for_all_requests():
    http.certificates(CA, P["client"], P["client_key"])
    same(go(MUTUAL), (200, b"client.example"))


def test_certificates_are_taken_back():
    http.certificates(CA)
    raises(ValueError, http.certificates, "/etc/ssl/ca.pem")
    http.certificates()
    http.get(P["self_signed"], None, callback)
    same(calls.pop(), (200, b"hello"))


async def test_a_handshake_leaves_other_tasks_running():
    peers = ((NAME, 60000), (P["ec"], 60000), (P["silent"], 2000), (P["cut"], 60000))

    def handshakes():
        requests = [
            http.request("GET", url, None, None, {"timeout": timeout}, CA)
            for url, timeout in peers
        ]
        return asyncio.gather(*requests)

    results = await turns_for_others(handshakes, "TLS")
    same([code for code, headers, body in results], [200, 200, -8, -5])


async def test_a_task_cancelled_in_the_handshake():
    task = asyncio.create_task(http.request("GET", P["silent"], None, None, None, CA).wait())
    await asyncio.sleep_ms(100)
    task.cancel()
    await asyncio.sleep_ms(0)
    same(descriptors(), opened)


async def test_a_large_upload_and_a_large_download():
    body = bytes(300000)
    code, headers, got = await http.request("PUT", P["echo"], None, body, {"timeout": 60000}, CA)
    same((code, got), (200, body))


def test_nothing_leaks():
    # In success or failure; nor is a socket closed by somebody else's collection.
    def used():
        gc.collect()
        gc.collect()
        return gc.mem_alloc()

    for i in range(25):
        same(go(NAME, CA), (200, b"hello"))
        refused(NAME, P["other_ca"])
        if i == 2:
            before = used()
    after = used()
    assert after - before < 200, (before, after)
