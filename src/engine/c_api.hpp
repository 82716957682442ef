// What stands behind the opaque types of wasm.h.
//
// Every reference type of the C interface is a small C++ object that holds one of the C++ interface's handles, so both
// interfaces agree on what is safe. The standard's casts (a function is an extern is a ref) are up- and downcasts in
// this hierarchy, which is the standard's own; a downcast looks at `kind` first.
//
// The C interface adds two things to a store: host information of the things in it, and the trap under way when a
// callback returned one, so that the caller gets the very same trap. Both are in `StoreState`, which the handles share.
// It outlives the store as long as handles do; `wasm_store_delete` ends the store inside it.
//
// Functions that are one per type are defined by the macros at the end, as the header declares them; each is one call
// of a template or of a plain function.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/state.hpp"
#include "tenon/wasm.h"

struct wasm_config_t {};

struct wasm_engine_t {
  tenon::Engine engine;
};

namespace tenon::c_api {

// What the host attached to a thing, with its end.
class HostInfo {
 public:
  HostInfo() = default;
  HostInfo(const HostInfo&) = delete;
  HostInfo& operator=(const HostInfo&) = delete;
  ~HostInfo() { set(nullptr, nullptr); }
  void* get() const noexcept { return data_; }
  void set(void* data, void (*finalizer)(void*)) {
    void* const old = std::exchange(data_, data);
    const auto finalize_old = std::exchange(finalizer_, finalizer);
    if (finalize_old != nullptr) finalize_old(old);
  }

 private:
  void* data_ = nullptr;
  void (*finalizer_)(void*) = nullptr;
};

struct TrapFrame {
  Instance instance;
  std::uint32_t func_index = 0;
  std::size_t func_offset = 0;
  std::size_t module_offset = 0;
};

// What all handles of a trap share.
struct TrapState {
  std::string message;
  std::vector<TrapFrame> frames;
  HostInfo info;
};

struct StoreState : std::enable_shared_from_this<StoreState> {
  explicit StoreState(const Engine& owner) : engine(owner), store(owner) {}
  Engine engine;
  std::optional<Store> store;  // empty once `wasm_store_delete` was called
  // Of what lives as long as the store, by address.
  std::unordered_map<const void*, HostInfo> host_infos;
  // Of what may be collected; the references keep it from being.
  std::vector<std::pair<Ref, std::unique_ptr<HostInfo>>> ref_infos;
  std::shared_ptr<TrapState> pending_trap;  // what the callback that just failed returned

  detail::StoreBlock& block() const noexcept { return detail::StoreBlock::of(*store); }
};
using StatePtr = std::shared_ptr<StoreState>;

// Content of a foreign object, in the garbage-collected heap.
struct Foreign {
  std::unique_ptr<HostInfo> info = std::make_unique<HostInfo>();
};

// A module as one store knows it.
struct StoreModule {
  Module module;
  HostInfo info;
};

enum class RefKind : std::uint8_t { func, global, table, memory, tag, instance, trap, module, foreign, other };

}  // namespace tenon::c_api

struct wasm_store_t {
  tenon::c_api::StatePtr state;
};

struct wasm_ref_t {
  const tenon::c_api::RefKind kind;
  const tenon::c_api::StatePtr state;

  wasm_ref_t(tenon::c_api::RefKind ref_kind, tenon::c_api::StatePtr owner) : kind(ref_kind), state(std::move(owner)) {}
  wasm_ref_t(const wasm_ref_t&) = default;
  wasm_ref_t& operator=(const wasm_ref_t&) = delete;
  virtual ~wasm_ref_t() = default;
  virtual wasm_ref_t* copy() const = 0;
  // Equal for handles of the same thing, of those in one store.
  virtual const void* identity() const noexcept = 0;
  // Nullptr when the thing has ended; made if `create`.
  virtual tenon::c_api::HostInfo* host_info(bool create) const;
  bool is_alive() const noexcept { return state->store.has_value(); }
};

// --- What is imported and exported ----------------------------------------------------------------------------------

struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
  virtual tenon::Extern item() const = 0;
};

namespace tenon::c_api {

template <class Self, class Handle, RefKind ref_kind>
struct ExternOf : wasm_extern_t {
  static constexpr RefKind kind_of = ref_kind;
  Handle handle;
  ExternOf(StatePtr owner, Handle item) : wasm_extern_t(ref_kind, std::move(owner)), handle(std::move(item)) {}
  wasm_ref_t* copy() const override { return new Self(static_cast<const Self&>(*this)); }
  const void* identity() const noexcept override { return detail::StoreBlock::address_of(handle); }
  Extern item() const override { return handle; }
};

}  // namespace tenon::c_api

struct wasm_func_t final : tenon::c_api::ExternOf<wasm_func_t, tenon::Func, tenon::c_api::RefKind::func> {
  using ExternOf::ExternOf;
};
struct wasm_global_t final : tenon::c_api::ExternOf<wasm_global_t, tenon::Global, tenon::c_api::RefKind::global> {
  using ExternOf::ExternOf;
};
struct wasm_table_t final : tenon::c_api::ExternOf<wasm_table_t, tenon::Table, tenon::c_api::RefKind::table> {
  using ExternOf::ExternOf;
};
struct wasm_memory_t final : tenon::c_api::ExternOf<wasm_memory_t, tenon::Memory, tenon::c_api::RefKind::memory> {
  using ExternOf::ExternOf;
};
// The standard's header has no tags: they can only be passed on.
struct wasm_tag_t final : tenon::c_api::ExternOf<wasm_tag_t, tenon::Tag, tenon::c_api::RefKind::tag> {
  using ExternOf::ExternOf;
};

// --- The other references -------------------------------------------------------------------------------------------

struct wasm_instance_t final : wasm_ref_t {
  static constexpr auto kind_of = tenon::c_api::RefKind::instance;
  tenon::Instance handle;
  wasm_instance_t(tenon::c_api::StatePtr owner, tenon::Instance item)
      : wasm_ref_t(kind_of, std::move(owner)), handle(std::move(item)) {}
  wasm_ref_t* copy() const override { return new wasm_instance_t(*this); }
  const void* identity() const noexcept override { return tenon::detail::StoreBlock::address_of(handle); }
};

struct wasm_trap_t final : wasm_ref_t {
  static constexpr auto kind_of = tenon::c_api::RefKind::trap;
  std::shared_ptr<tenon::c_api::TrapState> trap;
  wasm_trap_t(tenon::c_api::StatePtr owner, std::shared_ptr<tenon::c_api::TrapState> item)
      : wasm_ref_t(kind_of, std::move(owner)), trap(std::move(item)) {}
  wasm_ref_t* copy() const override { return new wasm_trap_t(*this); }
  const void* identity() const noexcept override { return trap.get(); }
  tenon::c_api::HostInfo* host_info(bool) const override { return &trap->info; }
};

struct wasm_module_t final : wasm_ref_t {
  static constexpr auto kind_of = tenon::c_api::RefKind::module;
  std::shared_ptr<tenon::c_api::StoreModule> shared;
  wasm_module_t(tenon::c_api::StatePtr owner, std::shared_ptr<tenon::c_api::StoreModule> item)
      : wasm_ref_t(kind_of, std::move(owner)), shared(std::move(item)) {}
  wasm_ref_t* copy() const override { return new wasm_module_t(*this); }
  const void* identity() const noexcept override { return shared.get(); }
  tenon::c_api::HostInfo* host_info(bool) const override { return &shared->info; }
};

struct wasm_shared_module_t {
  tenon::Module module;
};

struct wasm_foreign_t final : wasm_ref_t {
  static constexpr auto kind_of = tenon::c_api::RefKind::foreign;
  tenon::Ref handle;
  wasm_foreign_t(tenon::c_api::StatePtr owner, tenon::Ref item)
      : wasm_ref_t(kind_of, std::move(owner)), handle(std::move(item)) {}
  wasm_ref_t* copy() const override { return new wasm_foreign_t(*this); }
  const void* identity() const noexcept override { return handle.get<tenon::c_api::Foreign>(); }
  tenon::c_api::HostInfo* host_info(bool create) const override;
};

namespace tenon::c_api {

// A reference that the guest made (structs, arrays, i31, exceptions), or a host value of the C++ interface.
struct OtherRef final : wasm_ref_t {
  Ref handle;
  OtherRef(StatePtr owner, Ref item) : wasm_ref_t(RefKind::other, std::move(owner)), handle(std::move(item)) {}
  wasm_ref_t* copy() const override { return new OtherRef(*this); }
  const void* identity() const noexcept override;
  HostInfo* host_info(bool create) const override;
};

}  // namespace tenon::c_api

struct wasm_frame_t {
  tenon::c_api::TrapFrame frame;
  wasm_instance_t instance;
};

// --- Types ----------------------------------------------------------------------------------------------------------

struct wasm_valtype_t {
  tenon::ValType type;
  wasm_valkind_t kind;  // as the interface shows it
};

namespace tenon::c_api {

// Value types with the vector of pointers to them that the interface shows.
class ValTypes {
 public:
  explicit ValTypes(std::vector<wasm_valtype_t> types) : types_(std::move(types)) { point(); }
  ValTypes(const ValTypes& other) : types_(other.types_) { point(); }
  ValTypes& operator=(const ValTypes&) = delete;
  const wasm_valtype_vec_t* view() const noexcept { return &view_; }
  std::vector<ValType> types() const;

 private:
  void point();
  std::vector<wasm_valtype_t> types_;
  std::vector<wasm_valtype_t*> pointers_;
  wasm_valtype_vec_t view_{};
};

// A name with the vector of bytes that the interface shows.
class Name {
 public:
  explicit Name(std::string text) : text_(std::move(text)), view_{text_.size(), text_.data()} {}
  Name(const Name& other) : Name(other.text_) {}
  Name& operator=(const Name&) = delete;
  const wasm_name_t* view() const noexcept { return &view_; }

 private:
  std::string text_;
  wasm_name_t view_;
};

// A type of the engine as the interface shows it.
wasm_valtype_t show(ValType type, const core::TypeRegistry& types) noexcept;
std::vector<wasm_valtype_t> show(const std::vector<ValType>& list, const core::TypeRegistry& types);

// The kinds of extern in the interface's order; tags, which the standard does not name, follow.
inline constexpr wasm_externkind_t extern_kind_tag = 4;
inline constexpr wasm_valkind_t val_kind_v128 = 4;

}  // namespace tenon::c_api

struct wasm_externtype_t {
  const wasm_externkind_t kind;
  explicit wasm_externtype_t(wasm_externkind_t extern_kind) : kind(extern_kind) {}
  wasm_externtype_t(const wasm_externtype_t&) = default;
  wasm_externtype_t& operator=(const wasm_externtype_t&) = delete;
  virtual ~wasm_externtype_t() = default;
  virtual wasm_externtype_t* copy() const = 0;
};

struct wasm_functype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_FUNC;
  tenon::c_api::ValTypes params;
  tenon::c_api::ValTypes results;
  wasm_functype_t(std::vector<wasm_valtype_t> param_types, std::vector<wasm_valtype_t> result_types)
      : wasm_externtype_t(kind_of), params(std::move(param_types)), results(std::move(result_types)) {}
  wasm_externtype_t* copy() const override { return new wasm_functype_t(*this); }
};

struct wasm_globaltype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_GLOBAL;
  wasm_valtype_t content;
  bool is_mutable;
  wasm_globaltype_t(wasm_valtype_t value, bool can_change)
      : wasm_externtype_t(kind_of), content(value), is_mutable(can_change) {}
  wasm_externtype_t* copy() const override { return new wasm_globaltype_t(*this); }
};

struct wasm_tabletype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_TABLE;
  wasm_valtype_t element;
  tenon::LimitsType exact_limits;
  wasm_limits_t limits;
  wasm_tabletype_t(wasm_valtype_t element_type, const tenon::LimitsType& size);
  wasm_externtype_t* copy() const override { return new wasm_tabletype_t(*this); }
};

struct wasm_memorytype_t final : wasm_externtype_t {
  static constexpr wasm_externkind_t kind_of = WASM_EXTERN_MEMORY;
  tenon::MemoryType type;
  wasm_limits_t limits;
  explicit wasm_memorytype_t(const tenon::MemoryType& memory_type);
  wasm_externtype_t* copy() const override { return new wasm_memorytype_t(*this); }
};

struct wasm_importtype_t {
  tenon::c_api::Name module;
  tenon::c_api::Name name;
  std::unique_ptr<wasm_externtype_t> type;
};

struct wasm_exporttype_t {
  tenon::c_api::Name name;
  std::unique_ptr<wasm_externtype_t> type;
};

// --- Conversions ----------------------------------------------------------------------------------------------------

namespace tenon::c_api {

wasm_externtype_t* new_extern_type(const ExternType& type, const core::TypeRegistry& types);
wasm_extern_t* new_extern(const StatePtr& state, const Extern& item);
// Nullptr for null.
wasm_ref_t* new_ref(const StatePtr& state, const Ref& ref);
// As a value of type `expected`. Errors: usage, when it has another type or belongs to another store.
Result<Val> to_val(const StatePtr& state, const wasm_val_t& value, ValType expected);
// The same of a reference; nullptr is null.
Result<Val> to_val(const StatePtr& state, const wasm_ref_t* ref, ValType expected);
wasm_val_t new_val(const StatePtr& state, const Val& value);
// Forgets the trap of an earlier call; the store is alive.
void begin_call(StoreState& state);
// The trap that the error becomes, with the frames that the store kept of it.
wasm_trap_t* new_trap(const StatePtr& state, Error error);

inline std::string_view view_of(const wasm_byte_vec_t& bytes) noexcept {
  return bytes.data == nullptr ? std::string_view{} : std::string_view(bytes.data, bytes.size);
}

// --- Vectors --------------------------------------------------------------------------------------------------------

// Of `size` zeroed elements; empty when memory is used up.
template <class Vector>
void new_zeroed(Vector* out, std::size_t size) noexcept {
  if (out == nullptr) return;
  using Element = std::remove_pointer_t<decltype(out->data)>;
  out->data = size == 0 ? nullptr : new (std::nothrow) Element[size]();
  out->size = out->data == nullptr ? 0 : size;
}

// --- One function per type ------------------------------------------------------------------------------------------

// The object as another type of its hierarchy; nullptr if it is of another kind.
template <class Target, class Source>
auto* as_kind(Source* object) noexcept {
  using Result = std::conditional_t<std::is_const_v<Source>, const Target, Target>;
  const auto matches = [object] {
    if constexpr (std::is_same_v<Target, wasm_extern_t>) {
      return object->kind <= RefKind::tag;
    } else {
      return object->kind == Target::kind_of;
    }
  };
  return object != nullptr && matches() ? static_cast<Result*>(object) : nullptr;
}

bool same(const wasm_ref_t* left, const wasm_ref_t* right) noexcept;
void* get_host_info(const wasm_ref_t* ref) noexcept;
void set_host_info(wasm_ref_t* ref, void* info, void (*finalizer)(void*));

}  // namespace tenon::c_api

#define TENON_C_REF_BASE(name)                                                                                  \
  void wasm_##name##_delete(wasm_##name##_t* ref) { delete ref; }                                               \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* ref) {                                             \
    return ref == nullptr ? nullptr : static_cast<wasm_##name##_t*>(ref->copy());                               \
  }                                                                                                             \
  bool wasm_##name##_same(const wasm_##name##_t* left, const wasm_##name##_t* right) {                          \
    return tenon::c_api::same(left, right);                                                                     \
  }                                                                                                             \
  void* wasm_##name##_get_host_info(const wasm_##name##_t* ref) { return tenon::c_api::get_host_info(ref); }    \
  void wasm_##name##_set_host_info(wasm_##name##_t* ref, void* info) {                                          \
    tenon::c_api::set_host_info(ref, info, nullptr);                                                            \
  }                                                                                                             \
  void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t* ref, void* info, void (*finalizer)(void*)) { \
    tenon::c_api::set_host_info(ref, info, finalizer);                                                          \
  }

#define TENON_C_REF(name)                                                                                      \
  TENON_C_REF_BASE(name)                                                                                       \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* ref) { return ref; }                                       \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* ref) { return ref; }                     \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) { return tenon::c_api::as_kind<wasm_##name##_t>(ref); } \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {                                   \
    return tenon::c_api::as_kind<wasm_##name##_t>(ref);                                                        \
  }

#define TENON_C_EXTERN(name)                                                                                         \
  TENON_C_REF(name)                                                                                                  \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* ref) { return ref; }                                       \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* ref) { return ref; }                     \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* ref) { return tenon::c_api::as_kind<wasm_##name##_t>(ref); } \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* ref) {                                   \
    return tenon::c_api::as_kind<wasm_##name##_t>(ref);                                                              \
  }
