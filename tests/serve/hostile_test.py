"""Clients as they should not be: whatever they send, the server answers or closes, and serves others.

usage: TENON=PROGRAM python3 hostile_test.py
"""

import os
import random
import socket
import struct
import time
import unittest

from serving import Serving, decode_chunked, read_all, read_until

HELLO = b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n"
LAST = b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


class Hostile(Serving):
    options = ("--timeout", "5s",)

    def tearDown(self):
        answer = self.server.exchange(LAST)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"hello"), answer)

    def assert_memory_is_below(self, limit):
        if not os.environ.get("TENON_SANITIZE"):  # sanitizers keep what was freed
            self.assertLess(self.server.memory(), limit)

    def status(self, request):
        answer = self.server.exchange(request)
        self.assertTrue(answer.startswith(b"HTTP/1.1 "), answer)
        return int(answer.split(b" ")[1])

    def test_requests_that_are_none(self):
        for request in (b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"\r\n\r\n\r\n", b"\0" * 100,
                        b"GET / HTTP/1.1\nhost: x\n\n", b"G@T / HTTP/1.1\r\nhost: x\r\n\r\n",
                        b"GET /a b HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nhost : x\r\n\r\n",
                        b"GET / HTTP/1.1\r\nhost: x\r\nbad\r\n\r\n"):
            self.assertIn(self.status(request), (400, 505), request)

    def test_versions(self):
        self.assertEqual(self.status(b"GET / HTTP/2.0\r\nhost: x\r\n\r\n"), 505)

    def test_hosts(self):
        self.assertEqual(self.status(b"GET /hello HTTP/1.1\r\n\r\n"), 400)
        self.assertEqual(self.status(b"GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"), 400)

    def test_two_ends_of_a_body(self):
        for fields in (b"content-length: 3\r\ntransfer-encoding: chunked\r\n",
                       b"transfer-encoding: chunked\r\ncontent-length: 3\r\n",
                       b"content-length: 3\r\ncontent-length: 4\r\n", b"content-length: -1\r\n",
                       b"content-length: 3x\r\n", b"transfer-encoding: gzip\r\n",
                       b"transfer-encoding: chunked, gzip\r\n", b"transfer-encoding: xchunked\r\n"):
            request = b"POST /echo HTTP/1.1\r\nhost: x\r\n" + fields + b"\r\n0\r\n\r\n"
            self.assertEqual(self.status(request), 400, fields)

    def test_chunks_that_are_none(self):
        for chunks in (b"x\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3;" + b"a" * 100_000):
            with self.server.connect() as connection:
                connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
                answer = read_all(connection)
                self.assertFalse(answer.endswith(b"0\r\n\r\n"), answer)

    def test_headers_that_are_too_long(self):
        self.assertEqual(self.status(b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"b" * 100_000 + b"\r\n\r\n"), 431)
        self.assertEqual(self.status(b"GET /" + b"b" * 100_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n"), 431)
        many = b"".join(b"a%d: b\r\n" % i for i in range(20_000))
        self.assertEqual(self.status(b"GET / HTTP/1.1\r\nhost: x\r\n" + many + b"\r\n"), 431)

    def test_requests_in_advance_are_answered_in_order(self):
        requests = b"".join(b"GET /status/%d HTTP/1.1\r\nhost: x\r\n\r\n" % status for status in range(200, 300))
        answer = self.server.exchange(requests + LAST)
        found = [int(line.split(b" ")[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
        self.assertEqual(found, [*range(200, 300), 200])

    def test_a_request_in_single_bytes(self):
        request = b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        with self.server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request + b"3\r\nabc\r\n0\r\na: b\r\n\r\n":
                connection.sendall(bytes([byte]))
            self.assertEqual(decode_chunked(read_all(connection)), (b"abc", [b"a: b"]))

    def test_clients_that_go(self):
        for request in (b"", b"GET", HELLO[:-2], HELLO,
                        b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nonly this",
                        b"GET /stream/100000 HTTP/1.1\r\nhost: x\r\n\r\n", b"GET /drip/1000 HTTP/1.1\r\nhost: x\r\n\r\n"):
            for is_abrupt in (False, True):
                connection = self.server.connect()
                connection.sendall(request)
                if is_abrupt:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                time.sleep(0.02)
                connection.close()

    def test_a_client_that_closes_its_side_still_gets_the_response(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /sleep/100 HTTP/1.1\r\nhost: x\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            self.assertIn(b"slept", read_all(connection))

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        before = self.server.memory()
        slow = [self.server.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(b"GET /stream/100000 HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.5)
        self.assertTrue(self.server.exchange(LAST).endswith(b"hello"))
        self.assert_memory_is_below(before + (60 << 20))
        for connection in slow:
            connection.close()

    def test_a_slow_upload_holds_up_nobody(self):
        with self.server.connect() as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\n")
            for byte in b"abc":
                self.assertTrue(self.server.exchange(LAST).endswith(b"hello"))
                connection.sendall(bytes([byte]))
            self.assertEqual(decode_chunked(read_all(connection)), (b"abc", []))

    def test_many_connections_stay_open(self):
        connections = [self.server.connect() for _ in range(400)]
        for _ in range(2):
            for connection in connections:
                connection.sendall(HELLO)
            for connection in connections:
                read_until(connection, b"hello")
        for connection in connections:
            connection.close()

    def test_memory_does_not_grow_with_requests(self):
        requests = HELLO * 500 + LAST
        for _ in range(4):
            self.server.exchange(requests)
        before = self.server.memory()
        for _ in range(10):
            self.assertEqual(self.server.exchange(requests).count(b"HTTP/1.1 200 "), 501)
        self.assert_memory_is_below(before + (2 << 20))

    def test_noise(self):
        source = random.Random(7)
        for _ in range(150):
            request = bytearray(b"POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            for _ in range(source.randrange(1, 6)):
                request[source.randrange(len(request))] = source.randrange(256)
            with self.server.connect() as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                try:
                    read_all(connection)
                except ConnectionResetError:
                    pass


if __name__ == "__main__":
    unittest.main()
