// How WIT functions look to a core module: flat signatures, and what the canonical options must offer.
// https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening
#pragma once

#include <vector>

#include "model/core/types.hpp"
#include "model/wit/resolve.hpp"

namespace tenon::compose {

// From where the function is seen, and how it waits.
enum class FlatContext : std::uint8_t {
  import,
  import_async,  // [async-lower]
  export_,
  export_async,           // [async-lift], with a callback
  export_async_stackful,  // [async-lift-stackful]
};

struct FlatSignature {
  std::vector<core::ValType> params;
  std::vector<core::ValType> results;
  bool is_indirect = false;      // parameters go through memory
  bool returns_pointer = false;  // so do results
};

// The canonical options that a function needs.
struct NeededOptions {
  bool memory = false;
  bool realloc = false;
  bool encoding = false;
  bool is_async = false;
  bool any() const noexcept { return memory || realloc || encoding; }
};

// Facts of all types of a `Resolve`, worked out once, in the order of their indices: each from those of the types in
// it.
class FlatTypes {
 public:
  explicit FlatTypes(const wit::Resolve& resolve);

  FlatSignature signature(const wit::Function& function, FlatContext context) const;
  NeededOptions options(const wit::Function& function, FlatContext context) const;
  // Those of `task.return` for the function.
  NeededOptions return_options(const wit::Function& function) const;
  // Those of reading (or writing) values of the type from a stream or future.
  NeededOptions payload_options(const wit::Type& payload, bool reads, bool is_async) const;
  // The streams and futures in the parameters and the result, in order, inner ones before those that carry them.
  std::vector<wit::TypeIdx> streams_and_futures(const wit::Function& function) const;

 private:
  using Flat = std::vector<core::ValType>;
  struct Facts {
    Flat flat;
    bool is_too_long = false;  // more values than can be passed flat
    bool has_string = false;
    bool has_list = false;
    std::vector<wit::TypeIdx> streams;
  };
  Facts of(const wit::TypeDef& type) const;
  void add_part(Facts& out, const wit::Type& part) const;
  void add_case(Facts& out, Flat& joined, const wit::Type& payload) const;
  bool append(Flat& out, const wit::Type& type, std::size_t limit) const;
  void add_lift(const wit::Type& type, NeededOptions& out) const;
  void add_lower(const wit::Type& type, NeededOptions& out) const;
  const Facts& facts(const wit::Type& type) const { return facts_[type.index.value]; }

  std::vector<Facts> facts_;
};

}  // namespace tenon::compose
