#include "wit/print.hpp"

#include <gtest/gtest.h>
#include <string>

#include "wit/resolve.hpp"

namespace tenon::wit {
namespace {

Result<Resolve> resolve(std::string_view text) {
  ResolveOptions options;
  options.all_unstable = true;
  return resolve_file({"test.wit", text}, *std::pmr::get_default_resource(), options);
}

// Canonical, so that it prints as it is.
constexpr std::string_view everything = R"(/// of the package
package a:b@1.0.0;

/// of i
@since(version = 0.9.0)
@deprecated(version = 1.0.0)
interface i {
  /// of r
  ///
  ///   indented
  record r {
    /// of a field
    a: u32,
    %type: option<string>,
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
    /// of a method
    @unstable(feature = new-things)
    m: async func() -> res;
    s: static func(other: borrow<res>) -> result<_, e>;
  }

  resource plain;

  type t = tuple<bool, char, f32, f64, s8, s16, s32, s64, u8, u16, u64>;

  type u = map<string, future<stream<u8>>>;

  type w = result;

  type x = own<res>;

  type y = t;

  @external-id("a\"\u{e9}")
  g: func(a: result<u8>, b: result<u8, string>, c: future, d: stream<error-context>);
}

interface j {
  use i.{r, v as variant-one};

  h: func(r: r) -> variant-one;
}

world big {
  import i;
  import j;
  import primary: j;
  import x:y/z@0.2.0;
  import inline: interface {
    use i.{e};

    f: func() -> e;
  }
  use i.{t};

  resource here {
    m: func();
  }
  import run: func(t: t, h: here);

  export stop: async func();
  export i;
}
package x:y@0.2.0 {
  interface z {
  }
}
)";

TEST(WitPrint, GivesCanonicalTextBack) {
  const auto parsed = resolve(everything);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message() << parsed.error().place().line;
  EXPECT_EQ(print_all(*parsed), everything);
}

// What other tools reserve, or did.
TEST(WitPrint, EscapesReservedWords) {
  constexpr std::string_view text = R"(package a:b;

interface i {
  enum e {
    %float32,
    %float64,
    float16,
    %type,
  }
}

)";
  const auto parsed = resolve(text);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_EQ(print_all(*parsed), text);
}

TEST(WitPrint, LeavesDocsOut) {
  const auto parsed = resolve(everything);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(print_all(*parsed, {.docs = false}).contains("///"));
}

TEST(WitPrint, ElaboratesWorlds) {
  const auto parsed = resolve(
      "package a:b; interface a { resource r; } interface b { use a.{r}; foo: func() -> r; } world w1 { export b; } "
      "world w2 { include w1; import c: func(); } world w3 { include w2 with { c as d } }");
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
  EXPECT_TRUE(print_all(*parsed).ends_with(R"(world w1 {
  import a;

  export b;
}
world w2 {
  import a;
  import c: func();

  export b;
}
world w3 {
  import a;
  import d: func();

  export b;
}
)")) << print_all(*parsed);
}

TEST(WitPrint, NamesTypesAsTheyAreMentioned) {
  const auto parsed = resolve("package a:b; interface i { f: func(a: option<list<u8>>) -> result<_, string>; }");
  ASSERT_TRUE(parsed.has_value());
  const Function& function = parsed->interfaces[InterfaceIdx(0U)].functions[0];
  EXPECT_EQ(print_type(*parsed, function.params[0].type), "option<list<u8>>");
  EXPECT_EQ(print_type(*parsed, function.result), "result<_, string>");
}

TEST(WitDocs, AreTheCommentsBefore) {
  const auto parsed =
      resolve("// a\n/// b\n/** c\n * d */\npackage a:b;\n///   two\n///  one\n\n/// \ninterface i {}\ninterface j {}");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->packages[parsed->main].docs, "a\nb\nc\n * d");
  EXPECT_EQ(parsed->interfaces[InterfaceIdx(0U)].docs, " two\none");
  EXPECT_FALSE(parsed->interfaces[InterfaceIdx(1U)].docs.has_value());
}

TEST(WitJson, HasWorldsInterfacesTypesAndPackages) {
  const auto parsed = resolve(
      "/// \"d\"\npackage a:b@1.0.0; @since(version = 1.0.0) interface i { resource r { m: func(); } } world w { "
      "import i; }");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(print_json(*parsed), R"({
  "worlds": [
    {
      "name": "w",
      "imports": {
        "interface-0": {
          "interface": {
            "id": 0
          }
        }
      },
      "exports": {},
      "package": 0
    }
  ],
  "interfaces": [
    {
      "name": "i",
      "types": {
        "r": 0
      },
      "functions": {
        "[method]r.m": {
          "name": "[method]r.m",
          "kind": {
            "method": 0
          },
          "params": [
            {
              "name": "self",
              "type": 1
            }
          ]
        }
      },
      "stability": {
        "stable": {
          "since": "1.0.0"
        }
      },
      "package": 0
    }
  ],
  "types": [
    {
      "name": "r",
      "kind": "resource",
      "owner": {
        "interface": 0
      }
    },
    {
      "name": null,
      "kind": {
        "handle": {
          "borrow": 0
        }
      },
      "owner": null
    }
  ],
  "packages": [
    {
      "name": "a:b@1.0.0",
      "docs": {
        "contents": "\"d\""
      },
      "interfaces": {
        "i": 0
      },
      "worlds": {
        "w": 0
      }
    }
  ]
})");
}

}  // namespace
}  // namespace tenon::wit
