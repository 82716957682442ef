// The blocks behind values (tenon/component_values.hpp).
#include <atomic>
#include <cstring>
#include <memory_resource>
#include <new>

#include "base/bytes.hpp"
#include "tenon/component_values.hpp"

namespace tenon::component {

namespace {

constexpr unsigned packed_sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};

}  // namespace

// A header with its content behind it: bytes, values, or a handle.
struct Val::Block {
  std::atomic<std::uint32_t> users = 1;
  bool holds_values = false;
  bool holds_handle = false;
  std::size_t size = 0;  // bytes, or values

  std::uint8_t* bytes() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  Val* values() noexcept { return reinterpret_cast<Val*>(this + 1); }
  Handle* handle() noexcept { return reinterpret_cast<Handle*>(this + 1); }

  static Block* make(std::size_t content) { return ::new (::operator new(sizeof(Block) + content)) Block(); }
  static Block* make_bytes(std::size_t size) {
    Block* block = make(size);
    block->size = size;
    return block;
  }
  static Block* make_values(std::size_t count) {
    Block* block = make(count * sizeof(Val));
    block->size = count;
    block->holds_values = true;
    for (std::size_t i = 0; i < count; ++i) ::new (block->values() + i) Val();
    return block;
  }
  static void destroy(Block* block) noexcept {
    if (block->holds_values) {
      for (std::size_t i = 0; i < block->size; ++i) block->values()[i].~Val();
    } else if (block->holds_handle) {
      block->handle()->~Handle();
    }
    block->~Block();
    ::operator delete(block);
  }
};

void Val::retain() const noexcept { block()->users.fetch_add(1, std::memory_order_relaxed); }

void Val::release() noexcept {
  if (block()->users.fetch_sub(1, std::memory_order_acq_rel) == 1) Block::destroy(block());
}

Val Val::string_buffer(std::size_t bytes, std::span<char>& buffer) {
  Block* block = Block::make_bytes(bytes);
  buffer = {reinterpret_cast<char*>(block->bytes()), bytes};
  return Val(ValKind::string, block, 0);
}

Val Val::string(std::string_view text) {
  std::span<char> buffer;
  Val val = string_buffer(text.size(), buffer);
  if (!text.empty()) std::memcpy(buffer.data(), text.data(), text.size());
  return val;
}

Val Val::list_buffer(std::size_t items, std::span<Val>& buffer) {
  Block* block = Block::make_values(items);
  buffer = {block->values(), items};
  return Val(ValKind::list, block, 0);
}

Val Val::list(std::span<const Val> items) {
  std::span<Val> buffer;
  Val val = list_buffer(items.size(), buffer);
  for (std::size_t i = 0; i < items.size(); ++i) buffer[i] = items[i];
  return val;
}

Val Val::packed_buffer(ValKind element, std::size_t bytes, std::span<std::uint8_t>& buffer) {
  Block* block = Block::make_bytes(bytes);
  buffer = {block->bytes(), bytes};
  return Val(ValKind::list, block, 1 + static_cast<std::uint32_t>(element));
}

Val Val::packed(ValKind element, std::span<const std::uint8_t> bytes) {
  std::span<std::uint8_t> buffer;
  Val val = packed_buffer(element, bytes.size(), buffer);
  if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
  return val;
}

Val Val::record_buffer(std::size_t fields, std::span<Val>& buffer) {
  Block* block = Block::make_values(fields);
  buffer = {block->values(), fields};
  return Val(ValKind::record, block, 0);
}

Val Val::record(std::span<const Val> fields) {
  std::span<Val> buffer;
  Val val = record_buffer(fields.size(), buffer);
  for (std::size_t i = 0; i < fields.size(); ++i) buffer[i] = fields[i];
  return val;
}

Val Val::variant(std::uint32_t index, Val payload) {
  Block* block = Block::make_values(1);
  block->values()[0] = std::move(payload);
  return Val(ValKind::variant, block, index);
}

Val Val::handle(Handle handle) {
  Block* block = Block::make(sizeof(Handle));
  block->holds_handle = true;
  ::new (block->handle()) Handle(std::move(handle));
  return Val(ValKind::handle, block, 0);
}

std::string_view Val::string() const noexcept {
  if (!is_shared_) return {};
  return as_chars({block()->bytes(), block()->size});
}

std::span<const Val> Val::items_span() const noexcept {
  if (!is_shared_) return {};
  return {block()->values(), block()->size};
}

std::span<const std::uint8_t> Val::packed_bytes() const noexcept {
  if (!is_shared_) return {};
  return {block()->bytes(), block()->size};
}

std::size_t Val::size() const noexcept {
  if (!is_shared_) return 0;
  return is_packed() ? block()->size / packed_sizes[index_ - 1] : block()->size;
}

Val Val::operator[](std::size_t item) const noexcept {
  if (!is_packed()) return block()->values()[item];
  const ValKind kind = packed_kind();
  const unsigned size = packed_sizes[index_ - 1];
  const std::uint8_t* at = block()->bytes() + item * size;
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, size);
  const bool is_signed = kind == ValKind::s8 || kind == ValKind::s16 || kind == ValKind::s32;
  if (is_signed) {
    const unsigned unused = 64 - 8 * size;
    bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << unused) >> unused);
  }
  return Val(kind, bits);
}

const Handle& Val::handle() const noexcept { return *block()->handle(); }

bool Val::operator==(const Val& other) const noexcept {
  if (kind_ != other.kind_ || is_shared_ != other.is_shared_) return false;
  if (kind_ == ValKind::list) {
    if (size() != other.size()) return false;
    if (is_packed() && index_ == other.index_) {
      return std::memcmp(block()->bytes(), other.block()->bytes(), block()->size) == 0;
    }
    for (std::size_t i = 0; i < size(); ++i) {
      if (!((*this)[i] == other[i])) return false;
    }
    return true;
  }
  if (index_ != other.index_) return false;
  if (!is_shared_) return bits_ == other.bits_;
  if (block() == other.block()) return true;
  if (block()->size != other.block()->size) return false;
  if (block()->holds_handle) return *block()->handle() == *other.block()->handle();
  if (!block()->holds_values) return std::memcmp(block()->bytes(), other.block()->bytes(), block()->size) == 0;
  for (std::size_t i = 0; i < block()->size; ++i) {
    if (!(block()->values()[i] == other.block()->values()[i])) return false;
  }
  return true;
}

}  // namespace tenon::component
