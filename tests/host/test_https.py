"""TLS, as docs/tls.md has it, against OpenSSL (CPython's ssl)."""

import contextlib
import datetime
import functools
import shutil
import socket
import ssl
import subprocess
import threading
import warnings

import pytest
import trustme
from scripts import each_test
from servers import Peer, answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class TlsPeer(Peer):
    """A Peer that speaks TLS; `names` collects the SNI of each connection."""

    def __init__(self, handler, context):
        super().__init__(handler)
        self.context = context
        self.names = []
        context.sni_callback = lambda sock, name, context: self.names.append(name)
        self.ip = f"https://127.0.0.1:{self.port}"
        self.url = f"https://localhost:{self.port}"

    def _handle(self, sock):
        sock.settimeout(60)
        try:
            sock = self.context.wrap_socket(sock, server_side=True)
        except OSError as er:
            self.errors.append(er)
            sock.close()
            return
        super()._handle(sock)


def context(cert):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(made)
    return made


def der(pem):
    return ssl.PEM_cert_to_DER_cert(pem.bytes().decode())


def convert(key, *args):
    """Pass the PEM `key` through the openssl command."""
    if not shutil.which("openssl"):
        pytest.fail("the openssl command is needed, to write encrypted keys: apt install openssl")
    done = subprocess.run(["openssl", *args], input=key, capture_output=True, check=True)
    return done.stdout


def who(connection):
    """Answer with the name in the client's certificate."""
    connection.request()
    names = dict(connection.sock.getpeercert()["subjectAltName"])
    body = names["DNS"].encode()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def cut(connection):
    """Close in the middle of the body, without close_notify."""
    connection.request()
    connection.send(OK.replace(b"5", b"500"))
    socket.socket(fileno=connection.sock.detach()).close()


def echo(connection):
    _, body = connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def notified(connection):
    """End the body with close_notify only, as asyncio's servers do: FIN comes much later."""
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
    with contextlib.suppress(OSError):
        connection.sock.unwrap()  # waits for the client's close_notify
    connection.sock.recv(1)


def early(connection):
    """Answer before the body is read."""
    connection.sock.recv(100)
    connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large")
    # A reset now could get into a write of mbedTLS, which then forgets the answer.
    connection.wait_closed()


def speaks_plain(connection):
    """Answer a handshake as a server of plain HTTP does."""
    connection.read()
    connection.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def others():
    """CAs that the client does not trust; `alone` vouches for one server only."""
    return {"other": trustme.CA(), "alone": trustme.CA()}


@pytest.fixture(scope="module")
def clients(authority, others):
    """Client certificates and their keys, encrypted in every way."""
    stranger = others["other"].issue_cert("stranger.example")
    rsa = authority.issue_cert("client.example", key_type=trustme.KeyType.RSA)
    ec = authority.issue_cert("client.example", key_type=trustme.KeyType.ECDSA)
    rsa_key, ec_key = rsa.private_key_pem.bytes(), ec.private_key_pem.bytes()
    found = {
        "client": rsa.cert_chain_pems[0].bytes(),
        "client_key": rsa_key,
        "client_der": der(rsa.cert_chain_pems[0]),
        "client_key_der": convert(rsa_key, "pkey", "-outform", "DER"),
        "ec_client": ec.cert_chain_pems[0].bytes(),
        "ec_client_key": ec_key,
        "stranger": stranger.cert_chain_pems[0].bytes(),
        "stranger_key": stranger.private_key_pem.bytes(),
    }
    secret = ("-passout", "pass:sesame")
    topk8 = ("pkcs8", "-topk8", *secret)
    rsa_old = ("rsa", "-traditional", *secret)
    found["keys"] = [
        ("PKCS#8", "client", convert(rsa_key, *topk8)),
        ("PKCS#8 EC", "ec_client", convert(ec_key, *topk8)),
        ("PKCS#8 DER", "client", convert(rsa_key, *topk8, "-outform", "DER")),
        ("PKCS#8 AES-128", "client", convert(rsa_key, *topk8, "-v2", "aes-128-cbc")),
        ("SHA-1", "client", convert(rsa_key, *topk8, "-v2prf", "hmacWithSHA1")),
        (
            "AES-128 SHA-1",
            "ec_client",
            convert(ec_key, *topk8, "-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"),
        ),
        ("older AES-256", "client", convert(rsa_key, *rsa_old, "-aes256")),
        ("older AES-128", "client", convert(rsa_key, *rsa_old, "-aes128")),
        ("older EC", "ec_client", convert(ec_key, "ec", *secret, "-aes256")),
        ("CRLF", "client", convert(rsa_key, *rsa_old, "-aes256").replace(b"\n", b"\r\n")),
    ]
    found["slow_key"] = convert(rsa_key, *topk8, "-iter", "3000000")
    found["older"] = convert(rsa_key, *rsa_old, "-aes256")
    found["unsupported"] = [
        ("3DES", convert(rsa_key, *topk8, "-v2", "des3")),
        ("SHA-512", convert(rsa_key, *topk8, "-v2prf", "hmacWithSHA512")),
        ("PBES1", convert(rsa_key, *topk8, "-v1", "PBE-SHA1-3DES")),
        ("older 3DES", convert(rsa_key, *rsa_old, "-des3")),
        ("scrypt", convert(rsa_key, *topk8, "-scrypt")),
    ]
    return found


@pytest.fixture(scope="module")
def contexts(authority, others):
    """A function that returns the TLS context of the server `name`."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(1)
    good = authority.issue_cert("localhost", "127.0.0.1")
    certs = {
        "ec": authority.issue_cert("localhost", key_type=trustme.KeyType.ECDSA),
        "expired": authority.issue_cert(
            "localhost", not_before=now - 3 * day, not_after=now - day
        ),
        "future": authority.issue_cert("localhost", not_before=now + day, not_after=now + 3 * day),
        "wrong_host": authority.issue_cert("other.example"),
        "self_signed": others["alone"].issue_cert("localhost"),
        "other_all": others["alone"].issue_cert(
            "x.example", not_before=now - 3 * day, not_after=now - day
        ),
    }

    @functools.cache
    def of(name):
        made = context(certs.get(name, good))
        if name in ("chunked", "early", "mutual_tls12"):
            made.maximum_version = ssl.TLSVersion.TLSv1_2
        if name == "old":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # TLS 1.1 is not to be used, and is not
                made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
            made.set_ciphers("ALL:@SECLEVEL=0")
        if name in ("mutual", "mutual_tls12"):
            made.verify_mode = ssl.CERT_REQUIRED
            authority.configure_trust(made)
        return made

    return of


def redirect(url):
    return answer(b"HTTP/1.1 302 R\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % url.encode())


@each_test("https")
def test_https(mpy, authority, others, contexts, clients, name):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    over = threading.Event()  # the test

    def early_deaf(connection):
        """Answer before the body is read, and read no more."""
        connection.sock.recv(100)
        connection.send(
            b"HTTP/1.1 413 Too Large\r\nServer: x\r\nContent-Length: 9\r\n\r\ntoo large"
        )
        over.wait(8)

    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        main = enter(TlsPeer(answer(OK), contexts("main")))
        plain = enter(Peer(answer(OK.replace(b"hello", b"plain"))))
        handlers = {
            "chunked": answer(chunked),
            "ec": answer(OK),
            "expired": answer(OK),
            "future": answer(OK),
            "wrong_host": answer(OK),
            "self_signed": answer(OK),
            "other_all": answer(OK),
            "old": answer(OK),
            "mutual": who,
            "mutual_tls12": who,
            "to_http": redirect(plain.url),
            "to_https": redirect(main.url),
            "until_close": answer(b"HTTP/1.1 200 OK\r\n\r\nhello"),
            "notified": notified,
            "early": early,
            "early_deaf": early_deaf,
            "cut": cut,
            "echo": echo,
        }
        peers = {key: TlsPeer(handler, contexts(key)) for key, handler in handlers.items()}
        peers["silent"] = Peer(lambda connection: connection.wait_closed())
        peers["speaks_plain"] = Peer(speaks_plain)
        peers["closing"] = Peer(lambda connection: connection.read())
        urls = {key: enter(peer).url.replace("http:", "https:") for key, peer in peers.items()}
        for key, target in (
            ("http_to_http", plain.url),
            ("http_to_https", main.url),
            ("http_to_https_to_http", urls["to_http"]),
        ):
            urls[key] = enter(Peer(redirect(target))).url
        stack.callback(over.set)
        mpy.run(
            "https",
            name,
            heap="2m",
            url=main.url,
            ip=main.ip,
            plain=plain.url,
            ca=authority.cert_pem.bytes(),
            ca_der=der(authority.cert_pem),
            other_ca=others["other"].cert_pem.bytes(),
            self_signed_ca=others["alone"].cert_pem.bytes(),
            **urls,
            **clients,
        )
    # Whom the client refused has seen no request.
    unverified = name == "test_without_a_ca_whoever_answers_is_taken"
    assert len(peers["expired"].results) == len(peers["wrong_host"].results) == unverified
    # SNI is sent in any case, but not for an address that is not verified.
    assert set(peers["self_signed"].names) <= {"localhost"}
    if unverified:
        assert main.names == ["localhost", None]
        assert peers["self_signed"].names
    elif name == "test_a_server_is_verified":
        assert set(main.names) == {"localhost", "127.0.0.1"}
    else:
        assert set(main.names) <= {"localhost"}


def test_debug_shows_no_secrets(mpy, authority, clients):
    good = context(authority.issue_cert("localhost"))
    key = clients["keys"][0][2]
    with TlsPeer(answer(OK), good) as peer:
        out = mpy.run(
            "https_debug",
            url=peer.url,
            ca=authority.cert_pem.bytes(),
            client=clients["client"],
            key=key,
        )
    assert "status 200" in out
    assert "client_password does not open client_key" in out
    for secret in ("sesame", "BEGIN", "MII", "c2VzYW1l"):
        assert secret not in out


def test_mbedtls_that_reads_only_der(mpy, authority):
    between = authority.create_child_ca()
    client = between.issue_cert("client.example", key_type=trustme.KeyType.RSA)
    key = client.private_key_pem.bytes()
    good = context(authority.issue_cert("localhost"))
    mutual = context(authority.issue_cert("localhost"))
    mutual.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(mutual)
    with TlsPeer(answer(OK), good) as peer, TlsPeer(who, mutual) as mutual_peer:
        mpy.run(
            "der_only",
            url=peer.url,
            mutual=mutual_peer.url,
            ca=authority.cert_pem.bytes(),
            ca_der=der(authority.cert_pem),
            other_ca=trustme.CA().cert_pem.bytes(),
            client=b"".join(pem.bytes() for pem in client.cert_chain_pems),
            client_key=key,
            client_key_der=convert(key, "pkey", "-outform", "DER"),
            encrypted=convert(key, "pkcs8", "-topk8", "-passout", "pass:sesame"),
            parameters=convert(b"", "ecparam", "-name", "prime256v1"),
        )


def test_memory_shortage_is_no_bad_certificate(mpy, authority, monkeypatch):
    command = [mpy.command, "-c", "import ffi"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this MicroPython has no ffi")
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "1000000")
    with TlsPeer(answer(OK), context(authority.issue_cert("localhost"))) as peer:
        mpy.run(
            "tls_memory",
            heap="1m",
            url=peer.url,
            ca=authority.cert_pem.bytes(),
            other_ca=trustme.CA().cert_pem.bytes(),
            bad_ca=b"-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n",
        )
