#include "compose/flat.hpp"

#include <gtest/gtest.h>
#include <string>

#include "wit/resolve.hpp"

namespace tenon::compose {
namespace {

std::string letters(std::span<const core::ValType> types) {
  std::string out;
  for (const core::ValType type : types) {
    out += type == core::i32 ? 'i' : type == core::i64 ? 'l' : type == core::f32 ? 'f' : 'd';
  }
  return out;
}

struct Case {
  std::string_view function;
  FlatContext context;
  std::string_view params;
  std::string_view results;
};

constexpr std::string_view interface_head = R"(package a:b;
interface i {
  record point { x: f32, y: f64 }
  variant v { a(u64), b(f32), c }
  flags few { x, y }
  resource r;
  record big { a: list<u8>, b: list<u8>, c: list<u8>, d: list<u8>, e: list<u8>, f: list<u8>, g: list<u8>, h: list<u8>, i: u8 }
  f: )";

constexpr Case cases[] = {
    {"func()", FlatContext::import, "", ""},
    {"func(a: bool, b: char, c: s64, d: f32, e: f64) -> u8", FlatContext::import, "iilfd", "i"},
    {"func(a: string, b: list<u8>)", FlatContext::import, "iiii", ""},
    {"func(p: point) -> point", FlatContext::import, "fdi", ""},
    {"func(p: point) -> point", FlatContext::export_, "fd", "i"},
    {"func(v: v) -> few", FlatContext::import, "il", "i"},
    {"func(o: option<f32>, r: result<u32, f32>)", FlatContext::import, "ifii", ""},
    {"func(a: borrow<r>, b: r, s: stream<u8>) -> future<string>", FlatContext::import, "iii", "i"},
    {"func(b: big)", FlatContext::import, "i", ""},
    {"func(l: list<u8, 3>)", FlatContext::import, "iii", ""},
    {"async func(a: u8, b: u8) -> string", FlatContext::import_async, "iii", "i"},
    {"async func(a: string, b: string, c: u8)", FlatContext::import_async, "i", "i"},
    {"async func(a: string) -> string", FlatContext::export_async, "ii", "i"},
    {"async func(a: string) -> string", FlatContext::export_async_stackful, "ii", ""},
};

TEST(FlatTypes, GiveTheSignaturesOfTheCanonicalAbi) {
  for (const Case& each : cases) {
    const std::string text = std::string(interface_head) + std::string(each.function) + "; }";
    wit::ResolveOptions options;
    options.features = Features::all();
    const auto resolve = wit::resolve_file({"test.wit", text}, *std::pmr::get_default_resource(), options);
    ASSERT_TRUE(resolve) << resolve.error().message();
    const FlatTypes types(*resolve);
    const wit::Function& function = resolve->interfaces[wit::InterfaceIdx(0U)].functions[0];
    const FlatSignature signature = types.signature(function, each.context);
    EXPECT_EQ(letters(signature.params), each.params) << each.function;
    EXPECT_EQ(letters(signature.results), each.results) << each.function;
  }
}

TEST(FlatTypes, KnowTheOptionsThatFunctionsNeed) {
  const std::string text =
      std::string(interface_head) + "func(s: string) -> list<u8>; g: func(p: point); h: func(b: big); }";
  wit::ResolveOptions options;
  options.features = Features::all();
  const auto resolve = wit::resolve_file({"test.wit", text}, *std::pmr::get_default_resource(), options);
  ASSERT_TRUE(resolve) << resolve.error().message();
  const FlatTypes types(*resolve);
  const auto& functions = resolve->interfaces[wit::InterfaceIdx(0U)].functions;
  const NeededOptions lowered = types.options(functions[0], FlatContext::import);
  EXPECT_TRUE(lowered.memory && lowered.realloc && lowered.encoding && !lowered.is_async);
  EXPECT_FALSE(types.options(functions[1], FlatContext::import).any());
  const NeededOptions indirect = types.options(functions[2], FlatContext::import);
  EXPECT_TRUE(indirect.memory && !indirect.realloc && !indirect.encoding);
  EXPECT_TRUE(types.options(functions[2], FlatContext::export_).realloc);
}

// Types that mention the one before twice: their flat form would be 2^n values.
TEST(FlatTypes, AreQuickForTypesThatUnfoldToMany) {
  std::string text = "package a:b; interface i { record r0 { a: u8, b: string } ";
  for (int i = 1; i < 200; ++i) {
    const std::string before = "r" + std::to_string(i - 1);
    text += "record r" + std::to_string(i) + " { a: " + before + ", b: " + before + " } ";
  }
  text += "f: func(a: r199) -> stream<r199>; }";
  const auto resolve = wit::resolve_file({"test.wit", text}, *std::pmr::get_default_resource(), {});
  ASSERT_TRUE(resolve) << resolve.error().message();
  const FlatTypes types(*resolve);
  const FlatSignature signature =
      types.signature(resolve->interfaces[wit::InterfaceIdx(0U)].functions[0], FlatContext::import);
  EXPECT_TRUE(signature.is_indirect);
}

}  // namespace
}  // namespace tenon::compose
