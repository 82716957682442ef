#include "engine/state.hpp"
#include "model/core/type_text.hpp"

namespace tenon {

using detail::RootCell;
using detail::StoreBlock;

std::string ValType::to_string() const {
  TextBuffer text;
  core::append_text(text, detail::to_core(*this));
  return std::string(text.view());
}

std::string FuncType::to_string() const {
  const auto list = [](const std::vector<ValType>& types) {
    std::string text = "[";
    for (const ValType type : types) {
      if (text.size() > 1) text += ' ';
      text += type.to_string();
    }
    return text + "]";
  };
  return list(params) + " -> " + list(results);
}

namespace detail {

Result<void> check_type(const core::TypeRegistry& types, ValType type) {
  const core::ValType given = to_core(type);
  bool is_known = given.is_number() || given == core::v128;
  if (given.is_ref() && given.heap().is_concrete()) {
    is_known = given.heap().index().value < types.size();
  } else if (given.is_ref()) {
#define TENON_NUMBER_TYPE(name, code, text, feature)
#define TENON_PACKED_TYPE(name, code, text)
#define TENON_HEAP_TYPE(name, code, text, ref_text, top, bottom, feature) \
  is_known = is_known || given == core::ValType::ref(core::AbstractHeapType::name, given.is_nullable());
#include "spec/valtypes.def"
#undef TENON_NUMBER_TYPE
#undef TENON_PACKED_TYPE
#undef TENON_HEAP_TYPE
  }
  if (is_known) return {};
  return usage("expected a value type of this engine, found the bits ", Hex{type.bits()});
}

RootCell::RootCell(std::shared_ptr<StoreBlock> owner, runtime::Slot ref, bool func)
    : block(std::move(owner)), is_func(func) {
  root.ref = ref;
  if (block->store != nullptr) block->store->heap.add_root(root);
}

RootCell::~RootCell() {
  if (block->store != nullptr) block->store->heap.remove_root(root);
}

Ref StoreBlock::make_ref(core::ValType type, runtime::Slot slot) {
  if (slot == runtime::null_ref) return {};
  const core::AbstractHeapType top = engine->types.top_of(type.heap());
  return Ref(std::make_shared<RootCell>(shared_from_this(), slot, top == core::AbstractHeapType::func));
}

Val StoreBlock::from_slots(core::ValType type, const runtime::Slot* slots) {
  if (type.is_ref()) return Val(from_core(type), make_ref(type, slots[0]));
  return Val::from_bits(from_core(type), slots[0], type.is_vector() ? slots[1] : 0);
}

Result<void> StoreBlock::to_slots(const Val& value, core::ValType type, runtime::Slot* slots) const {
  const core::ValType given = to_core(value.type());
  if (!type.is_ref()) {
    if (given != type) return usage("expected a value of type ", type, ", found ", given);
    slots[0] = value.low_bits();
    if (type.is_vector()) slots[1] = value.high_bits();
    return {};
  }
  if (auto checked = check_type(engine->types, value.type()); !checked) return checked;
  const core::AbstractHeapType top = engine->types.top_of(type.heap());
  if (!given.is_ref() || engine->types.top_of(given.heap()) != top) {
    return usage("expected a value of type ", type, ", found ", given);
  }
  const RootCell* cell = cell_of(value.ref());
  if (cell == nullptr) {
    if (!type.is_nullable()) return usage("expected a value of type ", type, ", found null");
    slots[0] = runtime::null_ref;
    return {};
  }
  if (cell->block.get() != this) return usage("a reference belongs to another store");
  const runtime::Slot ref = cell->root.ref;
  const bool is_exception =
      !cell->is_func && !runtime::is_i31(ref) && runtime::as_object(ref)->kind == runtime::ObjectKind::exception;
  if (cell->is_func != (top == core::AbstractHeapType::func) || is_exception != (top == core::AbstractHeapType::exn) ||
      !runtime::ref_matches(ref, type.heap(), engine->types)) {
    return usage("expected a reference of type ", type, ", found one of another type");
  }
  slots[0] = ref;
  return {};
}

}  // namespace detail

bool Ref::is_i31() const noexcept { return kind() == Kind::i31; }
std::uint32_t Ref::i31_u() const noexcept { return is_i31() ? runtime::i31_get_u(cell_->root.ref) : 0; }
std::int32_t Ref::i31_s() const noexcept { return is_i31() ? runtime::i31_get_s(cell_->root.ref) : 0; }

Ref Ref::i31(Store& store, std::uint32_t value) {
  auto block = StoreBlock::open(store);
  return block ? (*block)->make_ref(core::i31ref, runtime::make_i31(value)) : Ref();
}

Ref::Kind Ref::kind() const noexcept {
  if (cell_ == nullptr || !cell_->block->is_alive()) return Kind::null;
  if (cell_->is_func) return Kind::func;
  if (runtime::is_i31(cell_->root.ref)) return Kind::i31;
  switch (runtime::as_object(cell_->root.ref)->kind) {
    case runtime::ObjectKind::struct_: return Kind::struct_;
    case runtime::ObjectKind::array: return Kind::array;
    case runtime::ObjectKind::exception: return Kind::exception;
    case runtime::ObjectKind::host: return Kind::host;
  }
  return Kind::null;
}

bool Ref::operator==(const Ref& other) const noexcept {
  if (is_null() || other.is_null()) return is_null() == other.is_null();
  return cell_->block == other.cell_->block && cell_->root.ref == other.cell_->root.ref;
}

Result<Ref> Ref::make_host(Store& store, std::unique_ptr<detail::HostBox> box) {
  auto opened = StoreBlock::open(store);
  if (!opened) return std::move(opened).error();
  StoreBlock& block = **opened;
  return detail::guarded(block, [&]() -> Result<Ref> {
    const auto drop = [](void* data) noexcept { delete static_cast<detail::HostBox*>(data); };
    runtime::HostValue* object = block.store->heap.allocate_host(box.get(), drop);
    if (object == nullptr) return fail(ErrorKind::exhausted, {}, "the store's garbage-collected heap is full");
    box.release();
    return block.make_ref(core::externref, runtime::as_ref(object));
  });
}

detail::HostBox* Ref::host_box() const noexcept {
  if (kind() != Kind::host) return nullptr;
  return static_cast<detail::HostBox*>(static_cast<runtime::HostValue*>(runtime::as_object(cell_->root.ref))->data);
}

}  // namespace tenon
