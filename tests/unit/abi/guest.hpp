// A guest made up for tests: a memory that moves when it grows, a realloc that never gives the same place twice, and
// handles that are what they were lowered from.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "abi/context.hpp"
#include "validate/component/type_pool.hpp"

namespace tenon::component {

struct TestGuest final : LiftLowerContext {
  explicit TestGuest(StringEncoding encoding = StringEncoding::utf8, bool is_64 = false) : bytes(64) {
    string_encoding = encoding;
    is_memory64 = is_64;
    memory = bytes;
  }

  std::vector<std::uint8_t> bytes;
  std::uint64_t used = 16;
  std::vector<Handle> handles;
  struct Call {
    std::uint64_t old_size;
    std::uint32_t alignment;
    std::uint64_t new_size;
    bool operator==(const Call&) const = default;
  };
  std::vector<Call> calls;

  // Forgets what was allocated.
  void clear() {
    used = 16;
    handles.clear();
    calls.clear();
    lift_budget = limits::max_lifted_bytes;
  }

  Result<std::uint64_t> reallocate(std::uint64_t old_pointer, std::uint64_t old_size, std::uint32_t alignment,
                                   std::uint64_t new_size) override {
    calls.push_back({old_size, alignment, new_size});
    const std::uint64_t pointer = (used + alignment - 1) / alignment * alignment;
    used = pointer + new_size;
    if (used > bytes.size()) {
      std::vector<std::uint8_t> larger(2 * used);
      std::copy(bytes.begin(), bytes.end(), larger.begin());
      bytes = std::move(larger);
      memory = bytes;
    }
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(old_pointer), std::min(old_size, new_size),
                bytes.begin() + static_cast<std::ptrdiff_t>(pointer));
    return pointer;
  }
  Result<Handle> lift_handle(const ValueType&, std::uint32_t index) override {
    if (index >= handles.size()) return Error(ErrorKind::trap, "unknown handle index");
    return handles[index];
  }
  Result<std::uint32_t> lower_handle(const ValueType&, const Handle& handle) override {
    handles.push_back(handle);
    return static_cast<std::uint32_t>(handles.size() - 1);
  }
};

// Random types and values of them.
class Generator {
 public:
  Generator(std::uint64_t seed, Arena& arena, TypePool& pool) : random_(seed), arena_(&arena), pool_(&pool) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  const ValueType* type(unsigned depth) {
    constexpr Primitive primitives[] = {Primitive::bool_, Primitive::s8,  Primitive::u8,  Primitive::s16,
                                        Primitive::u16,   Primitive::s32, Primitive::u32, Primitive::s64,
                                        Primitive::u64,   Primitive::f32, Primitive::f64, Primitive::char_,
                                        Primitive::string};
    if (depth == 0 || below(4) == 0) return pool_->primitive(primitives[below(std::size(primitives))]);
    ValueType made;
    switch (below(11)) {
      case 0:
        made.kind = TypeKind::record;
        members(made, depth, false);
        break;
      case 1:
        made.kind = TypeKind::variant;
        members(made, depth, true);
        break;
      case 2:
        made.kind = TypeKind::list;
        made.element = type(depth - 1);
        break;
      case 3:
        made.kind = TypeKind::tuple;
        made.types = tuple_types(depth);
        break;
      case 4:
        made.kind = TypeKind::flags;
        made.labels = labels(1 + below(32));
        break;
      case 5:
        made.kind = TypeKind::enum_;
        made.labels = labels(1 + below(300));
        break;
      case 6:
        made.kind = TypeKind::option;
        made.element = type(depth - 1);
        break;
      case 7:
        made.kind = TypeKind::result;
        made.element = below(3) == 0 ? nullptr : type(depth - 1);
        made.second = below(3) == 0 ? nullptr : type(depth - 1);
        break;
      case 8:
        made.kind = TypeKind::fixed_length_list;
        made.element = type(depth - 1);
        made.length = static_cast<std::uint32_t>(1 + below(4));
        break;
      case 9:
        made.kind = TypeKind::map;
        made.element = type(depth - 1);
        made.second = pool_->primitive(primitives[1 + below(8)]);
        break;
      default:
        made.kind = TypeKind::own;
        made.resource = ResourceId(0U);
        break;
    }
    auto defined = pool_->define(made);
    return defined ? *defined : pool_->primitive(Primitive::u8);
  }

  Val value(const ValueType& type);
  std::string string(std::size_t most);

 private:
  Val primitive(Primitive type);
  char32_t character() {
    switch (below(6)) {
      case 0: return static_cast<char32_t>(0x80 + below(0x80));
      case 1: return static_cast<char32_t>(0x100 + below(0x700));
      case 2: return static_cast<char32_t>(0xE000 + below(0x1FFF));
      case 3: return static_cast<char32_t>(0x10000 + below(0x100000));
      default: return static_cast<char32_t>(' ' + below(0x5F));
    }
  }
  Val variant(const ValueType& type);
  std::span<const ValueType* const> tuple_types(unsigned depth);
  void members(ValueType& made, unsigned depth, bool may_be_empty);
  std::span<const std::string_view> labels(std::size_t count);

  std::mt19937_64 random_;
  Arena* arena_;
  TypePool* pool_;
};

}  // namespace tenon::component
