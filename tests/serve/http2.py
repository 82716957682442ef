"""A client of HTTP/2 as far as tests need one: frames as they are, so that it can also send what no client should.

Header blocks are written without compression; of those that come only the status is read, where it is a number of the
static table.
"""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS = 0x1, 0x4
STATUSES = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def integer(value, bits):
    """HPACK's: in the lowest bits of the first byte, and more where they do not suffice."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([value])
    value -= most
    rest = b""
    while value >= 128:
        rest += bytes([value & 127 | 128])
        value >>= 7
    return bytes([most]) + rest + bytes([value])


def block(fields):
    """A header block of literals that are not to be kept."""
    return b"".join(b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value for name, value in fields)


def fields_of(method, path, *more):
    return [(b":method", method), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"), *more]


class Client:
    def __init__(self, connection, settings=b""):
        self.connection = connection
        self.received = b""
        self.last_stream = -1
        self.frames = {}  # of each stream, that were read and not asked for yet
        self.connection.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, *arguments):
        self.connection.sendall(frame(*arguments))

    def ask(self, path, method=b"GET", ends=True, more=()):
        """Begins a request; gives its stream."""
        self.last_stream += 2
        flags = END_HEADERS | (END_STREAM if ends else 0)
        self.send(HEADERS, flags, self.last_stream, block(fields_of(method, path, *more)))
        return self.last_stream

    def read_frame(self):
        """(kind, flags, stream, payload), or None at the end of the connection."""
        while len(self.received) < 9 or len(self.received) < 9 + int.from_bytes(self.received[:3], "big"):
            piece = self.connection.recv(65536)
            if not piece:
                return None
            self.received += piece
        size = int.from_bytes(self.received[:3], "big")
        kind, flags = self.received[3], self.received[4]
        stream = int.from_bytes(self.received[5:9], "big") & 0x7FFFFFFF
        payload, self.received = self.received[9:9 + size], self.received[9 + size:]
        return kind, flags, stream, payload

    def next_of(self, stream):
        """The next frame of a stream. Meanwhile settings are acknowledged, and the connection's window is given back."""
        while not self.frames.get(stream):
            found = self.read_frame()
            if found is None:
                raise AssertionError("the connection ended")
            kind, flags, of, payload = found
            if kind == SETTINGS and not flags & 1:
                self.send(SETTINGS, 1, 0)
            if kind == DATA and payload:  # what is kept here must not hold up other streams
                self.send(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(payload)))
            self.frames.setdefault(of, []).append((kind, flags, payload))
        return self.frames[stream].pop(0)

    def read_to_end(self, stream):
        """Of a response: status, body, and whether it ended well."""
        status, body = None, b""
        while True:
            kind, flags, payload = self.next_of(stream)
            if kind == HEADERS and status is None:
                status = STATUSES.get(payload[0], 0)
            elif kind == DATA:
                body += payload
                if payload:
                    self.send(WINDOW_UPDATE, 0, stream, struct.pack(">I", len(payload)))
            elif kind == RST_STREAM:
                return status, body, False
            if kind in (HEADERS, DATA) and flags & END_STREAM:
                return status, body, True

    def read_all(self):
        """All frames until the connection ends."""
        found = []
        try:
            while (one := self.read_frame()) is not None:
                found.append(one)
        except ConnectionResetError:
            pass
        return found
