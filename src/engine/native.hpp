// Compiled code of core modules: from a file that holds it, from the cache, or from the compiler; before the module
// runs, or while it does.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/state.hpp"
#include "jit/cache.hpp"
#include "jit/native_code.hpp"
#include "jit/optimizing/compiler.hpp"
#include "os/mapped_file.hpp"
#include "tenon/native.hpp"

namespace tenon::detail {

// A core module that is compiled, or to be.
struct NativeUnit {
  NativeUnit(runtime::CodeModule& interpreted, bool loop_dispatch)
      : validated(interpreted.validated), code(&interpreted), native(interpreted, loop_dispatch) {}
  const core::ValidatedModule* validated;  // with functions of its own, so with sections
  runtime::CodeModule* code;
  jit::NativeCode native;
  jit::Linkage linkage;                                                  // empty: nothing is known
  const std::function<void(const NativeFunction&)>* observer = nullptr;  // the engine's

  // Errors: as of `NativeCode::add`.
  Result<void> add(const jit::Image& image);

  // Of `Background`.
  using Clock = std::chrono::steady_clock;
  std::mutex compiling;
  std::optional<jit::Digest> key;
  std::vector<jit::Image> images;
  std::size_t kept = 0;        // of the images, those that the cache has
  Clock::time_point kept_at;   // when it got the last one
  std::vector<bool> compiled;  // functions that are, or that the compiler would not take
  std::atomic<bool> has_ended = false;
  bool is_known = false;  // the cache was asked
  Clock::time_point known_at;
  std::uint32_t seen = 0;      // how often guests had been found in its functions
  std::size_t piece_size = 0;  // bytes of bodies that were compiled in the last piece
};

// What a module is linked to, and the code of the modules of the linkage.
struct LinkedCode {
  jit::Linkage linkage;
  std::vector<const runtime::CodeModule*> modules;
};

// Gives the module compiled code as the engine's tier says; `given` (may be nullptr) is code from a file, made for the
// same linkage. nullptr: it is interpreted. Errors: usage, exhausted, malformed.
Result<std::shared_ptr<NativeUnit>> make_native(EngineState& engine, runtime::CodeModule& code, const jit::Image* given,
                                                const LinkedCode& linked = {});
// The module goes: nothing is compiled for it any more.
void end_native(EngineState& engine, const std::shared_ptr<NativeUnit>& unit) noexcept;

// Different code for the same module: a whole one, and the parts that were called.
enum class CodeKind : std::uint8_t { whole, called, whole_metered, called_metered };

// nullptr: it is not installed.
jit::CompileOptimizing* find_compiler();
// nullptr: the engine has none, or it cannot be used.
std::unique_ptr<jit::Cache> open_cache(const EngineOptions& options);
jit::Digest key_of(const jit::Cache& cache, const NativeUnit& unit, CodeKind kind);

// A file as input: a compiled one as it lies in the file system, any other read.
class InputFile {
 public:
  explicit InputFile(std::string path) : path_(std::move(path)), mapped_(path_) {}
  // Its contents, as long as this lives. Errors: io.
  Result<Input> read();

 private:
  std::string path_;
  os::MappedFile mapped_;
  std::string contents_;
};

// A compiled file's contents: what it was made of, and its code. For other input: the input, and no code. Errors:
// usage, malformed.
struct NativeInput {
  std::string_view source;
  std::vector<jit::Image> images;
  const jit::Image* image(std::size_t module) const noexcept {
    return module < images.size() ? &images[module] : nullptr;
  }
};
Result<NativeInput> open_native(const EngineState& engine, const Input& input);

}  // namespace tenon::detail
