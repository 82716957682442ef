"""TLS: `tenon serve` with a certificate, and requests of guests to servers that choose HTTP/2, well and badly.

usage: TENON=PROGRAM python3 tls_test.py
"""

import http.client
import pathlib
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS, Client,
                   block, frame)
from serving import PROGRAM, Server, Serving, make_certificate, make_guest, read_all, read_until

REFUSED_STREAM, CANCEL, INTERNAL_ERROR = 7, 8, 2
CLOSE = b"close now"  # behind an answer: the connection ends with it


class Secure(Serving):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.certificate, cls.key = make_certificate(pathlib.Path(folder.name))
        cls.options = ("--tls-cert", str(cls.certificate), "--tls-key", str(cls.key), "--access-log", "--timeout", "5s",
                       "--metrics", "127.0.0.1:0", "--workers", "2")
        super().setUpClass()

    def context(self, *protocols):
        context = ssl.create_default_context(cafile=self.certificate)
        if protocols:
            context.set_alpn_protocols(protocols)
        return context

    def secure(self, *protocols):
        connection = self.context(*protocols).wrap_socket(self.server.connect(), server_hostname="localhost")
        self.addCleanup(connection.close)
        return connection

    def tearDown(self):
        with self.secure() as connection:
            connection.sendall(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            self.assertTrue(read_all(connection).endswith(b"hello"))


class Clients(Secure):
    def test_the_url_says_so(self):
        self.assertTrue(self.server.url.startswith("https://127.0.0.1:"))

    def test_requests_one_after_the_other(self):
        connection = http.client.HTTPSConnection("localhost", self.server.address[1], context=self.context(), timeout=20)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("GET", "/info")
            body = connection.getresponse().read().decode()
            self.assertEqual(body.splitlines()[0], f"GET /info https localhost:{self.server.address[1]}")
        data = b"0123456789" * 300_000
        connection.request("POST", "/echo", data)
        self.assertEqual(connection.getresponse().read(), data)

    def test_both_sides_agree_on_a_protocol(self):
        self.assertEqual(self.secure("http/1.1").selected_alpn_protocol(), "http/1.1")
        self.assertEqual(self.secure("http/1.1", "h2").selected_alpn_protocol(), "h2")
        self.assertIsNone(self.secure().selected_alpn_protocol())
        with self.assertRaises(ssl.SSLError):
            self.secure("spdy/1")

    def test_http2(self):
        client = Client(self.secure("h2"))
        self.assertEqual(client.read_to_end(client.ask(b"/hello")), (200, b"hello", True))
        streams = [client.ask(b"/stream/200") for _ in range(20)]
        for stream in streams:
            status, body, is_whole = client.read_to_end(stream)
            self.assertEqual((status, len(body), is_whole), (200, 200 * 1024, True))

    def test_a_slow_reader_gets_all(self):
        with self.secure() as connection:
            connection.sendall(b"GET /stream/8000 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            time.sleep(1)
            answer = read_all(connection)
        self.assertGreater(len(answer), 8000 * 1024)
        self.assertTrue(answer.endswith(b"0\r\n\r\n"))

    def test_the_end_is_said(self):
        connection = self.context().wrap_socket(self.server.connect(), server_hostname="localhost",
                                                suppress_ragged_eofs=False)
        with connection:
            connection.sendall(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            self.assertTrue(read_all(connection).endswith(b"hello"))  # an end that nobody said would be an error

    def test_many_at_once(self):
        answers = []

        def ask():
            with self.secure() as connection:
                connection.sendall(b"GET /sleep/300 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                answers.append(read_all(connection).endswith(b"slept"))

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [True] * 50)

    def test_figures_are_in_clear_text(self):
        url = self.server.process.stdout.readline().decode()
        self.assertTrue(url.startswith("metrics: http://"), url)


class BadClients(Secure):
    def test_clear_text(self):
        for bytes_sent in (b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", PREFACE, b"\0" * 100, b"\x16\x03\x01\xff\xff" * 100):
            try:
                answer = self.server.exchange(bytes_sent)
            except ConnectionResetError:
                answer = b""
            self.assertNotIn(b"HTTP/1.1 200", answer)

    def test_old_versions(self):
        context = self.context()
        context.check_hostname = False
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            context.wrap_socket(self.server.connect(), server_hostname="localhost")

    def test_handshakes_that_do_not_end(self):
        halves = [self.server.connect() for _ in range(100)]
        for half in halves:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")
        with self.secure() as connection:  # nobody waits for them
            connection.sendall(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            self.assertTrue(read_all(connection).endswith(b"hello"))
        start = time.monotonic()
        for half in halves:
            half.settimeout(20)
            try:
                self.assertEqual(half.recv(1), b"")
            except ConnectionResetError:
                pass
            half.close()
        self.assertLess(time.monotonic() - start, 15)

    def test_clients_that_go(self):
        for _ in range(50):
            connection = self.secure()
            connection.sendall(b"GET /stream/2000 HTTP/1.1\r\nhost: x\r\n\r\n")
            connection.recv(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.server.wait_for_log("incomplete")


class BadCertificates(Secure):
    def refused(self, *options):
        done = subprocess.run([PROGRAM, "serve", "--addr", "127.0.0.1:0", *map(str, options), str(self.component)],
                              capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_each_is_one_message(self):
        folder = self.certificate.parent
        other = folder / "other"
        other.mkdir()
        _, other_key = make_certificate(other)
        no_pem = folder / "no.pem"
        no_pem.write_text("this is no certificate\n")
        for certificate, key, expected in (
                (folder / "none.pem", self.key, "none.pem: "), (self.certificate, folder / "none.pem", "none.pem: "),
                (no_pem, self.key, "no.pem: there is none in PEM"), (self.certificate, no_pem, "no.pem: "),
                (self.certificate, other_key, "is not that of the certificate")):
            code, errors = self.refused("--tls-cert", certificate, "--tls-key", key)
            self.assertEqual(code, 3, errors)
            self.assertIn("TLS cannot be spoken with", errors)
            self.assertIn(expected, errors)
            self.assertEqual(len(errors.splitlines()), 1, errors)
        for option in ("--tls-cert", "--tls-key"):
            code, errors = self.refused(option, self.certificate)
            self.assertEqual(code, 2, errors)


# --- Requests of guests to servers that choose HTTP/2


class Outgoing(Secure):
    """A guest that passes requests on to the other server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asking = Server(cls.component, "--allow-net", "*:*", "--timeout", "5s",
                            SSL_CERT_FILE=str(cls.certificate))
        cls.addClassCleanup(cls.asking.stop)

    def ask(self, path, port=None, method="GET", body=None):
        connection = http.client.HTTPConnection(*self.asking.address, timeout=20)
        try:
            connection.request(method, f"/proxys/localhost:{port or self.server.address[1]}{path}", body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


    def assert_breaks_off(self, ask):
        """The client of the guest sees it: by a status, or where the response had begun by its end."""
        try:
            self.assertEqual(ask()[0], 500)
        except http.client.IncompleteRead:
            pass


class Requests(Outgoing):
    def test_responses(self):
        port = self.server.address[1]
        status, body = self.ask("/info?through")
        self.assertEqual((status, body.decode().splitlines()[0]), (200, f"GET /info?through https localhost:{port}"))
        self.assertEqual(self.ask("/status/404"), (404, b""))
        self.assertEqual(self.ask("/hello", method="HEAD"), (200, b""))
        self.assertEqual(len(self.ask("/stream/3000")[1]), 3000 * 1024)

    def test_bodies_both_ways(self):
        data = bytes(range(256)) * 300  # the guest sends all of it before it reads: no more than lies on the way
        self.assertEqual(self.ask("/echo", method="POST", body=data), (200, data))
        self.assertEqual(self.ask("/echo", method="POST", body=b""), (200, b""))

    def test_many_at_once(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ask("/sleep/100"))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [(200, b"slept")] * 50)

    def test_a_guest_that_fails_there(self):
        self.assertEqual(self.ask("/trap")[0], 500)
        self.assert_breaks_off(lambda: self.ask("/late-trap"))


class Peer:
    """A server of HTTP/2 that does with each stream what a list says, one entry after the other."""

    def __init__(self, certificate, key, *answers):
        self.answers = list(answers)
        self.connections = 0
        self.open = []
        self.received = []  # frames
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["h2"])
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = context
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            self.threads.append(threading.Thread(target=self.serve, args=(connection,)))
            self.threads[-1].start()

    def serve(self, plain):
        plain.settimeout(3)
        try:
            with self.context.wrap_socket(plain, server_side=True) as connection:
                self.open.append(connection)
                self.talk(connection)
        except (OSError, ssl.SSLError):
            pass

    def talk(self, connection):
        received = read_until(connection, PREFACE)
        received = received[received.index(PREFACE) + len(PREFACE):]
        connection.sendall(frame(SETTINGS, 0, 0))
        while True:
            while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
                size = int.from_bytes(received[:3], "big")
                kind, flags, stream = received[3], received[4], int.from_bytes(received[5:9], "big")
                self.received.append((kind, flags, stream, received[9:9 + size]))
                received = received[9 + size:]
                if kind == SETTINGS and not flags & 1:
                    connection.sendall(frame(SETTINGS, 1, 0))
                if kind == HEADERS and self.answers:
                    answer = self.answers.pop(0)(stream)
                    connection.sendall(answer.removesuffix(CLOSE))
                    if answer.endswith(CLOSE):
                        return
            piece = connection.recv(65536)
            if not piece:
                return
            received += piece


def head(stream, status=b"200", more=(), flags=0):
    return frame(HEADERS, END_HEADERS | flags, stream, block([(b":status", status), *more]))


def well(stream):
    return head(stream) + frame(DATA, END_STREAM, stream, b"well")


class Peers(Outgoing):
    def through(self, *answers, method="GET", times=1):
        """What the guest's client gets, the last time, and the server."""
        with Peer(self.certificate, self.key, *answers) as peer:
            for _ in range(times):
                found = self.ask("/", peer.port, method)
            return found, peer

    def test_one_connection_serves_many(self):
        found, peer = self.through(*[well] * 20, times=20)
        self.assertEqual((found, peer.connections), ((200, b"well"), 1))
        found, peer = self.through(*[well] * 5, times=5, method="POST")
        self.assertEqual((found, peer.connections), ((200, b"well"), 1))
        self.assertEqual([one for one in peer.received if one[0] == RST_STREAM], [])

    def test_heads_before_and_behind(self):
        def answer(stream):
            return (head(stream, b"103", [(b"link", b"</a>")]) + head(stream, b"201") + frame(DATA, 0, stream, b"we") +
                    frame(DATA, 0, stream, b"ll") + frame(HEADERS, END_HEADERS | END_STREAM, stream, block([(b"a", b"b")])))
        self.assertEqual(self.through(answer)[0], (201, b"well"))

    def test_a_stream_that_was_refused_is_sent_again(self):
        for method in ("GET", "POST"):
            refused = lambda stream: frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM))
            self.assertEqual(self.through(refused, well, method=method)[0], (200, b"well"))
            self.assertEqual(self.through(refused, refused, well, method=method)[0][0], 502)

    def test_a_server_that_goes_away_first_is_asked_again(self):
        away = lambda stream: frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0))
        found, peer = self.through(away, well)
        self.assertEqual((found, peer.connections), ((200, b"well"), 2))

    def test_a_server_that_goes_away_is_not_asked_again(self):
        last = lambda stream: well(stream) + frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0))
        found, peer = self.through(last, last, times=2)
        self.assertEqual((found, peer.connections), ((200, b"well"), 2))

    def test_a_server_that_closes_without_a_word_is_not_missed(self):
        for method in ("GET", "POST"):
            found, peer = self.through(*[lambda stream: well(stream) + CLOSE] * 3, times=3, method=method)
            self.assertEqual((found, peer.connections), ((200, b"well"), 3))

    def test_a_stream_that_breaks_off(self):
        reset = lambda stream: frame(RST_STREAM, 0, stream, struct.pack(">I", INTERNAL_ERROR))
        self.assertEqual(self.through(reset)[0][0], 502)
        for rest in (reset, lambda stream: b"\xff" * 100):
            answer = lambda stream, rest=rest: head(stream) + frame(DATA, 0, stream, b"on") + rest(stream)
            self.assert_breaks_off(lambda: self.through(answer)[0])
        short = lambda stream: head(stream, more=[(b"content-length", b"9")]) + frame(DATA, END_STREAM, stream, b"well")
        self.assert_breaks_off(lambda: self.through(short)[0])

    def test_what_is_no_response(self):
        for answer in (lambda stream: b"HTTP/1.1 200 OK\r\n\r\n" * 10,
                       lambda stream: frame(DATA, END_STREAM, stream, b"no head"),
                       lambda stream: frame(HEADERS, END_HEADERS, stream, b"\xff\xff\xff"),
                       lambda stream: frame(HEADERS, END_HEADERS, stream, block([(b"status", b"200")])),
                       lambda stream: head(stream, b"20x")):
            self.assertEqual(self.through(answer)[0][0], 502)

    def test_a_head_that_is_too_large(self):
        def answer(stream):
            pieces = [block([(b"name-%d" % i, b"x" * 8000)]) for i in range(20)]
            return (frame(HEADERS, 0, stream, block([(b":status", b"200")])) +
                    b"".join(frame(CONTINUATION, 0, stream, piece) for piece in pieces[:-1]) +
                    frame(CONTINUATION, END_HEADERS, stream, pieces[-1]))
        self.assertEqual(self.through(answer)[0][0], 502)

    def test_a_server_that_says_nothing(self):
        found, peer = self.through(lambda stream: b"")
        self.assertEqual(found[0], 504)
        self.assertIn((RST_STREAM, CANCEL), [(kind, payload[-1] if payload else None) for kind, _, _, payload in
                                             peer.received])

    def test_heads_without_end(self):
        found, _ = self.through(lambda stream: head(stream, b"103") * 2000)
        self.assertEqual(found[0], 504)


if __name__ == "__main__":
    unittest.main()
