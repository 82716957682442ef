// Descriptions of types in the C interface. They are values: no store, no engine but for the numbers of defined types.
#include <algorithm>

#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

// A limit as the interface shows it: 32 bits, the largest number for none.
wasm_limits_t shown(const LimitsType& limits) {
  const auto clamp = [](std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, wasm_limits_max_default));
  };
  return {clamp(limits.min), clamp(limits.max.value_or(wasm_limits_max_default))};
}

LimitsType from_shown(const wasm_limits_t& limits) {
  LimitsType result;
  result.min = limits.min;
  if (limits.max != wasm_limits_max_default) result.max = limits.max;
  return result;
}

struct TagType final : wasm_externtype_t {
  FuncType type;
  explicit TagType(FuncType func_type) : wasm_externtype_t(extern_kind_tag), type(std::move(func_type)) {}
  wasm_externtype_t* copy() const override { return new TagType(*this); }
};

// The types that a vector holds; the vector is empty afterwards.
std::vector<wasm_valtype_t> take_types(wasm_valtype_vec_t* types) {
  std::vector<wasm_valtype_t> result;
  for (std::size_t i = 0; types != nullptr && types->data != nullptr && i < types->size; ++i) {
    if (types->data[i] != nullptr) result.push_back(*types->data[i]);
  }
  wasm_valtype_vec_delete(types);
  return result;
}

// The name that a vector holds; the vector is empty afterwards.
Name take_name(wasm_name_t* name) {
  Name result(name == nullptr ? std::string() : std::string(view_of(*name)));
  wasm_byte_vec_delete(name);
  return result;
}

}  // namespace

void ValTypes::point() {
  pointers_.clear();
  for (wasm_valtype_t& type : types_) pointers_.push_back(&type);
  view_ = {pointers_.size(), pointers_.data()};
}

std::vector<ValType> ValTypes::types() const {
  std::vector<ValType> result;
  result.reserve(types_.size());
  for (const wasm_valtype_t& type : types_) result.push_back(type.type);
  return result;
}

wasm_valtype_t show(ValType type, const core::TypeRegistry& types) noexcept {
  if (type.is_ref()) {
    const bool is_func = types.top_of(detail::to_core(type).heap()) == core::AbstractHeapType::func;
    return {type, is_func ? wasm_valkind_t{WASM_FUNCREF} : wasm_valkind_t{WASM_EXTERNREF}};
  }
  if (type == ValType::i32()) return {type, WASM_I32};
  if (type == ValType::i64()) return {type, WASM_I64};
  if (type == ValType::f32()) return {type, WASM_F32};
  if (type == ValType::f64()) return {type, WASM_F64};
  return {type, val_kind_v128};
}

std::vector<wasm_valtype_t> show(const std::vector<ValType>& list, const core::TypeRegistry& types) {
  std::vector<wasm_valtype_t> result;
  result.reserve(list.size());
  for (const ValType type : list) result.push_back(show(type, types));
  return result;
}

wasm_externtype_t* new_extern_type(const ExternType& type, const core::TypeRegistry& types) {
  switch (type.kind) {
    case ExternKind::func: return new wasm_functype_t(show(type.func.params, types), show(type.func.results, types));
    case ExternKind::global: return new wasm_globaltype_t(show(type.global.value, types), type.global.is_mutable);
    case ExternKind::table: return new wasm_tabletype_t(show(type.table.element, types), type.table.limits);
    case ExternKind::memory: return new wasm_memorytype_t(type.memory);
    case ExternKind::tag: return new TagType(type.func);
  }
  return nullptr;
}

}  // namespace tenon::c_api

using namespace tenon::c_api;

wasm_tabletype_t::wasm_tabletype_t(wasm_valtype_t element_type, const tenon::LimitsType& size)
    : wasm_externtype_t(kind_of), element(element_type), exact_limits(size), limits(shown(size)) {}

wasm_memorytype_t::wasm_memorytype_t(const tenon::MemoryType& memory_type)
    : wasm_externtype_t(kind_of), type(memory_type), limits(shown(memory_type.limits)) {}

// --- Ends and copies ------------------------------------------------------------------------------------------------

#define TENON_C_TYPE(name)                                                          \
  void wasm_##name##_delete(wasm_##name##_t* type) { delete type; }                 \
  wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t* type) {                \
    return type == nullptr ? nullptr : static_cast<wasm_##name##_t*>(type->copy()); \
  }
TENON_C_TYPE(functype)
TENON_C_TYPE(globaltype)
TENON_C_TYPE(tabletype)
TENON_C_TYPE(memorytype)
TENON_C_TYPE(externtype)
#undef TENON_C_TYPE

void wasm_valtype_delete(wasm_valtype_t* type) { delete type; }
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* type) {
  return type == nullptr ? nullptr : new wasm_valtype_t(*type);
}

void wasm_importtype_delete(wasm_importtype_t* type) { delete type; }
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  if (type == nullptr) return nullptr;
  return new wasm_importtype_t{type->module, type->name, std::unique_ptr<wasm_externtype_t>(type->type->copy())};
}

void wasm_exporttype_delete(wasm_exporttype_t* type) { delete type; }
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  if (type == nullptr) return nullptr;
  return new wasm_exporttype_t{type->name, std::unique_ptr<wasm_externtype_t>(type->type->copy())};
}

// --- Value types ----------------------------------------------------------------------------------------------------

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  switch (kind) {
    case WASM_I32: return new wasm_valtype_t{tenon::ValType::i32(), kind};
    case WASM_I64: return new wasm_valtype_t{tenon::ValType::i64(), kind};
    case WASM_F32: return new wasm_valtype_t{tenon::ValType::f32(), kind};
    case WASM_F64: return new wasm_valtype_t{tenon::ValType::f64(), kind};
    case WASM_EXTERNREF: return new wasm_valtype_t{tenon::ValType::externref(), kind};
    case WASM_FUNCREF: return new wasm_valtype_t{tenon::ValType::funcref(), kind};
    default: return nullptr;
  }
}

wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type == nullptr ? wasm_valkind_t{0} : type->kind;
}

// --- Functions, globals, tables, memories ---------------------------------------------------------------------------

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  return new wasm_functype_t(take_types(params), take_types(results));
}

const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : type->params.view();
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : type->results.view();
}

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  const std::unique_ptr<wasm_valtype_t> owned(content);
  if (content == nullptr) return nullptr;
  return new wasm_globaltype_t(*content, mutability == WASM_VAR);
}

const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) {
  return type == nullptr ? nullptr : &type->content;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type != nullptr && type->is_mutable ? WASM_VAR : WASM_CONST;
}

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  const std::unique_ptr<wasm_valtype_t> owned(element);
  if (element == nullptr || limits == nullptr) return nullptr;
  return new wasm_tabletype_t(*element, from_shown(*limits));
}

const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : &type->element;
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  if (limits == nullptr) return nullptr;
  tenon::MemoryType type;
  type.limits = from_shown(*limits);
  return new wasm_memorytype_t(type);
}

const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}

// --- Externs, imports, exports --------------------------------------------------------------------------------------

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return type == nullptr ? wasm_externkind_t{0} : type->kind;
}

#define TENON_C_EXTERN_TYPE(name)                                                                                \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) { return type; }                         \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { return type; }       \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) { return as_kind<wasm_##name##_t>(type); } \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) {                      \
    return as_kind<wasm_##name##_t>(type);                                                                       \
  }
TENON_C_EXTERN_TYPE(functype)
TENON_C_EXTERN_TYPE(globaltype)
TENON_C_EXTERN_TYPE(tabletype)
TENON_C_EXTERN_TYPE(memorytype)
#undef TENON_C_EXTERN_TYPE

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name, wasm_externtype_t* type) {
  std::unique_ptr<wasm_externtype_t> owned(type);
  Name module_name = take_name(module);
  Name item_name = take_name(name);
  if (type == nullptr) return nullptr;
  return new wasm_importtype_t{module_name, item_name, std::move(owned)};
}

const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : type->module.view();
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : type->name.view();
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : type->type.get();
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  std::unique_ptr<wasm_externtype_t> owned(type);
  Name item_name = take_name(name);
  if (type == nullptr) return nullptr;
  return new wasm_exporttype_t{item_name, std::move(owned)};
}

const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : type->name.view();
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : type->type.get();
}
