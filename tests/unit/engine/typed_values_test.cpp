// The two ways of values between the host and guests, C++ types and `component::Val`, against each other: whatever lies
// in a guest's memory, both lift the same value, or fail with the same trap; and both lower a value to the same bytes.
//
// For each C++ type of a list a component is written that gives and takes such values. Its memory is filled with what
// could almost be such a value: small numbers, addresses, text, noise. What is lifted is lowered again into the same
// guest, and both guests' memories must then be equal to the last byte.
//
// TENON_TYPED_VALUES=n tries n memories a type; TENON_SEED=n begins with another seed.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine_support.hpp"
#include "tenon/component.hpp"

namespace tenon {

namespace typed_values {

enum class Color : std::uint8_t { red, green, blue };
struct Record {
  std::uint8_t small;
  std::string text;
  std::optional<std::uint32_t> maybe;
  double number;
};
struct Seventeen {
  std::array<std::uint8_t, 16> bytes;
  char32_t last;
};

}  // namespace typed_values

namespace {

using component::Val;
using detail::Shape;
using typed_values::Color;
using typed_values::Record;
using typed_values::Seventeen;

constexpr unsigned color_count = 3;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// --- Component types as text ---------------------------------------------------------------------------------------

// Writes the type of a shape; what must have a name is imported under one.
class TypeWriter {
 public:
  std::string imports;

  std::string type(const Shape& shape) {
    constexpr std::string_view primitives[] = {"bool", "s8",  "u8",  "s16", "u16",  "s32",   "u32",
                                               "s64",  "u64", "f32", "f64", "char", "string"};
    if (shape.kind <= Shape::Kind::string) return std::string(primitives[static_cast<std::size_t>(shape.kind)]);
    switch (shape.kind) {
      case Shape::Kind::list: return "(list " + type(*shape.element) + ")";
      case Shape::Kind::fixed_length_list:
        return "(list " + type(*shape.element) + " " + std::to_string(shape.length) + ")";
      case Shape::Kind::tuple: return "(tuple" + types(shape) + ")";
      case Shape::Kind::option: return "(option " + type(*shape.element) + ")";
      case Shape::Kind::result: return result(shape);
      case Shape::Kind::record: return named(members("record", "field", shape));
      case Shape::Kind::variant: return named(members("variant", "case", shape));
      case Shape::Kind::enum_: return named(labels("enum", color_count));
      default: return named(labels("flags", shape.length));
    }
  }

 private:
  std::string types(const Shape& shape) {
    std::string text;
    for (const Shape* member : shape.members) text += " " + type(*member);
    return text;
  }
  std::string result(const Shape& shape) {
    std::string text = "(result";
    if (shape.members[0] != nullptr) text += " " + type(*shape.members[0]);
    if (shape.members[1] != nullptr) text += " (error " + type(*shape.members[1]) + ")";
    return text + ")";
  }
  std::string members(std::string_view what, std::string_view member, const Shape& shape) {
    std::string text = "(" + std::string(what);
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      text += " (" + std::string(member) + " \"m" + std::to_string(i) + "\"";
      if (shape.members[i] != nullptr) text += " " + type(*shape.members[i]);
      text += ")";
    }
    return text + ")";
  }
  static std::string labels(std::string_view what, std::size_t count) {
    std::string text = "(" + std::string(what);
    for (std::size_t i = 0; i < count; ++i) text += " \"l" + std::to_string(i) + "\"";
    return text + ")";
  }
  std::string named(const std::string& definition) {
    const std::string number = std::to_string(count_++);
    imports += "(type $t" + number + " " + definition + ") (import \"t" + number + "\" (type $n" + number + " (eq $t" +
               number + ")))\n";
    return "$n" + number;
  }
  unsigned count_ = 0;
};

// The core types that a value is flattened to.
std::vector<std::string> flatten(const Shape& shape, const std::string& pointer) {
  std::vector<std::string> flat;
  const auto append = [&](const Shape* part) {
    for (auto& type : flatten(*part, pointer)) flat.push_back(type);
  };
  const auto join = [&](const Shape* part) {
    if (part == nullptr) return;
    const auto given = flatten(*part, pointer);
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (i + 1 >= flat.size()) {
        flat.push_back(given[i]);
      } else if (flat[i + 1] != given[i]) {
        const bool is_32 = flat[i + 1].ends_with("32") && given[i].ends_with("32");
        flat[i + 1] = is_32 ? "i32" : "i64";
      }
    }
  };
  switch (shape.kind) {
    case Shape::Kind::s64:
    case Shape::Kind::u64: return {"i64"};
    case Shape::Kind::f32: return {"f32"};
    case Shape::Kind::f64: return {"f64"};
    case Shape::Kind::string:
    case Shape::Kind::list: return {pointer, pointer};
    case Shape::Kind::tuple:
    case Shape::Kind::record:
      for (const Shape* member : shape.members) append(member);
      return flat;
    case Shape::Kind::fixed_length_list:
      for (std::uint32_t i = 0; i < shape.length; ++i) append(shape.element);
      return flat;
    case Shape::Kind::variant:
    case Shape::Kind::result:
      flat.emplace_back("i32");
      for (const Shape* member : shape.members) join(member);
      return flat;
    case Shape::Kind::option:
      flat.emplace_back("i32");
      join(shape.element);
      return flat;
    default: return {"i32"};
  }
}

struct Guest {
  std::string encoding;
  bool is_64;
};
constexpr std::size_t memory_size = 65'536;
constexpr unsigned slots_at = 1'024;    // flat values, 8 bytes each
constexpr unsigned pointer_at = 1'016;  // where values that are not flat are
constexpr unsigned heap_at = 32'768;    // what realloc gives

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += " " + part;
  return text;
}

// A component whose functions work on one memory: `fill` and `dump` are all of it, `get` gives the value in it, `drive`
// passes it to the host, and `put` and `fetch` take one, as a parameter and as the host's result.
std::string component_of(const Shape& shape, const Guest& guest) {
  const std::string p = guest.is_64 ? "i64" : "i32";
  TypeWriter writer;
  const std::string type = writer.type(shape);
  const auto flat = flatten(shape, p);
  const bool in_memory = flat.size() > 1;
  const bool params_in_memory = flat.size() > 16;
  const auto at = [&](unsigned address) { return "(" + p + ".const " + std::to_string(address) + ")"; };
  const std::string load_pointer = "(" + p + ".load " + at(pointer_at) + ")";
  std::vector<std::string> loads;
  std::string stores;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const std::string place = at(slots_at + 8 * static_cast<unsigned>(i));
    loads.push_back("(" + flat[i] + ".load " + place + ")");
    stores += "(" + flat[i] + ".store " + place + " (local.get " + std::to_string(i) + "))";
  }
  const std::string params = params_in_memory ? p : join(flat);
  const std::string result = in_memory ? p : flat[0];
  const std::string passed = params_in_memory ? load_pointer : join(loads);
  if (params_in_memory) stores = "(" + p + ".store " + at(pointer_at) + " (local.get 0))";
  const std::string memory = "(memory " + std::string(guest.is_64 ? "i64 " : "") + "1 1)";
  const std::string options =
      " (memory $mem \"memory\") (realloc (func $mem \"realloc\")) string-encoding=" + guest.encoding;
  return "(component " + writer.imports + "(import \"take\" (func $take (param \"v\" " + type +
         ")))"
         "(import \"give\" (func $give (result " +
         type +
         ")))"
         "(core module $memory " +
         memory +
         "(export \"memory\" (memory 0))"
         "  (global $next (mut " +
         p + ") " + at(heap_at) +
         ")"
         "  (func (export \"realloc\") (param " +
         p + " " + p + " " + p + " " + p + ") (result " + p + ") (local $at " + p +
         ")"
         "    (local.set $at (" +
         p + ".and (" + p + ".add (global.get $next) (" + p + ".sub (local.get 2) (" + p +
         ".const 1)))"
         "                            (" +
         p + ".sub (" + p +
         ".const 0) (local.get 2))))"
         "    (global.set $next (" +
         p +
         ".add (local.get $at) (local.get 3)))"
         // What was there moves along: of transcoded strings.
         "    (memory.copy (local.get $at) (local.get 0) (select (local.get 1) (local.get 3) (" +
         p +
         ".lt_u (local.get 1) (local.get 3))))"
         "    (local.get $at))"
         "  (func (export \"zero\") (param " +
         p + " " + p + " " + p + " " + p + ") (result " + p + ") " + at(0) +
         "))"
         "(core instance $mem (instantiate $memory))"
         "(core func $take' (canon lower (func $take)" +
         options +
         "))"
         "(core func $give' (canon lower (func $give)" +
         options +
         "))"
         "(core module $m (import \"\" \"memory\" " +
         memory +
         ")"
         "  (import \"\" \"take\" (func $take (param " +
         params +
         ")))"
         "  (import \"\" \"give\" (func $give " +
         (in_memory ? "(param " + p + ")" : "(result " + result + ")") +
         "))"
         "  (func (export \"fill\") (param " +
         p + " " + p +
         "))"
         "  (func (export \"dump\") (result " +
         p +
         ")"
         "    (" +
         p + ".store " + at(memory_size - 16) + " " + at(0) +
         ")"
         "    (" +
         p + ".store " + at(memory_size - (guest.is_64 ? 8 : 12)) + " " + at(memory_size) + ")" + at(memory_size - 16) +
         ")"
         "  (func (export \"get\") (result " +
         result + ") " + (in_memory ? load_pointer : loads[0]) +
         ")"
         "  (func (export \"drive\") (call $take " +
         passed +
         "))"
         "  (func (export \"put\") (param " +
         params + ") " + stores +
         ")"
         "  (func (export \"fetch\") " +
         (in_memory ? "(call $give " + load_pointer + ")"
                    : "(" + flat[0] + ".store " + at(slots_at) + " (call $give))") +
         "))"
         "(core instance $i (instantiate $m (with \"\" (instance (export \"memory\" (memory $mem \"memory\"))"
         "  (export \"take\" (func $take')) (export \"give\" (func $give'))))))"
         "(func (export \"fill\") (param \"l\" (list u8)) (canon lift (core func $i \"fill\") (memory $mem \"memory\")"
         "  (realloc (func $mem \"zero\"))))"
         "(func (export \"dump\") (result (list u8)) (canon lift (core func $i \"dump\") (memory $mem \"memory\")))"
         "(func (export \"get\") (result " +
         type + ") (canon lift (core func $i \"get\")" + options +
         "))"
         "(func (export \"drive\") (canon lift (core func $i \"drive\")))"
         "(func (export \"put\") (param \"v\" " +
         type + ") (canon lift (core func $i \"put\")" + options +
         "))"
         "(func (export \"fetch\") (canon lift (core func $i \"fetch\"))))";
}

// --- Both ways -----------------------------------------------------------------------------------------------------

// One instance whose host's functions keep the last value: as a T, or as a Val.
template <class T, bool is_dynamic>
struct Side {
  using Value = std::conditional_t<is_dynamic, Val, T>;

  Side(const Engine& engine, const Component& component) : store(engine), linker(engine) {
    if constexpr (is_dynamic) {
      linker
          .define_dynamic("", "take",
                          [this](std::span<const Val> arguments) -> Result<std::vector<Val>> {
                            value = arguments[0];
                            return std::vector<Val>();
                          })
          .value();
      linker
          .define_dynamic("", "give",
                          [this](std::span<const Val>) -> Result<std::vector<Val>> { return std::vector<Val>{*value}; })
          .value();
    } else {
      linker.define("", "take", [this](T given) { value = std::move(given); }).value();
      linker.define("", "give", [this]() -> T { return *value; }).value();
    }
    instance = linker.instantiate(store, component).value();
  }

  Result<void> get() {
    if constexpr (is_dynamic) {
      auto results = instance.func("get").value().call({});
      if (!results) return std::move(results).error();
      value = std::move(results->front());
    } else {
      auto result = instance.func<T()>("get").value()();
      if (!result) return std::move(result).error();
      value = *std::move(result);
    }
    return {};
  }
  Result<void> put() {
    if constexpr (is_dynamic) {
      auto done = instance.func("put").value().call({&*value, 1});
      if (!done) return std::move(done).error();
      return {};
    } else {
      return instance.func<void(T)>("put").value()(*value);
    }
  }
  Result<void> run(std::string_view name) { return instance.func<void()>(name).value()(); }
  void fill(const std::vector<std::uint8_t>& bytes) {
    instance.func<void(std::vector<std::uint8_t>)>("fill").value()(bytes).value();
  }
  std::vector<std::uint8_t> dump() { return instance.func<std::vector<std::uint8_t>()>("dump").value()().value(); }

  Store store;
  Linker linker;
  ComponentInstance instance;
  std::optional<Value> value;
};

class Bytes {
 public:
  explicit Bytes(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // Words that could be almost anything.
  std::vector<std::uint8_t> memory() {
    std::vector<std::uint8_t> bytes(memory_size);
    const std::uint64_t wildness = below(4);
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      const std::uint32_t word = this->word(wildness);
      std::memcpy(&bytes[i], &word, sizeof word);
    }
    return bytes;
  }

 private:
  std::uint32_t word(std::uint64_t wildness) {
    switch (below(wildness == 0 ? 6 : 9)) {
      case 0:
      case 1: return static_cast<std::uint32_t>(below(4));
      case 2: return 0;
      case 3:
      case 4: return static_cast<std::uint32_t>(8 * below(heap_at / 8));
      case 5: return static_cast<std::uint32_t>('a' + below(26)) * 0x01'01'01'01;
      case 6: return static_cast<std::uint32_t>(below(memory_size + 64));
      case 7: return static_cast<std::uint32_t>(below(0x11'0100));
      default: return static_cast<std::uint32_t>(random_());
    }
  }
  std::mt19937_64 random_;
};

// A trap's reason, without the parameter or result that it speaks of.
std::string_view reason_of(std::string_view message) {
  return message.substr(0, std::min(message.rfind(", in the parameter"), message.rfind(", in the result")));
}

// Both succeeded, or both failed for the same reason, of which the typed way says no more than the other.
void expect_same(const Result<void>& typed, const Result<void>& dynamic) {
  ASSERT_EQ(typed.has_value(), dynamic.has_value()) << (typed ? dynamic.error().message() : typed.error().message());
  if (typed) return;
  ASSERT_EQ(typed.error().kind(), dynamic.error().kind());
  const std::string_view whole = dynamic.error().message();
  const std::string_view part = typed.error().message();
  ASSERT_TRUE(whole.starts_with(reason_of(part))) << part << "\nagainst: " << whole;
}

struct Outcomes {
  unsigned values = 0;
  unsigned traps = 0;
};

// One memory: its value goes to the host and back, along both ways.
template <class T>
void try_memory(const Engine& engine, const Component& component, const std::vector<std::uint8_t>& bytes, bool is_param,
                Outcomes& outcomes) {
  Side<T, false> typed(engine, component);
  Side<T, true> dynamic(engine, component);
  typed.fill(bytes);
  dynamic.fill(bytes);
  const auto lifted = is_param ? typed.run("drive") : typed.get();
  ASSERT_NO_FATAL_FAILURE(expect_same(lifted, is_param ? dynamic.run("drive") : dynamic.get()));
  ++(lifted ? outcomes.values : outcomes.traps);
  if (!lifted) return;
  ASSERT_TRUE(typed.value && dynamic.value);
  const auto lowered = is_param ? typed.put() : typed.run("fetch");
  ASSERT_NO_FATAL_FAILURE(expect_same(lowered, is_param ? dynamic.put() : dynamic.run("fetch")));
  if (lowered) ASSERT_EQ(typed.dump(), dynamic.dump());
}

template <class T>
struct TypedValues : ::testing::Test {};
using Types = ::testing::Types<
    bool, std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
    std::uint64_t, float, double, char32_t, std::string, std::vector<std::uint8_t>, std::vector<bool>,
    std::vector<float>, std::vector<double>, std::vector<char32_t>, std::vector<std::string>,
    std::vector<std::vector<std::int16_t>>, std::array<std::uint16_t, 3>, std::array<std::string, 2>,
    std::tuple<bool, std::int64_t, std::uint8_t>, std::pair<char32_t, std::string>, Record, std::vector<Record>,
    std::variant<std::monostate, std::uint8_t, double, std::string>, std::variant<float, std::int64_t, Color>,
    std::vector<std::variant<float, std::string, Color>>, std::optional<std::optional<char32_t>>,
    std::vector<std::optional<float>>, Outcome<std::string, Color>, Outcome<std::monostate, std::monostate>,
    std::vector<Outcome<std::uint64_t, std::string>>, Color, std::vector<Color>, std::bitset<5>, std::bitset<32>,
    std::vector<std::bitset<9>>, Seventeen, std::vector<std::array<std::vector<char32_t>, 2>>>;
TYPED_TEST_SUITE(TypedValues, Types);

TYPED_TEST(TypedValues, AreThoseOfDynamicCalls) {
  using T = TypeParam;
  const std::uint64_t seed = setting("TENON_SEED", 1);
  const std::uint64_t count = setting("TENON_TYPED_VALUES", 12);
  const Engine engine;
  Outcomes outcomes;
  for (const std::string_view encoding : {"utf8", "utf16", "latin1+utf16"}) {
    for (const bool is_64 : {false, true}) {
      const std::string text = component_of(detail::Abi<T>::shape, {std::string(encoding), is_64});
      const auto component = Component::compile(engine, text);
      ASSERT_TRUE(component) << component.error().message() << "\n" << text;
      for (std::uint64_t i = 0; i < count; ++i) {
        SCOPED_TRACE(testing::Message() << "TENON_SEED=" << seed + i << " encoding " << encoding << " 64: " << is_64);
        Bytes random(seed + i);
        const auto bytes = random.memory();
        for (const bool is_param : {false, true}) {
          ASSERT_NO_FATAL_FAILURE(try_memory<T>(engine, *component, bytes, is_param, outcomes));
        }
      }
    }
  }
  EXPECT_GT(outcomes.values, 0U);
}

}  // namespace
}  // namespace tenon
