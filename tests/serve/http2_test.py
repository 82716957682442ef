"""What `tenon serve` does for clients that speak HTTP/2, and for those that do it badly.

usage: TENON=PROGRAM python3 http2_test.py
"""

import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS,
                   WINDOW_UPDATE, Client, block, fields_of, frame)
from serving import Server, Serving, make_guest, read_until

NO_ERROR, PROTOCOL_ERROR, ENHANCE_YOUR_CALM = 0, 1, 11
INITIAL_WINDOW = 4  # of settings


class Http2(Serving):
    options = ("--timeout", "5s", "--max-body", "20MiB", "--max-memory", "64MiB", "--access-log")

    def client(self, settings=b""):
        connection = self.server.connect()
        self.addCleanup(connection.close)
        return Client(connection, settings)

    def get(self, client, path):
        return client.read_to_end(client.ask(path))

    def tearDown(self):
        self.assertEqual(self.get(self.client(), b"/hello"), (200, b"hello", True))


class Requests(Http2):
    def test_a_response(self):
        client = self.client()
        self.assertEqual(self.get(client, b"/hello"), (200, b"hello", True))
        self.assertEqual(self.get(client, b"/status/404"), (404, b"", True))
        self.assertEqual(self.get(client, b"/status/204"), (204, b"", True))
        self.server.wait_for_log('"GET /hello" 200 5 ')

    def test_head_has_no_body(self):
        client = self.client()
        self.assertEqual(client.read_to_end(client.ask(b"/hello", b"HEAD")), (200, b"", True))

    def test_the_guest_sees_the_request(self):
        client = self.client()
        _, body, _ = client.read_to_end(client.ask(b"/info?a=b", b"PURGE", more=[
            (b"x-thing", b"one, two"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]))
        lines = body.decode().splitlines()
        self.assertEqual(lines[0], "PURGE /info?a=b http x")
        self.assertIn("x-thing: one, two", lines)
        self.assertIn("cookie: a=1; b=2", lines)

    def test_streams_do_not_wait_for_one_another(self):
        client = self.client()
        slow = client.ask(b"/sleep/1500")
        quick = [client.ask(b"/hello") for _ in range(20)]
        for stream in quick:
            self.assertEqual(client.read_to_end(stream), (200, b"hello", True))
        self.assertNotIn(slow, [stream for stream, frames in client.frames.items() if frames])
        self.assertEqual(client.read_to_end(slow), (200, b"slept", True))

    def test_long_bodies_of_many_streams_at_once(self):
        client = self.client()
        streams = [client.ask(b"/stream/500") for _ in range(10)]
        bodies = [client.read_to_end(stream) for stream in streams]
        for status, body, is_whole in bodies:
            self.assertEqual((status, len(body), is_whole), (200, 500 * 1024, True))
            self.assertEqual(body, bodies[0][1])

    def test_an_upload_comes_back(self):
        client = self.client()
        stream = client.ask(b"/echo", b"POST", ends=False)
        data = bytes(range(256)) * 64  # 16 KiB, the largest frame
        sent = threading.Thread(target=self.upload, args=(client, stream, data, 3))
        sent.start()
        status, body, is_whole = client.read_to_end(stream)
        sent.join()
        self.assertEqual((status, is_whole, body), (200, True, data * 3))

    @staticmethod
    def upload(client, stream, data, times):  # as much as the first window has
        for i in range(times):
            client.send(DATA, END_STREAM if i == times - 1 else 0, stream, data)

    def test_trailers_go_through(self):
        client = self.client()
        stream = client.ask(b"/echo", b"POST", ends=False)
        client.send(DATA, 0, stream, b"abc")
        client.send(HEADERS, END_HEADERS | END_STREAM, stream, block([(b"x-sum", b"7")]))
        kinds = []
        while not kinds or not kinds[-1][1] & END_STREAM:
            kinds.append(client.next_of(stream)[:2])
        self.assertEqual([kind for kind, _ in kinds], [HEADERS, DATA, HEADERS])

    def test_headers_in_pieces(self):
        client = self.client()
        bytes_of_block = block(fields_of(b"GET", b"/info", *[(b"x-%d" % i, b"v") for i in range(50)]))
        client.send(HEADERS, END_STREAM, 1, bytes_of_block[:10])
        for i in range(10, len(bytes_of_block), 100):
            is_last = i + 100 >= len(bytes_of_block)
            client.send(CONTINUATION, END_HEADERS if is_last else 0, 1, bytes_of_block[i:i + 100])
        status, body, _ = client.read_to_end(1)
        self.assertEqual(status, 200)
        self.assertEqual(body.count(b"x-"), 50)

    def test_guests_that_fail(self):
        client = self.client()
        streams = [client.ask(path) for path in (b"/trap", b"/hello", b"/late-trap", b"/unfinished", b"/hello")]
        answers = [client.read_to_end(stream) for stream in streams]
        self.assertEqual(answers[0], (500, b"500 Internal Server Error\n", True))
        self.assertEqual([answers[1], answers[4]], [(200, b"hello", True)] * 2)
        self.assertEqual([whole for _, _, whole in answers[2:4]], [False, False])

    def test_a_guest_that_does_not_read_stops_its_client_and_nobody_else(self):
        client = self.client()
        stream = client.ask(b"/sleep/1000", b"POST", ends=False)
        for _ in range(3):
            client.send(DATA, 0, stream, b"x" * 16384)  # 48 KiB: more than the pipe has room for
        client.connection.sendall(frame(PING, 0, 0, b"12345678"))
        client.next_of(0)
        self.assertEqual(self.get(client, b"/hello"), (200, b"hello", True))
        given = [payload for kind, _, payload in client.frames.get(stream, []) if kind == WINDOW_UPDATE]
        self.assertLess(sum(struct.unpack(">I", payload)[0] for payload in given), 3 * 16384)
        self.assertEqual(client.read_to_end(stream)[:2], (200, b"slept"))

    def test_nothing_is_sent_beyond_the_window(self):
        client = self.client(struct.pack(">HI", INITIAL_WINDOW, 1000))
        stream = client.ask(b"/stream/100")
        body = b""
        client.next_of(stream)
        while len(body) < 1000:
            body += client.next_of(stream)[2]
        self.assertEqual(len(body), 1000)
        client.send(PING, 0, 0, b"12345678")
        other = client.ask(b"/status/204")
        self.assertEqual(client.read_to_end(other), (204, b"", True))
        self.assertFalse(client.frames.get(stream))
        client.send(WINDOW_UPDATE, 0, stream, struct.pack(">I", 500))
        self.assertEqual(len(client.next_of(stream)[2]), 500)
        client.send(RST_STREAM, 0, stream, struct.pack(">I", 8))
        self.server.wait_for_log("incomplete")

    def test_a_body_that_is_too_long(self):
        client = self.client()
        stream = client.ask(b"/sleep/3000", b"POST", ends=False, more=[(b"content-length", str(30 << 20).encode())])
        self.assertEqual(client.ask(b"/hello"), stream + 2)
        self.assertEqual(client.read_to_end(stream + 2), (200, b"hello", True))
        client.send(RST_STREAM, 0, stream, struct.pack(">I", 8))

    def test_http_1_on_the_same_port(self):
        for method in (b"GET", b"POST", b"PUT", b"PRI"):
            answer = self.server.exchange(method + b" /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                                          b"content-length: 0\r\n\r\n")
            self.assertTrue(answer.endswith(b"hello"), method)

    def test_the_preface_in_single_bytes(self):
        connection = self.server.connect()
        self.addCleanup(connection.close)
        for byte in PREFACE:
            connection.sendall(bytes([byte]))
            time.sleep(0.002)
        connection.sendall(frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                                          block(fields_of(b"GET", b"/hello"))))
        read_until(connection, b"hello")

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_another_client(self):
        with tempfile.NamedTemporaryFile() as data:
            data.write(b"0123456789" * 100_000)
            data.flush()
            answer = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "--data-binary", "@" + data.name, "-w",
                                     "%{http_version} %{http_code}", self.server.url + "/echo"],
                                    capture_output=True, timeout=60, check=False)
        self.assertEqual(answer.stdout, b"0123456789" * 100_000 + b"2 200", answer.stderr)


class Hostile(Http2):
    def ends_with(self, client, code):
        frames = client.read_all()
        goaway = [payload for kind, _, _, payload in frames if kind == GOAWAY]
        self.assertTrue(goaway, frames[-3:])
        self.assertEqual(struct.unpack(">I", goaway[-1][4:8])[0], code)

    def test_frames_that_are_none(self):
        for bad in (frame(DATA, 0, 0, b"x"), frame(HEADERS, END_HEADERS, 2, block(fields_of(b"GET", b"/"))),
                    frame(SETTINGS, 0, 1), frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0"), frame(CONTINUATION, 0, 1, b"")):
            client = self.client()
            client.connection.sendall(bad)
            self.ends_with(client, PROTOCOL_ERROR)

    def test_requests_that_are_none(self):
        client = self.client()
        for fields in ([(b":method", b"GET")], fields_of(b"GET", b"/hello", (b"Upper", b"x")),
                       fields_of(b"GET", b"/hello", (b"connection", b"close")),
                       fields_of(b"GET", b"/hello", (b"transfer-encoding", b"chunked")),
                       [(b"x", b"y"), *fields_of(b"GET", b"/hello")]):
            client.last_stream += 2
            client.send(HEADERS, END_HEADERS | END_STREAM, client.last_stream, block(fields))
            status, _, is_whole = client.read_to_end(client.last_stream)
            self.assertTrue(not is_whole or status == 400, fields)

    def test_headers_that_are_too_long(self):
        client = self.client()
        stream = client.ask(b"/info", more=[(b"x-%d" % i, b"v" * 100) for i in range(90)])
        self.assertEqual(client.read_to_end(stream)[0], 200)
        fields = block(fields_of(b"GET", b"/info", *[(b"x-%d" % i, b"v" * 1000) for i in range(200)]))
        client.send(HEADERS, END_STREAM, stream + 2, fields[:16000])
        try:
            for i in range(16000, len(fields), 16000):
                client.send(CONTINUATION, END_HEADERS if i + 16000 >= len(fields) else 0, stream + 2, fields[i:i + 16000])
            frames = client.read_all()
        except (ConnectionResetError, BrokenPipeError):
            frames = []
        for kind, _, _, payload in frames:
            if kind == HEADERS:
                self.assertNotEqual(payload[0], 0x88)

    def test_noise(self):
        for i in range(20):
            connection = self.server.connect()
            connection.sendall(PREFACE + bytes((j * j + i * 37) & 255 for j in range(2000)))
            connection.close()

    def test_pings_without_end(self):
        client = self.client()
        self.flood(client, frame(PING, 0, 0, b"12345678"))

    def test_settings_without_end(self):
        client = self.client()
        self.flood(client, frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, 1000)))

    def flood(self, client, one):
        """Whatever the client sends and does not read, the server ends it or bounds it."""
        client.connection.settimeout(1)
        try:
            for _ in range(2000):
                client.connection.sendall(one * 1000)
        except (ConnectionResetError, BrokenPipeError, TimeoutError):
            pass
        client.connection.close()

    def test_requests_that_are_given_up_at_once(self):
        client = self.client()
        try:
            for _ in range(20_000):
                stream = client.ask(b"/sleep/100")
                client.send(RST_STREAM, 0, stream, struct.pack(">I", 8))
        except (ConnectionResetError, BrokenPipeError):
            pass
        client.connection.close()

    def test_connections_that_break_off(self):
        for _ in range(20):
            client = self.client()
            for path in (b"/stream/5000", b"/sleep/300", b"/drip/3"):
                client.ask(path)
            client.ask(b"/echo", b"POST", ends=False)
            client.connection.close()


class Ending(unittest.TestCase):
    def test_what_is_under_way_is_finished_first(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(make_guest(pathlib.Path(folder)))
            with server.connect() as connection, server.connect() as idle:
                client, other = Client(connection), Client(idle)
                self.assertEqual(other.read_to_end(other.ask(b"/hello")), (200, b"hello", True))
                stream = client.ask(b"/drip/20")
                client.next_of(stream)
                server.process.send_signal(signal.SIGTERM)
                self.assertIn(GOAWAY, [kind for kind, *_ in other.read_all()])
                _, body, is_whole = client.read_to_end(stream)
                self.assertTrue(is_whole and body.endswith(b"\n1\n"), body)
            self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    unittest.main()
