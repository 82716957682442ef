"""What the tests of `tenon serve` share: the guest, made by its compiler, and the server as a process."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(os.environ["TENON"])
HERE = pathlib.Path(__file__).resolve().parent


def make_guest(folder):
    """The path of the component that is made of guest/guest.c."""
    core, embedded, component = (folder / name for name in ("guest.core.wasm", "embedded.wasm", "guest.wasm"))
    steps = [
        ["clang-19", "--target=wasm32", "-nostdlib", "-O2", "-Wl,--no-entry", "-o", core, HERE / "guest/guest.c"],
        [PROGRAM, "component", "embed", "-w", "handler", HERE / "guest/world.wit", core, "-o", embedded],
        [PROGRAM, "component", "new", embedded, "-o", component],
    ]
    for step in steps:
        subprocess.run(step, check=True, timeout=120)
    return component


def make_certificate(folder):
    """The paths of a certificate for "localhost" that signed itself, and of its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True, timeout=120)
    return certificate, key


class Server:
    """`tenon serve`, from when it listens until `stop`."""

    def __init__(self, component, *options, **environment):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([PROGRAM, "serve", "--addr", "127.0.0.1:0", *options, str(component)],
                                        stdout=subprocess.PIPE, stderr=self.errors, env={**os.environ, **environment})
        self.url = self.process.stdout.readline().decode().strip()
        if not self.url.startswith(("http://", "https://")):
            self.process.wait(timeout=10)
            raise AssertionError(f"no URL: {self.url!r}, {self.log()}")
        host, port = self.url.split("://")[1].split(":")
        self.address = (host, int(port))

    def log(self):
        self.errors.seek(0)
        return self.errors.read().decode()

    def wait_for_log(self, text, seconds=10):
        end = time.monotonic() + seconds
        while text not in self.log():
            if time.monotonic() > end:
                raise AssertionError(f"not in the log: {text!r}\n{self.log()}")
            time.sleep(0.02)

    def memory(self):
        """Bytes of the process that are in memory."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def connect(self, timeout=20):
        return socket.create_connection(self.address, timeout=timeout)

    def exchange(self, request, timeout=20):
        """What comes back for bytes that are sent as they are, until the server closes."""
        with self.connect(timeout) as connection:
            connection.sendall(request)
            return read_all(connection)

    def stop(self, how=signal.SIGTERM):
        """The exit code."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self):
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.errors.close()
        return code


def read_all(connection):
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def read_until(connection, end):
    received = b""
    while end not in received:
        piece = connection.recv(65536)
        if not piece:
            raise AssertionError(f"the connection ended: {received!r}")
        received += piece
    return received


def decode_chunked(answer):
    """The data and the lines of the trailer of a response in chunks, however they were cut."""
    _, rest = answer.split(b"\r\n\r\n", 1)
    data = b""
    while True:
        size, rest = rest.split(b"\r\n", 1)
        length = int(size, 16)
        if length == 0:
            lines = rest.split(b"\r\n")
            if lines[-2:] != [b"", b""]:
                raise AssertionError(f"the body does not end: {answer!r}")
            return data, lines[:-2]
        if rest[length:length + 2] != b"\r\n":
            raise AssertionError(f"a chunk does not end: {answer!r}")
        data, rest = data + rest[:length], rest[length + 2:]


class Serving(unittest.TestCase):
    """One server for all tests of a class; a server that died fails the class."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.component = make_guest(pathlib.Path(cls.folder.name))
        cls.server = Server(cls.component, *cls.options)

    @classmethod
    def tearDownClass(cls):
        if cls.server.stop() != 0:
            raise AssertionError("the server did not end well")
