// A call from one guest to another, made up from the bytes: the types of its parameters and its result, what the caller
// passes and has in memory, which encodings both use, and how the callee's realloc behaves. What must hold: nothing of
// that crashes or hangs, the call ends the same by an adapter and by lifting and lowering, with the same trap or the
// same memory in both guests.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/component_state.hpp"
#include "spec/features.hpp"
#include "tenon/component.hpp"

namespace {

using namespace tenon;

void require(bool holds) {
  if (!holds) std::abort();
}

class Source {
 public:
  Source(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : 0; }
  std::size_t below(std::size_t bound) { return byte() % bound; }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// A type, its core values in a 32-bit memory, and its size there.
struct Shape {
  const char* type;
  const char* core;
};
constexpr Shape shapes[] = {
    {"bool", "i"},
    {"s8", "i"},
    {"u16", "i"},
    {"s32", "i"},
    {"u64", "l"},
    {"f32", "f"},
    {"f64", "d"},
    {"char", "i"},
    {"string", "ii"},
    {"(list u8)", "ii"},
    {"(list bool)", "ii"},
    {"(list string)", "ii"},
    {"(list (tuple u8 u32))", "ii"},
    {"(list (option char))", "ii"},
    {"(list (list u16))", "ii"},
    {"(tuple u8 string f64)", "iiid"},
    {"(option string)", "iii"},
    {"(result u64 (error f32))", "il"},
    {"(option (tuple f64 u8))", "idi"},
    {"(result string (error f64))", "ili"},
    {"(tuple u32 u32 u32 u32 u32 u32 u32 u32 u32)", "iiiiiiiii"},
    {"(option (list (result u8)))", "iii"},
    {"error-context", "i"},
};
constexpr const char* encodings[] = {"", "string-encoding=utf16", "string-encoding=latin1+utf16"};
// The last three misbehave.
constexpr const char* reallocs[] = {
    ("(global.set $top (i32.add (i32.and (global.get $top) (i32.const -16)) (i32.const 16))) (global.get $top) "
     "(global.set $top (i32.add (global.get $top) (local.get 3)))"),
    "(i32.const 4096)",
    "(drop (memory.grow (i32.const 1))) (i32.const 65536)",
    "(i32.const 1)",
    "(i32.const -16)",
    "unreachable",
};

std::string core_types(const std::string& core) {
  std::string text;
  for (const char c : core) text += c == 'i' ? " i32" : c == 'l' ? " i64" : c == 'f' ? " f32" : " f64";
  return text;
}

std::string constant(char core, Source& source) {
  // Small numbers, for they are the interesting pointers, lengths and cases.
  const std::uint32_t number = source.below(4) == 0 ? source.word() : static_cast<std::uint32_t>(source.below(40));
  const std::string digits = std::to_string(number);
  switch (core) {
    case 'i': return " (i32.const " + digits + ")";
    case 'l': return " (i64.const " + digits + ")";
    case 'f': return " (f32.const " + digits + ")";
    default: return " (f64.const " + digits + ")";
  }
}

std::string memory_bytes(Source& source) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 64; ++i) {
    const std::uint8_t byte = source.byte();
    text += {'\\', digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

// The exports `call` of the caller, and `sum` of both, which is of all of a memory.
std::string component_text(Source& source) {
  std::string core;
  std::string params;
  for (std::size_t i = 0, n = 1 + source.below(3); i < n; ++i) {
    const Shape& shape = shapes[source.below(std::size(shapes))];
    if (core.size() + std::string_view(shape.core).size() > 16) break;
    core += shape.core;
    params += " (param \"p" + std::to_string(i) + "\" " + shape.type + ")";
  }
  const bool has_result = source.below(2) == 0;
  const Shape& result = shapes[source.below(std::size(shapes))];
  const std::string_view result_core = has_result ? result.core : "";
  const std::string result_type = has_result ? std::string(" (result ") + result.type + ")" : std::string();
  const bool is_out = result_core.size() > 1;
  std::string arguments;
  for (const char c : core) arguments += constant(c, source);
  std::string callee_result;
  std::string callee_body;
  if (is_out) callee_result = " (result i32)";
  if (result_core.size() == 1) callee_result = " (result" + core_types(std::string(result_core)) + ")";
  if (is_out) callee_body = constant('i', source);
  if (result_core.size() == 1) callee_body = constant(result_core[0], source);
  const std::string lowered_params = core_types(core) + (is_out ? " i32" : "");
  const std::string lowered_result = is_out ? "" : callee_result;
  if (is_out) arguments += constant('i', source);
  const std::string drop = lowered_result.empty() ? "" : "drop";
  const std::string sum =
      "(func (export \"sum\") (result i32) (local i32 i32) (loop (local.set 1 (i32.add (i32.mul (local.get 1) "
      "(i32.const "
      "31)) (i32.load (local.get 0)))) (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) "
      "(i32.const "
      "65536)))) (local.get 1))";
  const auto memory_module = [&](const std::string& functions) {
    return "(core module $m (memory (export \"memory\") 1) (data (i32.const 0) \"" + memory_bytes(source) +
           "\") (global $top (mut i32) (i32.const 1024)) (func (export \"realloc\") (param i32 i32 i32 i32) (result "
           "i32) " +
           reallocs[source.below(std::size(reallocs))] + ")" + sum + functions +
           ") (core instance $i (instantiate $m))";
  };
  const auto options = [&] {
    return std::string("(memory $i \"memory\") (realloc (func $i \"realloc\")) ") +
           encodings[source.below(std::size(encodings))];
  };
  const std::string lifted_sum = "(func (export \"sum\") (result u32) (canon lift (core func $i \"sum\")))";
  std::string text = "(component (component $callee ";
  text += memory_module("(func (export \"f\") (param" + core_types(core) + ")" + callee_result + callee_body + ")");
  text += "(func (export \"f\")" + params + result_type + " (canon lift (core func $i \"f\") " + options() + "))";
  text += lifted_sum + ") (instance $callee (instantiate $callee))";
  text += "(component $caller (import \"callee\" (instance $callee (export \"f\" (func" + params + result_type + "))))";
  text += memory_module("") + "(core func $f (canon lower (func $callee \"f\") " + options() + "))";
  text += "(core module $c (import \"\" \"f\" (func $f (param" + lowered_params + ")" + lowered_result +
          ")) (func (export \"call\") (call $f" + arguments + ") " + drop + "))";
  text += "(core instance $c (instantiate $c (with \"\" (instance (export \"f\" (func $f))))))";
  text += "(func (export \"call\") (canon lift (core func $c \"call\")))" + lifted_sum;
  text += ") (instance $caller (instantiate $caller (with \"callee\" (instance $callee))))";
  text += "(export \"callee\" (instance $callee)) (export \"caller\" (instance $caller)))";
  return text;
}

std::string outcome(const Engine& engine, const Component& component, bool uses_adapters) {
  Store store(engine, Limits().memory(64_MiB));
  detail::StoreBlock::of(store).component_store().world.scheduler.uses_adapters = uses_adapters;
  auto instance = Linker(engine).instantiate(store, component);
  require(instance.has_value());
  auto call = instance->func<void()>("caller", "call");
  require(call.has_value());
  const auto called = (*call)();
  if (!called) return std::string(called.error().message());
  std::string text;
  for (const char* guest : {"callee", "caller"}) {
    auto sum = instance->func<std::uint32_t()>(guest, "sum");
    require(sum.has_value());
    text += std::to_string((*sum)().value_or(0)) + " ";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Engine engine(EngineOptions{.features = Features::all().bits()});
  Source source(data, size);
  const std::string text = component_text(source);
  const auto component = Component::compile(engine, text);
  if (!component) {
    std::fprintf(stderr, "%s\n%s\n", text.c_str(), std::string(component.error().message()).c_str());
    std::abort();
  }
  require(outcome(engine, *component, true) == outcome(engine, *component, false));
  return 0;
}
