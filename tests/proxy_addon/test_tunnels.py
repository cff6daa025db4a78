"""CONNECT: what is inside must be the web, and what is never decrypted is not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
from cryptography import x509
from support import Origin, Running, Start


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of a server that is no web server: it says back what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.sendall(b"220 hello\r\n")
                        connection.sendall(connection.recv(1000))
                    except OSError:
                        continue

        thread = threading.Thread(target=run)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(30)


def connect(proxy: Running, host: str, port: int) -> tuple[socket.socket, bytes]:
    tunnel = socket.create_connection(("127.0.0.1", proxy.port), 20)
    tunnel.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n") and (data := tunnel.recv(1)):
        answer += data
    return tunnel, answer


def handshake(proxy: Running, host: str, port: int, name: str) -> x509.Certificate:
    """The certificate that a client is shown in a tunnel to ``host`` when it asks for ``name``."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    tunnel, _ = connect(proxy, host, port)
    with tunnel, trust.wrap_socket(tunnel, server_hostname=name) as secure:
        certificate = secure.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate)


@pytest.mark.parametrize("first", [b"SSH-2.0-OpenSSH_9.9\r\n", b"\x00\x01\x02\x03", b"\x05\x01\x00"])
def test_a_tunnel_carries_nothing_but_the_web(proxy: Running, echo: int, first: bytes) -> None:
    tunnel, _ = connect(proxy, "127.0.0.1", echo)
    with tunnel:
        tunnel.sendall(first + b"\r\n\r\n")
        received = b""
        while data := tunnel.recv(1000):
            received += data
    assert b"220 hello" not in received
    assert received.startswith(b"HTTP/1.1 400 ") or not received


def test_a_tunnel_to_a_name_server_is_refused(proxy: Running) -> None:
    tunnel, answer = connect(proxy, "127.0.0.1", 53)
    tunnel.close()
    assert b" 403 " in answer


def test_what_is_never_decrypted_keeps_its_own_certificate(start_proxy: Start, origin: Origin) -> None:
    own = x509.load_pem_x509_certificate(origin.ca.read_bytes())
    port = int(origin.https.rpartition(":")[2])
    running = start_proxy('never_decrypt = ["localhost"]')
    assert handshake(running, "localhost", port, "localhost") == own
    assert handshake(running, "127.0.0.1", port, "localhost") == own
    assert handshake(running, "127.0.0.1", port, "elsewhere.test") != own
    with running.client() as client:
        client.get("http://try.safeguard.test/")  # it still runs


def test_a_certificate_names_one_host(proxy: Running, origin: Origin) -> None:
    port = int(origin.https.rpartition(":")[2])
    certificate = handshake(proxy, "localhost", port, "localhost")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    issuer = certificate.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    assert "safeguard" in str(issuer)
