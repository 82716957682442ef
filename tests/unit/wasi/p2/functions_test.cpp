// The functions of WASI 0.2's cli, clocks, random, io, filesystem and sockets, called as a component's imports are,
// without a component: what each gives, and what it refuses.
#include "unit/wasi/p2/guest.hpp"

namespace tenon::wasi::p2 {
namespace {

// --- Where other guests share the thread, the disk is waited for on another one

TEST_F(P2Functions, FilesAreTheSameWithAReactor) {
  ASSERT_TRUE(host->get_reactor());
  const Val file = open_at("b.txt", create, reads | writes).payload();
  const Val output_stream = on(file, "write-via-stream", {Val::u64(0)}).payload();
  const std::string piece(60'000, 'x');
  for (int i = 0; i < 25; ++i) {  // 1.5 MB: the last are written by another thread
    ok("[method]output-stream.blocking-write-and-flush", {output_stream, data(piece)});
  }
  EXPECT_EQ(content("b.txt").size(), 25 * piece.size());
  EXPECT_EQ(on(file, "write", {data("first"), Val::u64(0)}), Val::ok(Val::u64(5)));
  EXPECT_EQ(on(file, "sync"), Val::ok());
  EXPECT_EQ(on(file, "sync-data"), Val::ok());
  EXPECT_EQ(text_of(on(file, "read", {Val::u64(7), Val::u64(0)}).payload().fields()[0]), "firstxx");
  EXPECT_EQ(read_all(on(file, "read-via-stream", {Val::u64(25 * piece.size() - 3)}).payload()), piece.substr(0, 3));
  const Val entries = at("read-directory", {}).payload();
  int count = 0;
  while (call("[method]directory-entry-stream.read-directory-entry", {entries}).payload().index() == 1) ++count;
  EXPECT_EQ(count, 2);
}

// --- cli, clocks, random

TEST_F(P2Functions, EnvironmentGivesWhatWasGranted) {
  EXPECT_EQ(call("get-arguments"), Val::list(std::vector{text("guest.wasm"), text("x")}));
  EXPECT_EQ(call("get-environment")[0], record({text("name"), text("value")}));
  EXPECT_EQ(call("initial-cwd"), Val::none());
}

TEST_F(P2Functions, ExitEndsTheGuestWithACode) {
  EXPECT_EQ(try_call("exit", {Val::ok()}).error().code(), 0U);
  EXPECT_EQ(try_call("exit", {Val::error()}).error().code(), 1U);
  EXPECT_EQ(try_call("exit-with-code", {Val::u8(7)}).error().code(), 7U);
  EXPECT_EQ(try_call("exit-with-code", {Val::u8(7)}).error().kind(), ErrorKind::exit);
}

TEST_F(P2Functions, StandardStreamsPassBytes) {
  EXPECT_EQ(read_all(call("get-stdin")), "input");
  ok("[method]output-stream.write", {call("get-stdout"), data("out")});
  ok("[method]output-stream.blocking-write-and-flush", {call("get-stderr"), data("err")});
  EXPECT_EQ(output + "|" + errors, "out|err");
  for (const char* name : {"get-terminal-stdin", "get-terminal-stdout", "get-terminal-stderr"}) {
    EXPECT_EQ(call(name), Val::none()) << name;
  }
}

TEST_F(P2Functions, ClocksGoOn) {
  const auto now = [&] { return call("wasi:clocks/monotonic-clock#now").unsigned_integer(); };
  const std::uint64_t first = now();
  EXPECT_GE(now(), first);
  EXPECT_GE(call("wasi:clocks/monotonic-clock#resolution").unsigned_integer(), 1U);
  EXPECT_GT(call("wasi:clocks/wall-clock#now").fields()[0].unsigned_integer(), 1'700'000'000U);
  EXPECT_LT(call("wasi:clocks/wall-clock#resolution").fields()[1].unsigned_integer(), 1'000'000'000U);
}

TEST_F(P2Functions, PollablesOfClocksBecomeReady) {
  const Val past = call("subscribe-instant", {Val::u64(1)});
  EXPECT_EQ(call("[method]pollable.ready", {past}), Val::boolean(true));
  const Val soon = call("subscribe-duration", {Val::u64(2'000'000)});
  const Val never = call("subscribe-duration", {Val::u64(~0ULL)});
  const std::uint32_t second[] = {1};
  EXPECT_EQ(call("poll", {Val::list(std::vector{never, soon})}), Val::packed(std::span<const std::uint32_t>(second)));
  EXPECT_EQ(call("[method]pollable.ready", {never}), Val::boolean(false));
  call("[method]pollable.block", {soon});
  EXPECT_EQ(try_call("poll", {Val::list(std::vector<Val>())}).error().kind(), ErrorKind::trap);
}

TEST_F(P2Functions, WaitingEndsWithTheGuestsTime) {
  const Val never = call("subscribe-duration", {Val::u64(~0ULL)});
  host->own_reactor = std::move(*host::make_reactor());
  host->reactor = host->own_reactor.get();
  host->deadline = host::monotonic_time() + 1'000'000;
  const auto waited = try_call("[method]pollable.block", {never});
  ASSERT_FALSE(waited.has_value());
  EXPECT_EQ(waited.error().message(), "deadline exceeded");
}

TEST_F(P2Functions, RandomBytesDiffer) {
  EXPECT_EQ(call("get-random-bytes", {Val::u64(100)}).size(), 100U);
  EXPECT_NE(call("get-random-u64"), call("get-random-u64"));
  EXPECT_NE(call("get-insecure-random-u64"), call("get-insecure-random-u64"));
  EXPECT_EQ(call("get-insecure-random-bytes", {Val::u64(0)}).size(), 0U);
  EXPECT_NE(call("insecure-seed"), call("insecure-seed"));
  EXPECT_EQ(try_call("get-random-bytes", {Val::u64(~0ULL)}).error().kind(), ErrorKind::trap);
}

TEST_F(P2Functions, NoMoreThanItsShareIsGivenToAGuest) {
  host->live_objects = bindings::most_objects + 1;
  EXPECT_FALSE(bindings::check_room(*host).has_value());
  host->live_objects = 0;
  EXPECT_TRUE(bindings::check_room(*host).has_value());
}

// --- Streams

TEST_F(P2Functions, StreamsOfFilesReadSkipAndWrite) {
  const Val file = open_at("a.txt", 0, reads | writes).payload();
  const Val input = on(file, "read-via-stream", {Val::u64(1)}).payload();
  EXPECT_EQ(ok("[method]input-stream.skip", {input, Val::u64(1)}), Val::u64(1));
  EXPECT_EQ(ok("[method]input-stream.blocking-skip", {input, Val::u64(1)}), Val::u64(1));
  EXPECT_EQ(text_of(ok("[method]input-stream.read", {input, Val::u64(100)})), "lo");
  EXPECT_EQ(read_all(input), "");
  EXPECT_EQ(call("[method]pollable.ready", {call("[method]input-stream.subscribe", {input})}), Val::boolean(true));

  const Val out = on(file, "write-via-stream", {Val::u64(0)}).payload();
  EXPECT_GT(ok("[method]output-stream.check-write", {out}).unsigned_integer(), 0U);
  ok("[method]output-stream.write", {out, data("J")});
  ok("[method]output-stream.flush", {out});
  ok("[method]output-stream.blocking-flush", {out});
  EXPECT_EQ(call("[method]pollable.ready", {call("[method]output-stream.subscribe", {out})}), Val::boolean(true));
  ok("[method]output-stream.write", {on(file, "append-via-stream").payload(), data("!")});
  EXPECT_EQ(content("a.txt"), "Jello!");
  ok("[method]output-stream.write-zeroes", {out, Val::u64(1)});
  ok("[method]output-stream.blocking-write-zeroes-and-flush", {out, Val::u64(1)});
  EXPECT_EQ(content("a.txt"), std::string("J\0\0lo!", 6));
  EXPECT_EQ(try_call("[method]output-stream.write-zeroes", {out, Val::u64(~0ULL)}).error().kind(), ErrorKind::trap);

  const Val from = on(file, "read-via-stream", {Val::u64(3)}).payload();
  EXPECT_EQ(ok("[method]output-stream.splice", {call("get-stdout"), from, Val::u64(2)}), Val::u64(2));
  EXPECT_EQ(ok("[method]output-stream.blocking-splice", {call("get-stdout"), from, Val::u64(9)}), Val::u64(1));
  EXPECT_EQ(output, "lo!");
}

TEST_F(P2Functions, AnErrorOfAStreamSaysWhatItIs) {
  const Val file = open_at("a.txt", 0, reads).payload();
  const Val broken = handle(host->outputs.insert({.file = host->descriptors[number_of(file)]}));
  const Val failed = call("[method]output-stream.write", {broken, data("x")});
  ASSERT_EQ(failed.index(), 1U);
  ASSERT_EQ(failed.payload().index(), 0U);
  const Val error = failed.payload().payload();
  EXPECT_FALSE(call("[method]error.to-debug-string", {error}).string().empty());
  EXPECT_EQ(call("filesystem-error-code", {error}).payload().index(), bad_descriptor);
  EXPECT_EQ(call("network-error-code", {error}).payload().index(), 0U);
  EXPECT_EQ(call("http-error-code", {error}), Val::none());
}

// --- Files

TEST_F(P2Functions, FilesAreOpenedAsAsked) {
  EXPECT_EQ(error_of(open_at("x", 0, reads)), no_entry);
  EXPECT_EQ(error_of(open_at("a.txt", create | exclusive, writes)), exist);
  EXPECT_EQ(error_of(open_at("a.txt", in_directory, reads)), not_directory);
  EXPECT_EQ(error_of(open_at("../a.txt", 0, reads)), not_permitted);
  EXPECT_EQ(error_of(open_at("/etc/passwd", 0, reads)), not_permitted);
  EXPECT_EQ(open_at("new", create, writes).index(), 0U);
  EXPECT_EQ(open_at("a.txt", truncate, writes).index(), 0U);
  EXPECT_EQ(content("a.txt"), "");
  open(Access::read_only);
  EXPECT_EQ(error_of(open_at("a.txt", 0, writes)), read_only);
  EXPECT_EQ(error_of(at("unlink-file-at", {text("a.txt")})), read_only);
}

TEST_F(P2Functions, FilesAreReadAndWrittenInPlace) {
  const Val file = open_at("a.txt", 0, reads | writes).payload();
  const Val read = on(file, "read", {Val::u64(3), Val::u64(1)}).payload();
  EXPECT_EQ(text_of(read.fields()[0]), "ell");
  EXPECT_EQ(on(file, "read", {Val::u64(3), Val::u64(9)}).payload().fields()[1], Val::boolean(true));
  EXPECT_EQ(on(file, "write", {data("J"), Val::u64(0)}), Val::ok(Val::u64(1)));
  EXPECT_EQ(on(file, "set-size", {Val::u64(2)}), Val::ok());
  EXPECT_EQ(content("a.txt"), "Je");
  EXPECT_EQ(on(file, "sync"), Val::ok());
  EXPECT_EQ(on(file, "sync-data"), Val::ok());
  EXPECT_EQ(on(file, "advise", {Val::u64(0), Val::u64(0), Val::enumeration(1)}), Val::ok());
}

TEST_F(P2Functions, WhatAFileWasNotOpenedForIsRefused) {
  const Val file = open_at("a.txt", 0, reads).payload();
  EXPECT_EQ(error_of(on(file, "write", {data("x"), Val::u64(0)})), bad_descriptor);
  EXPECT_EQ(error_of(on(file, "write-via-stream", {Val::u64(0)})), bad_descriptor);
  EXPECT_EQ(error_of(on(file, "append-via-stream")), bad_descriptor);
  EXPECT_EQ(error_of(on(file, "set-size", {Val::u64(0)})), bad_descriptor);
  EXPECT_EQ(error_of(at("read", {Val::u64(1), Val::u64(0)})), is_directory);
  EXPECT_EQ(error_of(at("read-via-stream", {Val::u64(0)})), is_directory);
  EXPECT_EQ(error_of(at("advise", {Val::u64(0), Val::u64(0), Val::enumeration(0)})), bad_descriptor);
  EXPECT_EQ(content("a.txt"), "hello");
}

TEST_F(P2Functions, DescriptorsTellWhatTheyAre) {
  const Val file = open_at("a.txt", 0, reads).payload();
  EXPECT_EQ(on(file, "get-type").payload().index(), 6U);
  EXPECT_EQ(at("get-type", {}).payload().index(), 3U);
  EXPECT_EQ(on(file, "get-flags"), Val::ok(Val::flags(reads)));
  EXPECT_EQ(at("get-flags", {}), Val::ok(Val::flags(reads | 32)));
  EXPECT_EQ(on(file, "stat").payload().fields()[2], Val::u64(5));
  open(Access::read_only);
  EXPECT_EQ(at("get-flags", {}), Val::ok(Val::flags(reads)));
}

TEST_F(P2Functions, TimesAreSetAndChecked) {
  const auto time = [](std::uint64_t seconds, std::uint32_t nanoseconds) {
    return Val::variant(2, record({Val::u64(seconds), Val::u32(nanoseconds)}));
  };
  const Val keep = Val::variant(0);
  EXPECT_EQ(at("set-times-at", {Val::flags(0), text("a.txt"), keep, time(1000, 5)}), Val::ok());
  const Val stat = at("stat-at", {Val::flags(0), text("a.txt")}).payload();
  EXPECT_EQ(stat.fields()[4], Val::some(record({Val::u64(1000), Val::u32(5)})));
  EXPECT_EQ(error_of(at("set-times-at", {Val::flags(0), text("a.txt"), keep, time(0, 1'000'000'000)})), invalid);
  EXPECT_EQ(error_of(at("stat-at", {Val::flags(0), text("x")})), no_entry);
  EXPECT_EQ(at("set-times", {keep, time(2000, 0)}), Val::ok());
  EXPECT_EQ(at("stat", {}).payload().fields()[4], Val::some(record({Val::u64(2000), Val::u32(0)})));
}

TEST_F(P2Functions, DirectoriesAreMadeListedAndRemoved) {
  EXPECT_EQ(at("create-directory-at", {text("d")}), Val::ok());
  EXPECT_EQ(error_of(at("create-directory-at", {text("d")})), exist);
  std::ofstream(folder / "d/x") << "x";
  EXPECT_EQ(error_of(at("remove-directory-at", {text("d")})), not_empty);
  const Val opened = open_at("d", in_directory, reads).payload();
  const Val entries = on(opened, "read-directory").payload();
  const Val first = ok("[method]directory-entry-stream.read-directory-entry", {entries});
  EXPECT_EQ(first.payload().fields()[1], text("x"));
  EXPECT_EQ(ok("[method]directory-entry-stream.read-directory-entry", {entries}), Val::none());
  EXPECT_EQ(error_of(on(open_at("a.txt", 0, reads).payload(), "read-directory")), not_directory);
  EXPECT_EQ(at("unlink-file-at", {text("d/x")}), Val::ok());
  EXPECT_EQ(at("remove-directory-at", {text("d")}), Val::ok());
  EXPECT_EQ(error_of(at("remove-directory-at", {text("a.txt")})), not_directory);
}

TEST_F(P2Functions, NamesAreMovedAndLinked) {
  EXPECT_EQ(at("rename-at", {text("a.txt"), directory, text("b.txt")}), Val::ok());
  EXPECT_EQ(error_of(at("rename-at", {text("a.txt"), directory, text("c.txt")})), no_entry);
  EXPECT_EQ(at("link-at", {Val::flags(0), text("b.txt"), directory, text("c.txt")}), Val::ok());
  EXPECT_EQ(error_of(at("link-at", {Val::flags(1), text("b.txt"), directory, text("d.txt")})), invalid);
  EXPECT_EQ(at("symlink-at", {text("b.txt"), text("l")}), Val::ok());
  EXPECT_EQ(at("readlink-at", {text("l")}), Val::ok(text("b.txt")));
  EXPECT_EQ(error_of(at("symlink-at", {text("/etc"), text("m")})), not_permitted);
  EXPECT_EQ(error_of(at("readlink-at", {text("b.txt")})), invalid);
  EXPECT_EQ(error_of(at("unlink-file-at", {text("x")})), no_entry);
  const Val b = open_at("b.txt", 0, reads).payload();
  const Val c = open_at("c.txt", 0, reads).payload();
  EXPECT_EQ(on(b, "is-same-object", {c}), Val::boolean(true));
  EXPECT_EQ(on(b, "is-same-object", {directory}), Val::boolean(false));
  EXPECT_EQ(on(b, "metadata-hash"), at("metadata-hash-at", {Val::flags(0), text("c.txt")}));
  EXPECT_EQ(error_of(at("metadata-hash-at", {Val::flags(0), text("x")})), no_entry);
}

// --- Sockets

TEST_F(P2Sockets, TcpSocketsAreBoundOnceWhereThatIsAllowed) {
  const Val socket = tcp();
  EXPECT_EQ(on_tcp(socket, "address-family"), Val::enumeration(0));
  EXPECT_EQ(error_of(on_tcp(socket, "local-address")), invalid_state);
  EXPECT_EQ(error_of(on_tcp(socket, "finish-bind")), not_in_progress);
  EXPECT_EQ(error_of(on_tcp(socket, "start-bind", {network(), address(224, 1, 0)})), invalid_argument);
  EXPECT_EQ(error_of(on_tcp(socket, "start-bind", {network(), address(10, 1, 0)})), access_denied);
  EXPECT_EQ(error_of(on_tcp(socket, "start-listen")), invalid_state);
  EXPECT_EQ(on_tcp(socket, "is-listening"), Val::boolean(false));
  EXPECT_EQ(error_of(on_tcp(socket, "accept")), invalid_state);
  const auto [bound, where] = listener();
  EXPECT_EQ(on_tcp(bound, "is-listening"), Val::boolean(true));
  EXPECT_EQ(error_of(on_tcp(bound, "start-bind", {network(), where})), invalid_state);
  EXPECT_EQ(error_of(on_tcp(bound, "finish-listen")), not_in_progress);
  EXPECT_EQ(error_of(on_tcp(bound, "accept")), would_block);
  EXPECT_EQ(error_of(on_tcp(socket, "start-bind", {network(), where})), address_in_use);
}

TEST_F(P2Sockets, TcpConnectionsPassBytesBothWays) {
  const auto [server, where] = listener();
  const Val client = tcp();
  EXPECT_EQ(error_of(on_tcp(client, "finish-connect")), not_in_progress);
  EXPECT_EQ(error_of(on_tcp(client, "start-connect", {network(), address(0, 0, 80)})), invalid_argument);
  EXPECT_EQ(error_of(on_tcp(client, "start-connect", {network(), address(10, 1, 80)})), access_denied);
  EXPECT_EQ(on_tcp(client, "start-connect", {network(), where}), Val::ok());
  call("[method]pollable.block", {on_tcp(client, "subscribe")});
  const Val connected = on_tcp(client, "finish-connect").payload();
  call("[method]pollable.block", {on_tcp(server, "subscribe")});
  const Val accepted = on_tcp(server, "accept").payload();
  EXPECT_EQ(on_tcp(client, "remote-address"), Val::ok(where));
  EXPECT_EQ(on_tcp(accepted.fields()[0], "remote-address"), on_tcp(client, "local-address"));
  EXPECT_EQ(error_of(on_tcp(server, "remote-address")), invalid_state);

  ok("[method]output-stream.blocking-write-and-flush", {connected.fields()[1], data("ping")});
  EXPECT_EQ(text_of(ok("[method]input-stream.blocking-read", {accepted.fields()[1], Val::u64(9)})), "ping");
  ok("[method]output-stream.blocking-write-and-flush", {accepted.fields()[2], data("pong")});
  EXPECT_EQ(on_tcp(accepted.fields()[0], "shutdown", {Val::enumeration(1)}), Val::ok());
  EXPECT_EQ(read_all(connected.fields()[0]), "pong");
  EXPECT_EQ(error_of(on_tcp(server, "shutdown", {Val::enumeration(2)})), invalid_state);
}

TEST_F(P2Sockets, AConnectionThatNobodyTakesIsRefused) {
  Val where;
  {
    const auto [server, bound] = listener();
    where = bound;
    host->tcp_sockets.drop(number_of(server));
  }
  const Val client = tcp();
  if (on_tcp(client, "start-connect", {network(), where}).index() == 1) return;  // the system says so at once
  call("[method]pollable.block", {on_tcp(client, "subscribe")});
  EXPECT_EQ(error_of(on_tcp(client, "finish-connect")), connection_refused);
}

TEST_F(P2Sockets, SocketsHaveOptions) {
  const Val stream = ok("create-tcp-socket", {Val::enumeration(1)});
  const Val datagram = ok("create-udp-socket", {Val::enumeration(1)});
  EXPECT_EQ(on_tcp(stream, "set-hop-limit", {Val::u8(42)}), Val::ok());
  EXPECT_EQ(on_tcp(stream, "hop-limit"), Val::ok(Val::u8(42)));
  EXPECT_EQ(on_udp(datagram, "set-unicast-hop-limit", {Val::u8(42)}), Val::ok());
  EXPECT_EQ(on_udp(datagram, "unicast-hop-limit"), Val::ok(Val::u8(42)));
  for (const char* option : {"receive-buffer-size", "send-buffer-size"}) {
    for (const auto& [type, socket] : {std::pair("tcp-socket", stream), std::pair("udp-socket", datagram)}) {
      EXPECT_EQ(method(type, socket, std::string("set-") + option, {Val::u64(0x10000)}), Val::ok());
      EXPECT_EQ(method(type, socket, option), Val::ok(Val::u64(0x10000)));
      EXPECT_EQ(error_of(method(type, socket, std::string("set-") + option, {Val::u64(0)})), invalid_argument);
    }
  }
  EXPECT_EQ(on_tcp(stream, "set-keep-alive-enabled", {Val::boolean(true)}), Val::ok());
  EXPECT_EQ(on_tcp(stream, "keep-alive-enabled"), Val::ok(Val::boolean(true)));
  for (const char* option : {"keep-alive-idle-time", "keep-alive-interval"}) {
    EXPECT_EQ(on_tcp(stream, std::string("set-") + option, {Val::u64(1)}), Val::ok());
    EXPECT_EQ(on_tcp(stream, option), Val::ok(Val::u64(1'000'000'000)));
    EXPECT_EQ(error_of(on_tcp(stream, std::string("set-") + option, {Val::u64(0)})), invalid_argument);
  }
  EXPECT_EQ(on_tcp(stream, "set-keep-alive-count", {Val::u32(3)}), Val::ok());
  EXPECT_EQ(on_tcp(stream, "keep-alive-count"), Val::ok(Val::u32(3)));
  EXPECT_EQ(on_tcp(stream, "set-listen-backlog-size", {Val::u64(5)}), Val::ok());
  EXPECT_EQ(error_of(on_tcp(stream, "set-listen-backlog-size", {Val::u64(0)})), invalid_argument);
}

TEST_F(P2Sockets, DatagramsPassBetweenSockets) {
  const auto bound = [&] {
    const Val socket = udp();
    EXPECT_EQ(on_udp(socket, "start-bind", {network(), address(127, 1, 0)}), Val::ok());
    EXPECT_EQ(on_udp(socket, "finish-bind"), Val::ok());
    return socket;
  };
  EXPECT_EQ(error_of(on_udp(udp(), "stream", {Val::none()})), invalid_state);
  EXPECT_EQ(error_of(on_udp(udp(), "local-address")), invalid_state);
  const Val left = bound();
  const Val right = bound();
  EXPECT_EQ(on_udp(left, "address-family"), Val::enumeration(0));
  EXPECT_EQ(error_of(on_udp(left, "remote-address")), invalid_state);
  EXPECT_EQ(error_of(on_udp(left, "stream", {Val::some(address(0, 0, 7))})), invalid_argument);
  EXPECT_EQ(error_of(on_udp(left, "stream", {Val::some(address(10, 1, 7))})), access_denied);
  EXPECT_EQ(call("[method]pollable.ready", {on_udp(left, "subscribe")}), Val::boolean(true));
  const Val to = on_udp(right, "local-address").payload();
  const Val sending = on_udp(left, "stream", {Val::some(to)}).payload().fields()[1];
  const Val receiving = on_udp(right, "stream", {Val::none()}).payload().fields()[0];
  EXPECT_EQ(on_udp(left, "remote-address"), Val::ok(to));

  EXPECT_EQ(ok("[method]incoming-datagram-stream.receive", {receiving, Val::u64(4)}).size(), 0U);
  call("[method]pollable.block", {call("[method]outgoing-datagram-stream.subscribe", {sending})});
  EXPECT_GT(ok("[method]outgoing-datagram-stream.check-send", {sending}).unsigned_integer(), 0U);
  const Val datagram = record({data("ping"), Val::none()});
  EXPECT_EQ(ok("[method]outgoing-datagram-stream.send", {sending, Val::list(std::vector{datagram})}), Val::u64(1));
  call("[method]pollable.block", {call("[method]incoming-datagram-stream.subscribe", {receiving})});
  const Val received = ok("[method]incoming-datagram-stream.receive", {receiving, Val::u64(4)});
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(text_of(received[0].fields()[0]), "ping");
  EXPECT_EQ(received[0].fields()[1], on_udp(left, "local-address").payload());
  ok("[method]outgoing-datagram-stream.check-send", {sending});
  const Val elsewhere = record({data("x"), Val::some(address(127, 1, 9))});
  EXPECT_EQ(error_of(call("[method]outgoing-datagram-stream.send", {sending, Val::list(std::vector{elsewhere})})),
            invalid_argument);
}

TEST_F(P2Sockets, NamesAreLookedUpWhereThatIsAllowed) {
  EXPECT_EQ(error_of(call("resolve-addresses", {network(), text("example.com")})), access_denied);
  const auto address_of_localhost = [&] {
    const Val lookup = ok("resolve-addresses", {network(), text("localhost")});
    call("[method]pollable.block", {call("[method]resolve-address-stream.subscribe", {lookup})});
    const Val first = ok("[method]resolve-address-stream.resolve-next-address", {lookup});
    while (ok("[method]resolve-address-stream.resolve-next-address", {lookup}).has_payload()) continue;
    return first;
  };
  EXPECT_TRUE(address_of_localhost().has_payload());
  ASSERT_TRUE(host->get_reactor().has_value());  // from now on another thread asks
  EXPECT_TRUE(address_of_localhost().has_payload());
}

}  // namespace
}  // namespace tenon::wasi::p2
