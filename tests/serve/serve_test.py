"""What `tenon serve` does for requests as they should be, and for guests as they should not.

usage: TENON=PROGRAM python3 serve_test.py
"""

import http.client
import http.server
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from serving import PROGRAM, Server, Serving, decode_chunked, make_certificate, make_guest, read_all, read_until


# How long a guest may take: longer where an emulator runs it.
TIMEOUT = os.environ.get("TENON_GUEST_TIMEOUT", "2s")


class Requests(Serving):
    options = ("--access-log", "--allow-net", "127.0.0.1:*", "--timeout", TIMEOUT, "--max-memory", "64MiB",
               "--max-body", "20MiB", "--metrics", "127.0.0.1:0")

    def setUp(self):
        self.connection = http.client.HTTPConnection(*self.server.address, timeout=20)
        self.addCleanup(self.connection.close)

    def ask(self, path, method="GET", body=None, headers=None, **options):
        self.connection.request(method, path, body, headers or {}, **options)
        response = self.connection.getresponse()
        return response, response.read()

    # --- Responses

    def test_a_small_body_has_its_length_and_the_connection_stays(self):
        response, body = self.ask("/hello")
        self.assertEqual((response.status, body, response.headers["content-length"]), (200, b"hello", "5"))
        self.assertIn("GMT", response.headers["date"])
        port = self.connection.sock.getsockname()[1]
        self.assertEqual(self.ask("/hello")[1], b"hello")
        self.assertEqual(self.connection.sock.getsockname()[1], port)

    def test_the_status_is_the_guests(self):
        for status in (201, 404, 418, 599):
            self.assertEqual(self.ask(f"/status/{status}")[0].status, status)

    def test_a_response_without_a_body(self):
        for status in (204, 304):
            response, body = self.ask(f"/status/{status}")
            self.assertEqual((response.status, body), (status, b""))
            self.assertEqual(self.ask("/hello")[1], b"hello")

    def test_head_has_no_body(self):
        response, body = self.ask("/hello", "HEAD")
        self.assertEqual((response.status, body), (200, b""))
        self.assertEqual(self.ask("/hello")[1], b"hello")

    def test_the_guest_sees_the_request(self):
        _, body = self.ask("/info?a=b&c", "PURGE", headers={"X-Thing": "one, two", "Connection": "keep-alive"})
        lines = body.decode().splitlines()
        host, port = self.server.address
        self.assertEqual(lines[0], f"PURGE /info?a=b&c http {host}:{port}")
        self.assertIn("X-Thing: one, two", lines)
        self.assertFalse([line for line in lines if line.lower().startswith(("connection:", "host:"))])

    def test_a_request_as_proxies_are_sent(self):
        answer = self.server.exchange(b"GET http://example.test/info HTTP/1.1\r\nhost: other\r\nconnection: close\r\n\r\n")
        self.assertIn(b"GET /info http example.test\n", answer)

    def test_fields(self):
        response, body = self.ask("/fields")
        self.assertEqual(body.decode().splitlines(), [
            "append: ok", "bad name: invalid-syntax", "bad value: invalid-syntax", "forbidden: forbidden", "has: 100",
            "get: 2", "set: ok", "set bad: invalid-syntax", "delete: ok", "delete forbidden: forbidden",
            "delete immutable: immutable", "set immutable: immutable", "from-list: ok",
            "from-list forbidden: forbidden", "copy has: 0", "own has: 1"])
        self.assertEqual(response.headers.get_all("x-one"), ["3", "4"])

    def test_a_long_body_comes_whole(self):
        _, body = self.ask("/stream/3000")
        self.assertEqual(len(body), 3000 * 1024)
        self.assertEqual(body, body[:1024] * 3000)

    def test_pieces_come_as_they_are_written(self):
        with self.server.connect() as connection:
            connection.sendall(b"GET /drip/5 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            first = read_until(connection, b"5\n")
            self.assertNotIn(b"1\n\r\n", first)
            self.assertEqual(decode_chunked(first + read_all(connection)), (b"5\n4\n3\n2\n1\n", []))

    def test_a_length_that_holds_and_one_that_does_not(self):
        self.assertEqual(self.ask("/ten/10")[1], b"0123456789")
        self.assertEqual(self.ask("/ten/9")[0].status, 500)
        self.assertEqual(self.ask("/ten/11")[0].status, 500)

    def test_http_1_0_gets_a_body_up_to_the_end_of_the_connection(self):
        answer = self.server.exchange(b"GET /drip/2 HTTP/1.0\r\n\r\n")
        head, body = answer.split(b"\r\n\r\n", 1)
        self.assertNotIn(b"chunked", head)
        self.assertEqual(body, b"2\n1\n")

    # --- Uploads

    def test_an_upload_streams_through(self):
        data = bytes(range(256)) * 4096
        self.assertEqual(self.ask("/echo", "POST", data)[1], data)
        pieces = (data[i:i + 1000] for i in range(0, len(data), 1000))
        self.assertEqual(self.ask("/echo", "POST", pieces, encode_chunked=True,
                                  headers={"Transfer-Encoding": "chunked"})[1], data)

    def test_trailers_go_through(self):
        answer = self.server.exchange(b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                                      b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n")
        self.assertEqual(decode_chunked(answer), (b"abc", [b"x-sum: 7"]))

    def test_100_continue(self):
        with self.server.connect() as connection:
            connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
            read_until(connection, b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b"ok")
            read_until(connection, b"ok")

    def test_a_body_that_is_too_long(self):
        self.connection.putrequest("POST", "/echo")
        self.connection.putheader("content-length", str(21 << 20))
        self.connection.endheaders()
        self.assertEqual(self.connection.getresponse().status, 413)

    def test_a_body_that_nobody_reads_does_not_hold_up_the_connection(self):
        self.assertEqual(self.ask("/hello", "POST", b"x" * 300_000)[1], b"hello")
        self.assertEqual(self.ask("/hello")[1], b"hello")

    # --- Guests as they should not be

    def test_a_guest_that_fails_costs_its_own_request(self):
        for path, reason in (("/trap", "unreachable"), ("/silent", "the guest ended without a response"),
                             ("/grow", "unreachable"), ("/fill", "too many resources of the host in use")):
            response, body = self.ask(path)
            self.assertEqual((response.status, body), (500, b"500 Internal Server Error\n"), path)
            self.server.wait_for_log(reason)
            self.assertEqual(self.ask("/hello")[1], b"hello")

    def test_a_guest_that_hangs_is_stopped(self):
        start = time.monotonic()
        self.assertEqual(self.ask("/hang")[0].status, 500)
        self.assertGreater(time.monotonic() - start, 1.5)
        self.assertEqual(self.ask("/sleep/60000")[0].status, 500)
        self.server.wait_for_log("deadline exceeded")

    def test_a_guest_that_hangs_holds_up_nobody(self):
        with self.server.connect() as hanging:
            hanging.sendall(b"GET /hang HTTP/1.1\r\nhost: x\r\n\r\n")
            time.sleep(0.1)
            start = time.monotonic()
            for _ in range(5):
                self.assertEqual(self.ask("/hello")[1], b"hello")
            self.assertLess(time.monotonic() - start, 1.7)
            read_until(hanging, b"500 Internal Server Error\n")

    def test_a_response_that_cannot_be_completed_is_seen(self):
        for path in ("/late-trap", "/unfinished"):
            with self.assertRaises(http.client.IncompleteRead, msg=path):
                self.ask(path)
            self.connection.close()

    def test_errors_instead_of_responses(self):
        for code, status in ((15, 403), (17, 413), (33, 504), (36, 508), (38, 500), (6, 502)):
            self.assertEqual(self.ask(f"/error/{code}")[0].status, status)

    def test_instances_are_not_shared(self):
        self.assertEqual([self.ask("/count")[1] for _ in range(3)], [b"1"] * 3)

    def test_guests_that_wait_let_others_go_on(self):
        done = []

        def sleep():
            with urllib.request.urlopen(self.server.url + "/sleep/300", timeout=20) as response:
                done.append(response.read())

        threads = [threading.Thread(target=sleep) for _ in range(50)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(done, [b"slept"] * 50)
        self.assertLess(time.monotonic() - start, 5)

    # --- Outgoing requests

    def test_a_guest_asks_another_server(self):
        host, port = self.server.address
        response, body = self.ask(f"/proxy/{host}:{port}/info?through")
        self.assertEqual(response.status, 200)
        self.assertIn(f"GET /info?through http {host}:{port}\n".encode(), body)
        self.assertEqual(self.ask(f"/proxy/{host}:{port}/status/404")[0].status, 404)
        data = b"0123456789" * 50_000
        self.assertEqual(self.ask(f"/proxy/{host}:{port}/echo", "POST", data)[1], data)
        self.assertEqual(len(self.ask(f"/proxy/{host}:{port}/stream/500")[1]), 500 * 1024)

    def test_outgoing_requests_that_fail(self):
        with Listener() as silent:
            for path, status in (("/proxy/127.0.0.1:1/", 502), ("/proxy/example.test/", 403),
                                 ("/proxy/10.0.0.1:80/", 403), ("/proxy/user@127.0.0.1:80/", 400),
                                 (f"/proxy/127.0.0.1:{silent.port}/", 504)):
                self.assertEqual(self.ask(path)[0].status, status, path)
        self.server.wait_for_log("--allow-net example.test:80 would allow it")

    def test_a_response_that_breaks_off(self):
        with Listener(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this") as other:
            with self.assertRaises(http.client.IncompleteRead):
                self.ask(f"/proxy/127.0.0.1:{other.port}/")
        self.connection.close()
        with Listener(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nonly\r\n") as other:
            try:
                self.assertEqual(self.ask(f"/proxy/127.0.0.1:{other.port}/")[0].status, 500)
            except http.client.IncompleteRead:
                pass  # the response had begun already
        self.connection.close()
        with Listener(b"nonsense\r\n\r\n") as other:
            self.assertEqual(self.ask(f"/proxy/127.0.0.1:{other.port}/")[0].status, 502)

    # --- Figures

    def test_metrics(self):
        url = self.server.process.stdout.readline().decode()
        self.ask("/hello")
        with urllib.request.urlopen(url.removeprefix("metrics: ").strip(), timeout=20) as response:
            text = response.read().decode()
        figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertGreaterEqual(int(figures['tenon_http_responses_total{status="2xx"}']), 1)
        self.assertGreaterEqual(int(figures["tenon_instances_made_total"]), 1)
        self.assertEqual(figures['tenon_http_request_seconds_bucket{le="+Inf"}'],
                         figures["tenon_http_request_seconds_count"])

    def test_the_access_log(self):
        self.ask("/status/204?log")
        self.server.wait_for_log('127.0.0.1 "GET /status/204?log" 204 0 ')


class Listener:
    """Accepts one connection, reads something, answers, and closes when the test is over or there was an answer."""

    def __init__(self, answer=None):
        self.answer = answer

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        connection, _ = self.socket.accept()
        with connection:
            connection.recv(65536)
            if self.answer:
                connection.sendall(self.answer)
                time.sleep(0.2)
            else:
                self.over.wait(10)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.socket.close()


class CompiledGuests(Requests):
    """The same of guests that are compiled first."""

    options = (*Requests.options, "--tier", "optimizing")


class Reuse(Serving):
    options = ("--reuse", "--max-instances", "1")

    def get(self, path):
        with urllib.request.urlopen(self.server.url + path, timeout=20) as response:
            return response.read()

    def test_an_instance_serves_one_request_after_the_other(self):
        first = int(self.get("/count"))
        self.assertEqual([int(self.get("/count")) for _ in range(2)], [first + 1, first + 2])

    def test_a_guest_that_failed_is_not_used_again(self):
        before = int(self.get("/count"))
        with self.assertRaises(urllib.error.HTTPError):
            self.get("/trap")
        self.assertEqual(self.get("/count"), b"1")
        self.assertGreaterEqual(before, 1)

    def test_an_unfinished_response_ends_with_its_guest(self):
        with self.assertRaises(http.client.IncompleteRead):
            self.get("/unfinished")
        self.assertGreaterEqual(int(self.get("/count")), 2)

    def test_requests_wait_for_their_turn(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.get("/sleep/50"))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [b"slept"] * 5)


class Limits(Serving):
    options = ("--max-instances", "1", "--max-concurrent", "2", "--workers", "1")

    def test_more_than_allowed_at_once_get_a_503(self):
        statuses = []

        def ask():
            connection = http.client.HTTPConnection(*self.server.address, timeout=20)
            connection.request("GET", "/sleep/400")
            response = connection.getresponse()
            statuses.append((response.status, response.headers["retry-after"]))
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(statuses), [(200, None)] * 2 + [(503, "1")] * 4)


class Workers(Serving):
    options = ("--workers", "3")

    def test_all_of_them_serve(self):
        answers = []

        def ask():
            for _ in range(20):
                with urllib.request.urlopen(self.server.url + "/hello", timeout=20) as response:
                    answers.append(response.read())

        threads = [threading.Thread(target=ask) for _ in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [b"hello"] * 180)


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        folder = pathlib.Path(self.folder.name)
        self.certificate, key = make_certificate(folder)
        self.component = make_guest(folder)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"secret")

            def log_message(self, *_):
                pass

        self.other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.other.socket = context.wrap_socket(self.other.socket, server_side=True)
        thread = threading.Thread(target=self.other.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.other.server_close)
        self.addCleanup(self.other.shutdown)

    def ask(self, host, trusted):
        server = Server(self.component, "--allow-net", "*:*",
                        SSL_CERT_FILE=str(self.certificate) if trusted else "/dev/null")
        try:
            connection = http.client.HTTPConnection(*server.address, timeout=20)
            connection.request("GET", f"/proxys/{host}:{self.other.server_address[1]}/")
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
            server.stop()

    def test_a_certificate_that_is_trusted_and_names_the_host(self):
        self.assertEqual(self.ask("localhost", True), (200, b"secret"))

    def test_one_that_is_not_trusted(self):
        self.assertEqual(self.ask("localhost", False)[0], 502)

    def test_one_that_names_another_host(self):
        self.assertEqual(self.ask("127.0.0.1", True)[0], 502)


class Ending(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.component = make_guest(pathlib.Path(self.folder.name))

    def test_what_is_under_way_is_finished_first(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            server = Server(self.component)
            with server.connect() as connection, server.connect() as idle:
                connection.sendall(b"GET /drip/20 HTTP/1.1\r\nhost: x\r\n\r\n")
                read_until(connection, b"20\n")
                server.process.send_signal(how)
                self.assertEqual(read_all(idle), b"")
                self.assertTrue(read_all(connection).endswith(b"0\r\n\r\n"))
            self.assertEqual(server.wait(), 0)

    def test_what_takes_too_long_is_given_up(self):
        server = Server(self.component, "--timeout", "500ms")
        with server.connect() as connection:
            connection.sendall(b"GET /sleep/100000 HTTP/1.1\r\nhost: x\r\n\r\n")
            time.sleep(0.1)
            start = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - start, 5)


class Refusals(unittest.TestCase):
    """Bad input: one clear message, and an exit code of the list."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def refuse(self, source, code, *messages, options=()):
        path = pathlib.Path(self.folder.name) / "input.wasm"
        path.write_bytes(source)
        result = subprocess.run([PROGRAM, "serve", *(options or ("--addr", "127.0.0.1:0")), path], capture_output=True,
                                timeout=30, check=False)
        errors = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (code, b""), errors)
        for message in messages:
            self.assertIn(message, errors)

    def test_a_core_module(self):
        self.refuse(b"\0asm\1\0\0\0", 2, "a component is needed that exports wasi:http/incoming-handler")

    def test_a_component_that_handles_nothing(self):
        self.refuse(b'(component (component $c) (instance (export "a:b/c") (instantiate $c)))', 2,
                    "the component handles no requests: expected an export of wasi:http/incoming-handler@0.2")

    def test_what_is_not_wasm(self):
        self.refuse(b"\x7fELF", 2, "core module, or none at all")

    def test_a_truncated_component(self):
        self.refuse(b"\0asm\x0d\0\1\0\1", 1, "error: ")

    def test_a_file_that_is_not_there(self):
        result = subprocess.run([PROGRAM, "serve", "/nowhere.wasm"], capture_output=True, timeout=30, check=False)
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"No such file", result.stderr)

    def test_addresses(self):
        component = make_guest(pathlib.Path(self.folder.name)).read_bytes()
        server = Server(pathlib.Path(self.folder.name) / "guest.wasm")
        taken = "{}:{}".format(*server.address)
        self.refuse(component, 3, f"cannot listen at {taken}: Address already in use", options=("--addr", taken))
        for wrong in ("here", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:http", "127.0.0.1:-1"):
            self.refuse(component, 2, f'expected HOST:PORT to listen at, found "{wrong}"', options=("--addr", wrong))
        for option, value, message in (("--timeout", "soon", "expected a number with a unit"),
                                       ("--config", "name", "--config: expected NAME=VALUE"),
                                       ("--keyvalue", "redis", "--keyvalue: expected mem or sqlite:FILE"),
                                       ("--workers", "0", "--workers"), ("--tier", "best", "tier")):
            self.refuse(component, 2, message, options=(option, value))
        self.refuse(component, 3, "/nowhere/a.db: unable to open", options=("--keyvalue", "sqlite:/nowhere/a.db"))
        server.stop()

    def test_an_import_that_nobody_provides(self):
        self.refuse(b'(component (import "a:b/c" (instance (export "f" (func))))'
                    b'(core module $m (func (export "f") (param i32 i32))) (core instance $i (instantiate $m))'
                    b'(import "wasi:http/types@0.2.0" (instance $types (export "incoming-request" (type (sub resource)))'
                    b' (export "response-outparam" (type (sub resource)))))'
                    b'(alias export $types "incoming-request" (type $r)) (alias export $types "response-outparam" (type $o))'
                    b'(func $f (param "request" (own $r)) (param "response-out" (own $o)) (canon lift (core func $i "f")))'
                    b'(instance $h (export "handle" (func $f)))'
                    b'(export "wasi:http/incoming-handler@0.2.0" (instance $h)))', 1, "import `a:b/c` `f`")


if __name__ == "__main__":
    unittest.main()
