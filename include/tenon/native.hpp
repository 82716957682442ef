// Compiled code in files: ahead of time, and the cache.
//
//   auto file = tenon::compile_native(engine, bytes).value();     // for this processor and this version of Tenon
//   auto other = tenon::compile_native(engine, bytes, {.machine = "aarch64-linux"}).value();
//   auto module = tenon::Module::compile(engine, file).value();   // nothing is compiled any more
//
// A compiled file holds machine code that runs in this process. Take it from whoever you would take a program from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tenon/tenon.hpp"

namespace tenon {

// What code is made for. A machine is "x86_64-linux" or "aarch64-linux"; empty: this one. A processor is one of the
// names that an error lists; empty: what every processor of the machine has. Both empty: this processor, with all that
// it has.
struct NativeTarget {
  std::string_view machine;
  std::string_view processor;
};

// The module or component, binary or text, together with the machine code of all its core modules, as a file that
// `Module::compile` and `Component::compile` take on such a machine. Errors: malformed, invalid, exhausted, usage.
Result<std::string> compile_native(const Engine& engine, std::string_view input, const NativeTarget& target = {});

// Whether the bytes begin as such a file does; `is_native_component`: and hold a component.
bool is_native(std::string_view bytes) noexcept;
bool is_native_component(std::string_view bytes) noexcept;

// What the compiler makes of a module, or of a component's core modules one behind the other: LLVM's intermediate
// representation after all its passes, or assembler. Errors: as above.
enum class NativeText : std::uint8_t { ir, assembler };
Result<std::string> show_native(const Engine& engine, std::string_view input, NativeText form,
                                const NativeTarget& target = {});

// One page of HTML for a browser: each function as text beside the machine code that the optimizing tier makes of it.
// Errors: as above.
Result<std::string> explore_native(const Engine& engine, std::string_view input);

// A function's machine code, where it is while its module is loaded.
struct NativeFunction {
  const void* begin = nullptr;
  std::size_t size = 0;
  std::string name;  // "module!name", or as much of it as the name section has, and " (baseline)" of quick code
};
// From now on, `tell` hears of each function that gets machine code, wherever that comes from; on the thread that adds
// it. To be set before modules are loaded.
void observe_native(const Engine& engine, std::function<void(const NativeFunction&)> tell);

// The folder `tenon` in this user's folder of caches; empty if he has none.
std::string default_cache_folder();

struct CacheStatus {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};
// Errors: io, when the folder is not one that only this user can write to.
Result<CacheStatus> cache_status(const std::string& folder);
// Removes all entries, and says what they were.
Result<CacheStatus> clear_cache(const std::string& folder);

}  // namespace tenon
