#include "wit/decode.hpp"

#include <gtest/gtest.h>
#include <string>

#include "binary/component/component.hpp"
#include "unit/wit/random_wit.hpp"
#include "wit/encode.hpp"
#include "wit/print.hpp"
#include "wit/resolve.hpp"
#include "wit/select.hpp"

namespace tenon::wit {
namespace {

std::pmr::memory_resource& memory() { return *std::pmr::get_default_resource(); }

Resolve resolve(std::string_view text) {
  ResolveOptions options;
  options.features = Features::all();
  options.all_unstable = true;
  return resolve_file({"test.wit", text}, memory(), options).value();
}

Result<Decoded> decode(Bytes bytes) {
  auto component = component::read_component(bytes, memory(), {.features = Features::all()});
  if (!component) return std::move(component).error();
  return decode_component(*component, memory());
}

std::string encoded(const Resolve& resolve) {
  Arena arena(memory());
  ByteWriter out(arena);
  encode_package(resolve, resolve.main, {"test", "1"}, out);
  return std::string(as_chars(out.view()));
}

constexpr std::string_view packages[] = {
    R"(package a:b@1.0.0;

/// of i
@since(version = 0.9.0)
interface i {
  /// of r
  record r {
    /// of a
    a: u32,
    b: option<list<string>>,
  }

  variant v {
    x,
    y(list<u8, 4>),
  }

  enum e {
    one,
    TWO,
  }

  flags f {
    read,
    write,
  }

  resource res {
    constructor(a: u32);
    /// of m
    @unstable(feature = new-things)
    m: async func() -> res;
    s: static func(other: borrow<res>) -> result<_, e>;
  }

  type t = tuple<bool, char, f32, f64, s8, s16, s32, s64, u8, u16, u64>;

  type u = t;

  get: func(m: map<string, u32>) -> stream<r>;

  wait: async func(f: future) -> future<result>;
}

interface j {
  use i.{r, res as resource-of-i};

  take: func(a: r, b: resource-of-i, c: borrow<resource-of-i>);
}

/// of w
world w {
  @since(version = 0.9.0)
  import i;
  /// of the statement
  import j;
  import log: interface {
    /// of write
    write: func(s: string);
  }
  use i.{r};

  type name = string;

  import f: func(x: r) -> name;

  export j;
  export run: async func();
}
)",
    R"(package a:empty;

interface i {
}

world w {
}
)",
    R"(package a:c;

world w {
  import dep:one/types;

  export dep:two/api@2.0.0;
}
package dep:one {
  interface types {
    resource file;
  }
}


package dep:two@2.0.0 {
  interface api {
    use dep:one/types.{file};

    open: func() -> file;
  }
}
)",
};

TEST(DecodeComponent, PackagesComeBackAsTheyWere) {
  for (const std::string_view text : packages) {
    const Resolve first = resolve(text);
    const std::string bytes = encoded(first);
    const auto second = decode(as_bytes(std::string_view(bytes)));
    ASSERT_TRUE(second) << second.error().message() << "\n" << text;
    EXPECT_EQ(print_all(second->resolve), print_all(first));
    EXPECT_TRUE(second->world.is_none());
    EXPECT_EQ(encoded(second->resolve), bytes);
  }
}

// What a package says survives being a component, and so do its bytes.
TEST(DecodeComponent, RandomPackagesComeBackAsTheyWere) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::string text = RandomWit(seed).package();
    ResolveOptions options;
    options.features = Features::all();
    const auto first = resolve_file({"random.wit", text}, memory(), options);
    ASSERT_TRUE(first) << first.error().message() << "\n" << text;
    const std::string bytes = encoded(*first);
    const auto second = decode(as_bytes(std::string_view(bytes)));
    ASSERT_TRUE(second) << second.error().message() << "\n" << text;
    ASSERT_EQ(print_all(second->resolve), print_all(*first)) << text;
    ASSERT_EQ(encoded(second->resolve), bytes) << text;
  }
}

// Found by fuzzing: names are checked here too, since a component may be decoded that nobody validated.
TEST(DecodeComponent, RejectsNamesThatAreNone) {
  std::string bytes = encoded(resolve("package a:b;\ninterface hand-ler {}\n"));
  for (std::size_t at = bytes.find("hand-ler"); at != std::string::npos; at = bytes.find("hand-ler", at)) {
    bytes.replace(at, 8, "hand$ler");
  }
  EXPECT_FALSE(decode(as_bytes(std::string_view(bytes))));
}

TEST(DecodeComponent, RejectsAPackageThatUsesAnInterfaceItHasNot) {
  std::string bytes = encoded(resolve("package a:b;\ninterface here {}\nworld w { import here; }\n"));
  bytes.replace(bytes.rfind("a:b/here"), 8, "a:b/hare");
  const auto decoded = decode(as_bytes(std::string_view(bytes)));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(),
            "expected interface `a:b/hare` among what the package exports, before it is used");
}

TEST(DecodeWorldMetadata, GivesTheWorldAndTheEncoding) {
  const Resolve first = resolve(packages[0]);
  Arena arena(memory());
  ByteWriter out(arena);
  const WorldIdx world = select_world(first, "w").value();
  encode_world_metadata(first, world, component::StringEncoding::utf16, {"test", "1"}, out);
  const auto decoded = decode_world_metadata(out.view(), 0, Features::all(), memory());
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->encoding, component::StringEncoding::utf16);
  const World& found = decoded->wit.resolve.worlds[decoded->wit.world];
  EXPECT_EQ(found.name, "w");
  EXPECT_EQ(found.imports.size(), first.worlds[world].imports.size());
  EXPECT_EQ(found.exports.size(), 2);
}

TEST(DecodeWorldMetadata, RejectsWhatIsNoMetadata) {
  const std::uint8_t empty[] = {0};
  EXPECT_FALSE(decode_world_metadata(empty, 0, Features::all(), memory()));
  const std::string package = encoded(resolve(packages[1]));
  const auto decoded = decode_world_metadata(as_bytes(std::string_view(package)), 0, Features::all(), memory());
  ASSERT_FALSE(decoded);
  EXPECT_TRUE(decoded.error().message().contains("wit-component-encoding")) << decoded.error().message();
}

TEST(DecodePackageDocs, RejectsWhatDoesNotFit) {
  constexpr std::string_view bad[] = {
      "",
      "\x02{}",
      "\x01",
      "\x01{",
      "\x01{}x",
      "\x01{\"docs\":1}",
      "\x01{\"unknown\":\"\"}",
      "\x01{\"interfaces\":{\"none\":{}}}",
      "\x01{\"interfaces\":{\"i\":{\"types\":{\"none\":{}}}}}",
      "\x01{\"interfaces\":{\"i\":{\"funcs\":{\"none\":{}}}}}",
      "\x01{\"interfaces\":{\"i\":{\"stability\":{\"stable\":{\"since\":\"1\"}}}}}",
      "\x01{\"docs\":\"\\ud800\"}",
      "\x01{\"docs\":\"\xff\"}",
  };
  for (const std::string_view text : bad) {
    Resolve target = resolve(packages[1]);
    EXPECT_FALSE(decode_package_docs(target, target.main, as_bytes(text))) << text;
  }
  Resolve target = resolve(packages[1]);
  const std::string_view good = "\x01 { \"docs\" : \"a\\u00e9\\ud83d\\ude00\\n\" , \"worlds\" : { } } ";
  EXPECT_TRUE(decode_package_docs(target, target.main, as_bytes(good)));
  EXPECT_EQ(target.packages[target.main].docs, "a\xC3\xA9\xF0\x9F\x98\x80\n");
}

TEST(DecodeComponent, InstantiationIsBounded) {
  // Each component instantiates the one before it twice: 2^n instances.
  std::string body("\0asm\x0D\0\x01\0", 8);
  std::string component = body;
  for (int i = 0; i < 24; ++i) {
    std::string next = body;
    next += '\x04';  // the component inside
    std::uint8_t size[max_leb64_size];
    const std::size_t digits = encode_leb(static_cast<std::uint32_t>(component.size()), size);
    next.append(as_chars({size, digits})).append(component);
    next += std::string("\x05\x07\x02\0\0\0\0\0\0", 9);  // two instances of it
    component = next;
  }
  const auto decoded = decode(as_bytes(std::string_view(component)));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().kind(), ErrorKind::exhausted) << decoded.error().message();
}

}  // namespace
}  // namespace tenon::wit
