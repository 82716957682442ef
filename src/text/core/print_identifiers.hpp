// Identifiers made from the names of the name section.
//
// Names are any text and need not differ; identifiers must not be empty and must differ within their index space. A
// name that can be an identifier becomes it, in quotes where it has characters that identifiers do not allow. A name
// that was taken already gets `#` and its index added until it differs; an empty one, or one so long that repeating it
// with every use would blow up the text, gets no identifier. In these cases `(@name "...")` at the definition carries
// the true name.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "model/core/names.hpp"

namespace tenon::core {

// Longer names are not used as identifiers, so that a name of a megabyte that a thousand calls mention stays one.
inline constexpr std::size_t max_identifier_size = 1'024;

// The identifier's text behind the `$`, quotes included: `name` itself or a quoted copy in `arena`. Empty if it can be
// none.
std::string_view identifier_text(std::string_view name, Arena& arena);

// The identifiers of one index space. Reusable: `assign` forgets what was there.
class Identifiers {
 public:
  explicit Identifiers(std::pmr::memory_resource& memory) : entries_(&memory), slots_(&memory) {}

  // Makes identifiers for the entities [0, count) from `names`; text that has to be made lives in `arena`.
  void assign(const NameMap& names, std::uint32_t count, Arena& arena);
  void clear() noexcept { entries_.clear(); }

  bool empty() const noexcept { return entries_.empty(); }
  // The text behind the `$`; empty if the entity has no identifier.
  std::string_view text(std::uint32_t index) const noexcept {
    return index < entries_.size() ? entries_[index].text : std::string_view{};
  }
  // The name that `(@name ...)` has to carry, or nullptr if the identifier says it all.
  const std::string_view* annotation(std::uint32_t index) const noexcept {
    return index < entries_.size() && entries_[index].is_annotated ? &entries_[index].name : nullptr;
  }

 private:
  struct Entry {
    std::string_view text;
    std::string_view content;  // what the text means; what has to differ
    std::string_view name;
    bool is_annotated = false;
  };
  // Remembers that `index` has its content; false if another entity has the same.
  bool claim(std::uint32_t index);
  // Makes the content of `index` longer until nobody else has it; false if that would take too long a name.
  bool make_unique(std::uint32_t index, Arena& arena);

  std::pmr::vector<Entry> entries_;
  std::pmr::vector<std::uint32_t> slots_;  // open addressing; index + 1, or 0
};

}  // namespace tenon::core
