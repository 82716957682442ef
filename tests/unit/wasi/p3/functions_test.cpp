// The functions of WASI 0.3, called as a component's imports are, without a component: what each gives, and what it
// refuses.
#include <sys/stat.h>

#include "unit/wasi/p3/guest.hpp"

namespace tenon::wasi::p3 {
namespace {

TEST_F(P3Functions, EnvironmentGivesWhatWasGranted) {
  EXPECT_EQ(call("get-arguments"), Val::list(std::vector{Val::string("guest.wasm"), Val::string("x")}));
  EXPECT_EQ(call("get-environment")[0], record({Val::string("name"), Val::string("value")}));
  EXPECT_EQ(call("get-initial-cwd"), Val::none());
}

TEST_F(P3Functions, ExitEndsTheGuestWithACode) {
  EXPECT_EQ(try_call("exit", {Val::ok()}).error().code(), 0U);
  EXPECT_EQ(try_call("exit", {Val::error()}).error().code(), 1U);
  EXPECT_EQ(try_call("exit-with-code", {Val::u8(7)}).error().code(), 7U);
  EXPECT_EQ(try_call("exit-with-code", {Val::u8(7)}).error().kind(), ErrorKind::exit);
}

TEST_F(P3Functions, StandardStreamsPassBytes) {
  EXPECT_EQ(read_all(call("read-via-stream")), std::pair(std::string("input"), true));
  EXPECT_TRUE(settle(call("wasi:cli/stdout#write-via-stream", {stream_of("printed")})));
  EXPECT_EQ(output, "printed");
}

TEST_F(P3Functions, NothingIsATerminalThatIsNone) {
  for (const char* name : {"get-terminal-stdin", "get-terminal-stdout", "get-terminal-stderr"}) {
    EXPECT_EQ(call(name), Val::none());
  }
}

TEST_F(P3Functions, ClocksGoOn) {
  const auto now = [&] { return call("wasi:clocks/monotonic-clock#now").unsigned_integer(); };
  const std::uint64_t first = now();
  EXPECT_GE(now(), first);
  EXPECT_GE(call("get-resolution").unsigned_integer(), 1U);
  const Val time = call("wasi:clocks/system-clock#now");
  EXPECT_GT(time.fields()[0].signed_integer(), 1'700'000'000);
  EXPECT_LT(time.fields()[1].unsigned_integer(), 1'000'000'000U);
}

TEST_F(P3Functions, TheTimezoneIsNotTold) {
  EXPECT_EQ(call("iana-id"), Val::none());
  EXPECT_EQ(call("utc-offset", {instant(1'000'000'000)}), Val::none());
  EXPECT_EQ(call("wasi:clocks/timezone#to-debug-string"), Val::string("none"));
}

TEST_F(P3Functions, WaitingTakesItsTime) {
  constexpr std::string_view text = R"((component
    (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
      (export "wait-for" (func async (param "how-long" u64)))
      (export "wait-until" (func async (param "when" u64)))))
    (core func $for (canon lower (func $clock "wait-for")))
    (core func $until (canon lower (func $clock "wait-until")))
    (core module $m
      (import "" "for" (func $for (param i64)))
      (import "" "until" (func $until (param i64)))
      (func (export "for") (param i64) (call $for (local.get 0)))
      (func (export "until") (param i64) (call $until (local.get 0))))
    (core instance $i (instantiate $m (with "" (instance (export "for" (func $for)) (export "until" (func $until))))))
    (func (export "wait-for") async (param "t" u64) (canon lift (core func $i "for")))
    (func (export "wait-until") async (param "t" u64) (canon lift (core func $i "until")))))";
  Linker linker(engine);
  ASSERT_TRUE(define(linker, std::make_shared<HostOf>(host)));
  const auto component = Component::compile(engine, text).value();
  const auto instance = linker.instantiate(store, component).value();
  const auto wait = [&](std::string_view name, std::uint64_t time) {
    const std::uint64_t start = host::monotonic_time();
    const Val arguments[] = {Val::u64(time)};
    const auto waited = instance.func("", name).value().call(arguments);
    EXPECT_TRUE(waited.has_value());
    test::record_outcome("0.3", "wasi:clocks/monotonic-clock#" + std::string(name), test::outcome_of(waited));
    return host::monotonic_time() - start;
  };
  EXPECT_GE(wait("wait-for", 20'000'000), 20'000'000U);
  EXPECT_GE(wait("wait-until", host::monotonic_time() + 20'000'000), 19'000'000U);
  EXPECT_LT(wait("wait-until", 1), 1'000'000'000U);
}

TEST_F(P3Functions, RandomBytesDifferAndTheSeedDoesNot) {
  EXPECT_EQ(call("get-random-bytes", {Val::u64(100)}).size(), 100U);
  EXPECT_NE(call("get-random-u64"), call("get-random-u64"));
  EXPECT_NE(call("get-insecure-random-u64"), call("get-insecure-random-u64"));
  EXPECT_EQ(call("get-insecure-random-bytes", {Val::u64(0)}).size(), 0U);
  EXPECT_EQ(call("get-insecure-seed"), call("get-insecure-seed"));
  // A guest gets less than it asks for, before the host has no memory left.
  EXPECT_LE(call("get-random-bytes", {Val::u64(~0ULL)}).size(), std::size_t{1} << 26);
}

TEST_F(P3Functions, FilesAreOpenedAsTheFlagsSay) {
  EXPECT_EQ(open_at("a.txt", 0, reads).index(), 0U);
  EXPECT_EQ(error_of(open_at("b.txt", 0, reads)), no_entry);
  EXPECT_EQ(error_of(open_at("../b.txt", 0, reads)), not_permitted);
  EXPECT_EQ(error_of(open_at("a.txt", create | exclusive, writes)), exist);
  EXPECT_EQ(error_of(open_at("a.txt", in_directory, reads)), not_directory);
  const Val made = open_at("b.txt", create, 0).payload();
  EXPECT_EQ(call("[method]descriptor.get-flags", {made}), Val::ok(Val::flags(reads | writes)));
  EXPECT_EQ(call("[method]descriptor.get-type", {made}), Val::ok(Val::variant(5)));
}

TEST_F(P3Functions, AReadOnlyGrantIsNotWritten) {
  open(Access::read_only);
  EXPECT_EQ(error_of(open_at("b.txt", create, writes)), read_only);
  EXPECT_EQ(error_of(method("create-directory-at", {Val::string("d")})), read_only);
  EXPECT_EQ(error_of(method("unlink-file-at", {Val::string("a.txt")})), read_only);
  EXPECT_EQ(method("get-flags", {}), Val::ok(Val::flags(reads)));
}

TEST_F(P3Functions, FilesAreReadAndWrittenAsStreams) {
  const Val file = open_at("a.txt", 0, reads | writes).payload();
  const auto method = [&](std::string_view name, std::vector<Val> values) {
    values.insert(values.begin(), file);
    return call("[method]descriptor." + std::string(name), values);
  };
  EXPECT_EQ(read_all(method("read-via-stream", {Val::u64(1)})), std::pair(std::string("ello"), true));
  EXPECT_EQ(read_all(method("read-via-stream", {Val::u64(100)})), std::pair(std::string(), true));
  EXPECT_TRUE(settle(method("write-via-stream", {stream_of("J"), Val::u64(0)})));
  EXPECT_TRUE(settle(method("append-via-stream", {stream_of("!")})));
  EXPECT_EQ(content("a.txt"), "Jello!");
  EXPECT_EQ(method("set-size", {Val::u64(2)}), Val::ok());
  EXPECT_EQ(content("a.txt"), "Je");
  EXPECT_EQ(wait_for_file("[method]descriptor.sync", {file}), Val::ok());
  EXPECT_EQ(wait_for_file("[method]descriptor.sync-data", {file}), Val::ok());
  EXPECT_EQ(method("advise", {Val::u64(0), Val::u64(0), Val::enumeration(1)}), Val::ok());
}

TEST_F(P3Functions, LargeContentsComeWhole) {
  // More than is written at once, so that the rest is written by another thread.
  std::string large(3 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>('a' + i / 1000 % 26);
  const Val file = open_at("large", create, reads | writes).payload();
  EXPECT_TRUE(settle(call("[method]descriptor.write-via-stream", {file, stream_of(large), Val::u64(0)})));
  EXPECT_TRUE(content("large") == large);
  const auto [text, is_good] = read_all(call("[method]descriptor.read-via-stream", {file, Val::u64(1)}));
  EXPECT_TRUE(is_good && text == large.substr(1));
}

TEST_F(P3Functions, ANamedPipeIsWaitedFor) {
  const std::string path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Val file = open_at("pipe", 0, reads).payload();
  std::ofstream writer(path);
  const Val pair = call("[method]descriptor.read-via-stream", {file, Val::u64(0)});
  writer << "through";
  writer.close();
  EXPECT_EQ(read_all(pair), std::pair(std::string("through"), true));
}

TEST_F(P3Functions, WhatCannotBeSyncedSaysSo) {
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const Val pipe = open_at("pipe", 0, reads).payload();
  EXPECT_EQ(error_of(wait_for_file("[method]descriptor.sync", {pipe})), invalid);
  EXPECT_EQ(error_of(wait_for_file("[method]descriptor.sync-data", {pipe})), invalid);
}

TEST_F(P3Functions, WhatAFileWasNotOpenedForIsRefused) {
  const Val file = open_at("a.txt", 0, reads).payload();
  EXPECT_FALSE(settle(call("[method]descriptor.write-via-stream", {file, stream_of("x"), Val::u64(0)})));
  EXPECT_EQ(error_of(call("[method]descriptor.set-size", {file, Val::u64(0)})), bad_descriptor);
  EXPECT_EQ(content("a.txt"), "hello");
  EXPECT_FALSE(read_all(method("read-via-stream", {Val::u64(0)})).second) << "a directory has no bytes";
  EXPECT_EQ(error_of(method("advise", {Val::u64(0), Val::u64(0), Val::enumeration(0)})), bad_descriptor);
}

TEST_F(P3Functions, TimesAreSetAndChecked) {
  const auto time = [](std::int64_t seconds, std::uint32_t nanoseconds) {
    return Val::variant(2, record({Val::s64(seconds), Val::u32(nanoseconds)}));
  };
  const Val keep = Val::variant(0);
  EXPECT_EQ(method("set-times-at", {Val::flags(0), Val::string("a.txt"), keep, time(1000, 5)}), Val::ok());
  const Val stat = method("stat-at", {Val::flags(0), Val::string("a.txt")}).payload();
  EXPECT_EQ(stat.fields()[4], Val::some(record({Val::s64(1000), Val::u32(5)})));
  EXPECT_EQ(stat.fields()[2], Val::u64(5));
  EXPECT_EQ(error_of(method("set-times-at", {Val::flags(0), Val::string("a.txt"), keep, time(0, 1'000'000'000)})),
            invalid);
  EXPECT_EQ(method("set-times", {keep, time(2000, 0)}), Val::ok());
  EXPECT_EQ(method("stat", {}).payload().fields()[4], Val::some(record({Val::s64(2000), Val::u32(0)})));
}

TEST_F(P3Functions, DirectoriesAreMadeListedAndRemoved) {
  EXPECT_EQ(method("create-directory-at", {Val::string("d")}), Val::ok());
  EXPECT_EQ(error_of(method("create-directory-at", {Val::string("d")})), exist);
  std::ofstream(folder / "d/x") << "x";
  EXPECT_EQ(error_of(method("remove-directory-at", {Val::string("d")})), not_empty);
  const Val opened = open_at("d", in_directory, reads).payload();
  const Val listing = call("[method]descriptor.read-directory", {opened});
  auto stream = tenon::Stream<Val>::from(listing.fields()[0]).value();
  std::vector<Val> entries;
  stream.read(10, [&](Result<Piece<Val>> piece) { entries = piece->items; });
  EXPECT_TRUE(run_until(store, [&] { return !entries.empty(); }));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].fields()[1], Val::string("x"));
  const Val file = open_at("a.txt", 0, reads).payload();
  EXPECT_FALSE(settle(call("[method]descriptor.read-directory", {file}).fields()[1]));
  EXPECT_EQ(method("unlink-file-at", {Val::string("d/x")}), Val::ok());
  EXPECT_EQ(method("remove-directory-at", {Val::string("d")}), Val::ok());
  EXPECT_EQ(error_of(method("remove-directory-at", {Val::string("a.txt")})), not_directory);
}

TEST_F(P3Functions, NamesAreMovedAndLinked) {
  EXPECT_EQ(method("rename-at", {Val::string("a.txt"), directory, Val::string("b.txt")}), Val::ok());
  EXPECT_EQ(error_of(method("rename-at", {Val::string("a.txt"), directory, Val::string("c.txt")})), no_entry);
  EXPECT_EQ(method("link-at", {Val::flags(0), Val::string("b.txt"), directory, Val::string("c.txt")}), Val::ok());
  EXPECT_EQ(error_of(method("link-at", {Val::flags(1), Val::string("b.txt"), directory, Val::string("d.txt")})),
            invalid);
  EXPECT_EQ(method("symlink-at", {Val::string("b.txt"), Val::string("l")}), Val::ok());
  EXPECT_EQ(method("readlink-at", {Val::string("l")}), Val::ok(Val::string("b.txt")));
  EXPECT_EQ(error_of(method("symlink-at", {Val::string("/etc"), Val::string("m")})), not_permitted);
  EXPECT_EQ(error_of(method("readlink-at", {Val::string("b.txt")})), invalid);
  EXPECT_EQ(error_of(method("unlink-file-at", {Val::string("x")})), no_entry);
  const Val b = open_at("b.txt", 0, reads).payload();
  const Val c = open_at("c.txt", 0, reads).payload();
  EXPECT_EQ(call("[method]descriptor.is-same-object", {b, c}), Val::boolean(true));
  EXPECT_EQ(call("[method]descriptor.is-same-object", {b, directory}), Val::boolean(false));
  EXPECT_EQ(call("[method]descriptor.metadata-hash", {b}),
            method("metadata-hash-at", {Val::flags(0), Val::string("c.txt")}));
  EXPECT_EQ(error_of(method("metadata-hash-at", {Val::flags(0), Val::string("x")})), no_entry);
}

// --- Sockets

TEST_F(P3Functions, TcpSocketsAreBoundAndListen) {
  const Val socket = call("[static]tcp-socket.create", {Val::enumeration(0)}).payload();
  const auto tcp = [&](std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), socket);
    return call("[method]tcp-socket." + std::string(name), values);
  };
  EXPECT_EQ(tcp("get-address-family"), Val::enumeration(0));
  EXPECT_EQ(error_of(tcp("get-local-address")), invalid_state);
  EXPECT_EQ(
      error_of(tcp("bind", {Val::variant(
                               0, record({Val::u16(0), record({Val::u8(224), Val::u8(0), Val::u8(0), Val::u8(1)})}))})),
      invalid_argument);
  EXPECT_EQ(
      error_of(tcp(
          "bind", {Val::variant(0, record({Val::u16(0), record({Val::u8(10), Val::u8(0), Val::u8(0), Val::u8(1)})}))})),
      access_denied);
  EXPECT_EQ(tcp("bind", {address(1, 0)}), Val::ok());
  EXPECT_EQ(error_of(tcp("bind", {address(1, 0)})), invalid_state);
  EXPECT_EQ(tcp("get-is-listening"), Val::boolean(false));
  EXPECT_EQ(tcp("listen").index(), 0U);
  EXPECT_EQ(error_of(tcp("listen")), invalid_state);
  EXPECT_EQ(tcp("get-is-listening"), Val::boolean(true));
  EXPECT_EQ(error_of(tcp("get-remote-address")), invalid_state);
  EXPECT_FALSE(settle(tcp("send", {stream_of("x")})));
  EXPECT_FALSE(read_all(tcp("receive")).second);
  const Val other = call("[static]tcp-socket.create", {Val::enumeration(0)}).payload();
  EXPECT_EQ(error_of(call("[method]tcp-socket.bind", {other, tcp("get-local-address").payload()})), address_in_use);
}

TEST_F(P3Functions, SocketsHaveOptions) {
  for (const char* kind : {"tcp", "udp"}) {
    const std::string type = std::string(kind) + "-socket.";
    const Val socket = call("[static]" + type + "create", {Val::enumeration(1)}).payload();
    const bool is_tcp = type.starts_with("tcp");
    const std::string hops = is_tcp ? "hop-limit" : "unicast-hop-limit";
    EXPECT_EQ(call("[method]" + type + "set-" + hops, {socket, Val::u8(42)}), Val::ok());
    EXPECT_EQ(call("[method]" + type + "get-" + hops, {socket}), Val::ok(Val::u8(42)));
    for (const char* option : {"receive-buffer-size", "send-buffer-size"}) {
      EXPECT_EQ(call("[method]" + type + "set-" + option, {socket, Val::u64(0x10000)}), Val::ok());
      EXPECT_EQ(call("[method]" + type + "get-" + option, {socket}), Val::ok(Val::u64(0x10000)));
      EXPECT_EQ(error_of(call("[method]" + type + "set-" + option, {socket, Val::u64(0)})), invalid_argument);
    }
    if (!is_tcp) continue;
    EXPECT_EQ(call("[method]tcp-socket.set-keep-alive-enabled", {socket, Val::boolean(true)}), Val::ok());
    EXPECT_EQ(call("[method]tcp-socket.get-keep-alive-enabled", {socket}), Val::ok(Val::boolean(true)));
    for (const char* option : {"keep-alive-idle-time", "keep-alive-interval"}) {
      EXPECT_EQ(call(std::string("[method]tcp-socket.set-") + option, {socket, Val::u64(1)}), Val::ok());
      EXPECT_EQ(call(std::string("[method]tcp-socket.get-") + option, {socket}), Val::ok(Val::u64(1'000'000'000)));
      EXPECT_EQ(error_of(call(std::string("[method]tcp-socket.set-") + option, {socket, Val::u64(0)})),
                invalid_argument);
    }
    EXPECT_EQ(call("[method]tcp-socket.set-keep-alive-count", {socket, Val::u32(3)}), Val::ok());
    EXPECT_EQ(call("[method]tcp-socket.get-keep-alive-count", {socket}), Val::ok(Val::u32(3)));
    EXPECT_EQ(call("[method]tcp-socket.set-listen-backlog-size", {socket, Val::u64(5)}), Val::ok());
    EXPECT_EQ(error_of(call("[method]tcp-socket.set-listen-backlog-size", {socket, Val::u64(0)})), invalid_argument);
  }
}

TEST_F(P3Functions, UdpSocketsAreBoundAndConnected) {
  const Val socket = call("[static]udp-socket.create", {Val::enumeration(0)}).payload();
  const auto udp = [&](std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), socket);
    return call("[method]udp-socket." + std::string(name), values);
  };
  EXPECT_EQ(udp("get-address-family"), Val::enumeration(0));
  EXPECT_EQ(error_of(udp("get-local-address")), invalid_state);
  EXPECT_EQ(udp("bind", {address(1, 0)}), Val::ok());
  EXPECT_EQ(error_of(udp("bind", {address(1, 0)})), invalid_state);
  EXPECT_EQ(udp("get-local-address").index(), 0U);
  EXPECT_EQ(error_of(udp("disconnect")), invalid_state);
  EXPECT_EQ(error_of(udp("connect", {address(1, 0)})), invalid_argument);
  EXPECT_EQ(udp("connect", {address(1, 42)}), Val::ok());
  EXPECT_EQ(udp("get-remote-address"), Val::ok(address(1, 42)));
  EXPECT_EQ(udp("disconnect"), Val::ok());
  EXPECT_EQ(error_of(udp("get-remote-address")), invalid_state);
}

// A component that gives what it imports, so that an async function is called as by a guest.
TEST_F(P3Functions, NamesAreLookedUpWhereThatIsAllowed) {
  constexpr std::string_view text = R"((component
    (import "wasi:sockets/types@0.3.0" (instance $types
      (type $v4 (tuple u8 u8 u8 u8))
      (export "ipv4-address" (type $ipv4 (eq $v4)))
      (type $v6 (tuple u16 u16 u16 u16 u16 u16 u16 u16))
      (export "ipv6-address" (type $ipv6 (eq $v6)))
      (type $ip (variant (case "ipv4" $ipv4) (case "ipv6" $ipv6)))
      (export "ip-address" (type (eq $ip)))))
    (alias export $types "ip-address" (type $ip))
    (import "wasi:sockets/ip-name-lookup@0.3.0" (instance $names
      (export "ip-address" (type $address (eq $ip)))
      (type $error (variant (case "access-denied") (case "invalid-argument") (case "name-unresolvable")
        (case "temporary-resolver-failure") (case "permanent-resolver-failure") (case "other" (option string))))
      (export "error-code" (type $code (eq $error)))
      (type $addresses (list $address))
      (type $result (result $addresses (error $code)))
      (export "resolve-addresses" (func async (param "name" string) (result $result)))))
    (core module $memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3)))))
    (core instance $m (instantiate $memory))
    (core func $resolve (canon lower (func $names "resolve-addresses") (memory (core memory $m "memory"))
      (realloc (core func $m "realloc"))))
    (core module $caller
      (import "" "resolve" (func $resolve (param i32 i32 i32)))
      (func (export "run") (param i32 i32) (result i32)
        (call $resolve (local.get 0) (local.get 1) (i32.const 64))
        (i32.const 64)))
    (core instance $c (instantiate $caller (with "" (instance (export "resolve" (func $resolve))))))
    (alias export $names "ip-address" (type $address))
    (alias export $names "error-code" (type $code))
    (func (export "resolve") async (param "name" string) (result (result (list $address) (error $code)))
      (canon lift (core func $c "run") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))))";
  Linker linker(engine);
  ASSERT_TRUE(define(linker, std::make_shared<HostOf>(host)));
  const auto component = Component::compile(engine, text);
  ASSERT_TRUE(component) << component.error().message();
  const auto instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance) << instance.error().message();
  const auto resolve = [&](std::string_view name) {
    const Val arguments[] = {Val::string(std::string(name))};
    auto results = instance->func("", "resolve").value().call(arguments);
    EXPECT_TRUE(results) << results.error().message();
    return results ? results->front() : Val();
  };
  EXPECT_EQ(error_of(resolve("")), 1U);
  EXPECT_EQ(error_of(resolve(std::string_view("a\0b", 3))), 1U);
  EXPECT_EQ(error_of(resolve("example.com")), access_denied);
  const Val expected = Val::variant(0, record({Val::u8(127), Val::u8(0), Val::u8(0), Val::u8(1)}));
  EXPECT_EQ(resolve("127.0.0.1"), Val::ok(Val::list(std::vector{expected})));
}

// --- HTTP

enum : std::uint32_t { invalid_syntax, forbidden, immutable };

TEST_F(P3Functions, FieldsAreSetGotAndRefused) {
  const Val fields = call("[constructor]fields");
  const Val bar = bytes(std::vector<std::uint8_t>{'b', 'a', 'r'});
  const auto method = [&](std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), fields);
    return call("[method]fields." + std::string(name), values);
  };
  EXPECT_EQ(method("append", {Val::string("Foo"), bar}), Val::ok());
  EXPECT_EQ(method("has", {Val::string("foo")}), Val::boolean(true));
  EXPECT_EQ(method("get", {Val::string("FOO")}), Val::list(std::vector{bar}));
  EXPECT_EQ(error_of(method("set", {Val::string("host"), Val::list(std::vector{bar})})), forbidden);
  EXPECT_EQ(error_of(method("set", {Val::string("a b"), Val::list(std::vector{bar})})), invalid_syntax);
  EXPECT_EQ(error_of(method("append", {Val::string("foo"), bytes(std::vector<std::uint8_t>{'\n'})})), invalid_syntax);
  EXPECT_EQ(method("copy-all"), Val::list(std::vector{record({Val::string("Foo"), bar})}));
  EXPECT_EQ(call("[method]fields.copy-all", {method("clone")}), method("copy-all"));
  EXPECT_EQ(method("get-and-delete", {Val::string("foo")}), Val::ok(Val::list(std::vector{bar})));
  EXPECT_EQ(method("delete", {Val::string("foo")}), Val::ok());
  EXPECT_EQ(method("copy-all").size(), 0U);
  const Val entry = record({Val::string("x"), bar});
  EXPECT_EQ(call("[static]fields.from-list", {Val::list(std::vector{entry})}).index(), 0U);
  const Val wrong = record({Val::string(""), bar});
  EXPECT_EQ(error_of(call("[static]fields.from-list", {Val::list(std::vector{wrong})})), invalid_syntax);
}

TEST_F(P3Functions, RequestsAndResponsesAreMadeAndChanged) {
  const auto trailers = [&] {
    auto future = make_future<Val>(StoreHandle(store)).value();
    future.writer.write(Val::ok(Val::none()));
    return std::move(future.reader).to_val();
  };
  const Val options = call("[constructor]request-options");
  EXPECT_EQ(call("[method]request-options.set-connect-timeout", {options, Val::some(Val::u64(5))}), Val::ok());
  const Val made =
      call("[static]request.new", {call("[constructor]fields"), Val::none(), trailers(), Val::some(options)});
  const Val request = made.fields()[0];
  const auto method = [&](std::string_view name, std::vector<Val> values = {}) {
    values.insert(values.begin(), request);
    return call("[method]request." + std::string(name), values);
  };
  EXPECT_EQ(method("get-method"), Val::variant(0));
  EXPECT_EQ(method("set-method", {Val::variant(9, Val::string(""))}), Val::error());
  EXPECT_EQ(method("set-method", {Val::variant(2)}), Val::ok());
  EXPECT_EQ(method("get-method"), Val::variant(2));
  EXPECT_EQ(method("get-path-with-query"), Val::none());
  EXPECT_EQ(method("set-path-with-query", {Val::some(Val::string("/a?b"))}), Val::ok());
  EXPECT_EQ(method("set-path-with-query", {Val::some(Val::string("/ "))}), Val::error());
  EXPECT_EQ(method("get-path-with-query"), Val::some(Val::string("/a?b")));
  EXPECT_EQ(method("set-scheme", {Val::some(Val::variant(2, Val::string("1")))}), Val::error());
  EXPECT_EQ(method("set-scheme", {Val::some(Val::variant(1))}), Val::ok());
  EXPECT_EQ(method("get-scheme"), Val::some(Val::variant(1)));
  EXPECT_EQ(method("set-authority", {Val::some(Val::string("localhost:what"))}), Val::error());
  EXPECT_EQ(method("set-authority", {Val::some(Val::string("localhost:80"))}), Val::ok());
  EXPECT_EQ(method("get-authority"), Val::some(Val::string("localhost:80")));
  const Val kept = method("get-options").payload();
  EXPECT_EQ(call("[method]request-options.get-connect-timeout", {kept}), Val::some(Val::u64(5)));
  EXPECT_EQ(error_of(call("[method]request-options.set-first-byte-timeout", {kept, Val::none()})), 1U);
  for (const char* time : {"first-byte-timeout", "between-bytes-timeout"}) {
    const std::string type = "[method]request-options.";
    EXPECT_EQ(call(type + "set-" + time, {options, Val::some(Val::u64(7))}), Val::ok());
    EXPECT_EQ(call(type + "get-" + time, {options}), Val::some(Val::u64(7)));
  }
  EXPECT_EQ(error_of(call("[method]fields.delete", {method("get-headers"), Val::string("x")})), immutable);
  const Val body = call("[static]request.consume-body", {request, trailers()});
  EXPECT_EQ(read_all(body), std::pair(std::string(), true));

  const Val answered =
      call("[static]response.new", {call("[constructor]fields"), Val::some(stream_of("hi")), trailers()});
  const Val response = answered.fields()[0];
  EXPECT_EQ(call("[method]response.get-status-code", {response}), Val::u16(200));
  EXPECT_EQ(call("[method]response.set-status-code", {response, Val::u16(600)}), Val::error());
  EXPECT_EQ(call("[method]response.set-status-code", {response, Val::u16(404)}), Val::ok());
  EXPECT_EQ(
      error_of(call("[method]fields.delete", {call("[method]response.get-headers", {response}), Val::string("x")})),
      immutable);
  EXPECT_EQ(read_all(call("[static]response.consume-body", {response, trailers()})),
            std::pair(std::string("hi"), true));
}

}  // namespace
}  // namespace tenon::wasi::p3
