// References and values of the C interface, to and from the C++ interface's.
//
// A guest holds three kinds of C reference: functions as funcref; foreign objects as externref, whose host value is the
// object itself; and any other reference as externref, in a box that holds a copy of the handle. A box is a new host
// value each time, which nobody can tell: guests cannot compare externrefs, and `same` looks at what is in the box.
#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

// The content of a box: a handle, passed to a guest as an externref.
struct BoxedHandle {
  std::unique_ptr<wasm_ref_t> handle;
};

// What goes to the guest for a handle that is to be of the type.
Result<Ref> to_ref(const StatePtr& state, const wasm_ref_t& ref, ValType expected) {
  const core::AbstractHeapType top = state->block().engine->types.top_of(detail::to_core(expected).heap());
  if (const auto* func = as_kind<wasm_func_t>(&ref); func != nullptr && top == core::AbstractHeapType::func) {
    return func->handle.ref();
  }
  if (const auto* foreign = as_kind<wasm_foreign_t>(&ref)) return foreign->handle;
  if (ref.kind == RefKind::other) return static_cast<const OtherRef&>(ref).handle;
  if (top != core::AbstractHeapType::extern_)
    return detail::usage("the reference is not of type ", expected.to_string());
  return Ref::host(*state->store, BoxedHandle{std::unique_ptr<wasm_ref_t>(ref.copy())});
}

}  // namespace

const void* OtherRef::identity() const noexcept {
  if (!is_alive()) return nullptr;
  const detail::RootCell* cell = detail::StoreBlock::cell_of(handle);
  return cell == nullptr ? nullptr : std::bit_cast<const void*>(cell->root.ref);
}

HostInfo* OtherRef::host_info(bool create) const {
  if (!is_alive()) return nullptr;
  for (auto& [ref, info] : state->ref_infos) {
    if (ref == handle) return info.get();
  }
  if (!create) return nullptr;
  return state->ref_infos.emplace_back(handle, std::make_unique<HostInfo>()).second.get();
}

wasm_ref_t* new_ref(const StatePtr& state, const Ref& ref) {
  if (ref.kind() == Ref::Kind::null) return nullptr;
  if (auto func = Func::from_ref(ref)) return new wasm_func_t(state, *std::move(func));
  if (ref.get<Foreign>() != nullptr) return new wasm_foreign_t(state, ref);
  if (const auto* box = ref.get<BoxedHandle>()) return box->handle->copy();
  return new OtherRef(state, ref);
}

Result<Val> to_val(const StatePtr& state, const wasm_ref_t* ref, ValType expected) {
  if (ref == nullptr) return Val(expected, Ref());
  if (ref->state != state) return detail::usage("a reference belongs to another store");
  auto handle = to_ref(state, *ref, expected);
  if (!handle) return std::move(handle).error();
  if (handle->is_null()) return detail::usage("a reference to something that has ended");
  return Val(expected, *std::move(handle));
}

Result<Val> to_val(const StatePtr& state, const wasm_val_t& value, ValType expected) {
  const wasm_valtype_t shown = show(expected, state->block().engine->types);
  const bool is_null = wasm_valkind_is_ref(value.kind) && wasm_valkind_is_ref(shown.kind) && value.of.ref == nullptr;
  if (shown.kind == val_kind_v128) return detail::usage("a v128 cannot pass through this interface");
  if (value.kind != shown.kind && !is_null) {
    return detail::usage("expected a value of type ", expected.to_string(), ", found one of kind ", value.kind);
  }
  switch (shown.kind) {
    case WASM_I32: return Val(value.of.i32);
    case WASM_I64: return Val(value.of.i64);
    case WASM_F32: return Val(value.of.f32);
    case WASM_F64: return Val(value.of.f64);
    default: return to_val(state, value.of.ref, expected);
  }
}

wasm_val_t new_val(const StatePtr& state, const Val& value) {
  wasm_val_t result{};
  result.kind = show(value.type(), state->block().engine->types).kind;
  switch (result.kind) {
    case WASM_I32: result.of.i32 = value.i32(); break;
    case WASM_I64: result.of.i64 = value.i64(); break;
    case WASM_F32: result.of.f32 = value.f32(); break;
    case WASM_F64: result.of.f64 = value.f64(); break;
    case val_kind_v128: result.of.i64 = 0; break;
    default: result.of.ref = new_ref(state, value.ref()); break;
  }
  return result;
}

bool same(const wasm_ref_t* left, const wasm_ref_t* right) noexcept {
  if (left == nullptr || right == nullptr || left == right) return left == right;
  if (left->kind != right->kind || left->state != right->state) return false;
  return left->identity() != nullptr && left->identity() == right->identity();
}

void* get_host_info(const wasm_ref_t* ref) noexcept {
  const HostInfo* info = ref == nullptr ? nullptr : ref->host_info(false);
  return info == nullptr ? nullptr : info->get();
}

void set_host_info(wasm_ref_t* ref, void* info, void (*finalizer)(void*)) {
  HostInfo* place = ref == nullptr ? nullptr : ref->host_info(true);
  if (place != nullptr) {
    place->set(info, finalizer);
  } else if (finalizer != nullptr) {
    finalizer(info);
  }
}

}  // namespace tenon::c_api

tenon::c_api::HostInfo* wasm_ref_t::host_info(bool create) const {
  if (!is_alive()) return nullptr;
  if (create) return &state->host_infos[identity()];
  const auto found = state->host_infos.find(identity());
  return found == state->host_infos.end() ? nullptr : &found->second;
}

TENON_C_REF_BASE(ref)

void wasm_val_delete(wasm_val_t* value) {
  if (value == nullptr || !wasm_valkind_is_ref(value->kind)) return;
  wasm_ref_delete(value->of.ref);
  value->of.ref = nullptr;
}

void wasm_val_copy(wasm_val_t* out, const wasm_val_t* value) {
  if (out == nullptr || value == nullptr) return;
  wasm_val_t result = *value;
  if (wasm_valkind_is_ref(value->kind)) result.of.ref = wasm_ref_copy(value->of.ref);
  *out = result;
}
