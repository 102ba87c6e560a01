"""`make ca`: the certificate for a board, of servers with chains of three made for the run."""

import contextlib
import datetime
import os
import re
import ssl
import subprocess
import sys

import pytest
import trustme
from conftest import ROOT
from servers import Peer

import ca

pytestmark = pytest.mark.skipif(sys.version_info < (3, 10), reason="needs Python 3.10 or later")

STORE = re.compile("-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.DOTALL)


class Authority:
    """A root and two CAs below it; `store` is a trust store with the root and a stranger."""

    def __init__(self, folder):
        self.root = trustme.CA(organization_name="Root of trust")
        self.issuer = trustme.CA(parent_cert=self.root, organization_name="Issuer")
        self.other = trustme.CA(parent_cert=self.root, organization_name="Other issuer")
        self.stranger = trustme.CA(organization_name="Stranger")
        self.store = folder / "store.pem"
        self.trust(self.stranger, self.root)

    def trust(self, *authorities):
        self.store.write_bytes(b"".join(each.cert_pem.bytes() for each in authorities))


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def pem(authority):
    return authority.cert_pem.bytes().decode()


@contextlib.contextmanager
def server(certificate, whole=True):
    """Show the `whole` chain of a certificate, or the certificate alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown = certificate.cert_chain_pems if whole else certificate.cert_chain_pems[:1]
    blobs = [certificate.private_key_pem, *shown]
    with trustme.Blob(b"".join(blob.bytes() for blob in blobs)).tempfile() as path:
        context.load_cert_chain(path)
    with speak(context) as host:
        yield host


@contextlib.contextmanager
def speak(context):
    """Answer https with "hello"; give the address."""

    def serve(connection):
        with contextlib.suppress(OSError):  # a client that does not trust it goes away
            with context.wrap_socket(connection.sock, server_side=True) as tls:
                if tls.recv(4096):
                    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    with Peer(serve) as peer:
        yield f"localhost:{peer.port}"


def make_ca(authority, host, out, *words):
    """Run `make ca`; return its exit code and what it said."""
    done = subprocess.run(
        ["make", "-s", "ca", f"HOST={host}", f"OUT={out}", *words],
        cwd=ROOT,
        env=dict(os.environ, SSL_CERT_FILE=str(authority.store), SSL_CERT_DIR=""),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def board_gets(mpy, host, path, line=None):
    """Return what MicroPython makes of the server with the file in force by the pasted line."""
    line = line or f'http.certificates(open("{path.name}", "rb").read())'
    script = f"import http\n{line}\nr = http.request('GET', 'https://{host}/')\n"
    script += "print(r.wait()[0], r.error)"
    done = subprocess.run(
        [mpy.command, "-c", script],
        cwd=path.parent,
        env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def test_root(mpy, authority, tmp_path):
    out = tmp_path / "made.pem"
    with server(authority.issuer.issue_cert("localhost")) as host:
        code, said = make_ca(authority, host, out)
        assert code == 0, said
        assert out.read_text() == pem(authority.root)
        end = authority.root._certificate.not_valid_after_utc
        assert "  Root of trust, Testing CA #" in said
        assert f", until {end:%Y-%m-%d}\n" in said
        assert board_gets(mpy, host, out, said.splitlines()[-1]) == "200 None\n"
    with server(authority.other.issue_cert("localhost")) as host:
        assert board_gets(mpy, host, out) == "200 None\n"


def test_pin(mpy, authority, tmp_path):
    out = tmp_path / "made.pem"
    with server(authority.issuer.issue_cert("localhost")) as host:
        code, said = make_ca(authority, f"https://{host}/some/path", out, "PIN=1")
        assert code == 0 and "  Issuer, Testing CA #" in said, said
        assert out.read_text() == pem(authority.issuer)
        assert board_gets(mpy, host, out) == "200 None\n"
    # It does not vouch for what the root's other CAs signed.
    with server(authority.other.issue_cert("localhost")) as host:
        assert board_gets(mpy, host, out).startswith("-4 ")


def test_server_that_does_not_send_its_issuer(mpy, authority, tmp_path):
    """The trust store may know the issuer. A board that has the root alone does not."""
    authority.trust(authority.stranger, authority.root, authority.issuer)
    out = tmp_path / "made.pem"
    with server(authority.issuer.issue_cert("localhost"), whole=False) as host:
        code, said = make_ca(authority, host, out)
        assert code == 0 and "  Issuer, " in said and "  Root of trust, " in said, said
        assert STORE.findall(out.read_text()) == [pem(authority.issuer), pem(authority.root)]
        assert board_gets(mpy, host, out) == "200 None\n"


@pytest.mark.parametrize("is_ca", ["TRUE", "FALSE"])
def test_server_whose_certificate_is_in_the_store(mpy, authority, tmp_path, is_ca):
    """Without a CA, as a device in the house has it."""
    out = tmp_path / "made.pem"
    key, alone = tmp_path / "key.pem", tmp_path / "alone.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost"
    command += f" -addext subjectAltName=DNS:localhost -addext basicConstraints=CA:{is_ca}"
    command = [*command.split(), "-keyout", key, "-out", alone]
    subprocess.run(command, check=True, capture_output=True)
    authority.store.write_bytes(alone.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(alone, key)

    for words in ((), ("PIN=1",)):
        with speak(context) as host:
            code, said = make_ca(authority, host, out, *words)
            assert code == 0 and "  localhost, until 2" in said, said
            assert out.read_text() == alone.read_text()
            assert board_gets(mpy, host, out) == "200 None\n"


def test_what_this_machine_does_not_trust_is_refused(authority, tmp_path):
    out = tmp_path / "made.pem"
    out.write_text("as it was")
    refused = "this machine does not trust "
    own = authority.issuer.issue_cert("localhost")
    with server(own) as host:
        address = host.replace("localhost", "127.0.0.1")
        code, said = make_ca(authority, address, out)
        assert code and refused + "127.0.0.1: IP address mismatch" in said, said
        authority.trust(authority.stranger)
        code, said = make_ca(authority, host, out)
        assert code and refused + "localhost: unable to get local issuer" in said, said
        code, said = make_ca(authority, host, out, "PIN=1")
        assert code and refused in said, said
        authority.trust(authority.root)
    with server(authority.issuer.issue_cert("localhost"), whole=False) as host:
        code, said = make_ca(authority, host, out)
        assert code and refused + "localhost: unable to get local issuer" in said, said
    assert out.read_text() == "as it was"


def test_expired(authority, tmp_path):
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=2)
    early = then - datetime.timedelta(days=9)
    with server(
        authority.issuer.issue_cert("localhost", not_before=early, not_after=then)
    ) as host:
        code, said = make_ca(authority, host, tmp_path / "made.pem")
    assert code and "does not trust localhost: certificate has expired" in said, said
    assert not (tmp_path / "made.pem").exists()


def test_nobody_to_trust(authority, tmp_path):
    out = tmp_path / "made.pem"

    def plain(connection):
        connection.sock.recv(1000)
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Peer(plain) as peer:
        code, said = make_ca(authority, f"localhost:{peer.port}", out)
        assert code and f"localhost does not speak TLS at port {peer.port}" in said, said
    for host, words in (
        ("localhost:1", "no connection to localhost at port 1: Connection refused"),
        ("nowhere.invalid", "no address of nowhere.invalid"),
        ("", "HOST= is no name of a server; write it like HOST=api.github.com"),
        ("-x:y", "HOST=-x:y is no name of a server"),
    ):
        code, said = make_ca(authority, host, out)
        assert code and words in said, said
    assert not out.exists()


def test_file_that_cannot_be_written(authority, tmp_path):
    with server(authority.issuer.issue_cert("localhost")) as host:
        code, said = make_ca(authority, host, tmp_path / "none" / "made.pem")
    assert code and "No such file or directory" in said, said


def test_python_3_13_gives_the_chain_itself():
    class Socket:
        def get_verified_chain(self):
            return [b"server", b"root"]

    assert ca.verified_chain(Socket()) == [b"server", b"root"]
