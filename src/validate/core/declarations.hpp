// The phases of validating everything but function bodies; internal to validate/core. Each has a file of its own, with
// the name that the feature has in binary/ and text/ too; module.cpp lists them in order.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/concat.hpp"
#include "spec/needs_feature.hpp"
#include "validate/core/body.hpp"
#include "validate/core/module.hpp"

namespace tenon::core {

struct Declarations {
  const Module& module;
  TypeRegistry& registry;
  Arena& arena;
  ValidatedModule& result;
  std::span<bool> declared;  // functions that are referred to outside of bodies
  Body& constants;           // validates constant expressions
};

// types.cpp
Result<void> check_types(Declarations& in);
// The feature that a type needs and that is off; Feature::mvp when there is none.
Feature missing_feature(ValType type, Features features) noexcept;
Feature missing_feature(std::span<const SubType> types, Features features) noexcept;
Result<ValType> check_val_type(const Declarations& in, ValType type,
                               SectionId section);  // gives it with canonical indices
Result<TypeIdx> check_func_type(const Declarations& in, TypeIdx type, SectionId section);  // gives the canonical type

// One file each.
Result<void> check_imports(Declarations& in);
Result<void> check_funcs(Declarations& in);
Result<void> check_tables(Declarations& in);
Result<void> check_memories(Declarations& in);
Result<void> check_tags(Declarations& in);
Result<void> check_globals(Declarations& in);
Result<void> check_exports(Declarations& in);
Result<void> check_start(Declarations& in);
Result<void> check_elems(Declarations& in);
Result<void> check_datas(Declarations& in);

// Where a section's content begins; most declarations keep no place of their own, see `in_entry`.
ErrorPlace place_of(const Module& module, SectionId section) noexcept;

template <class... Pieces>
Error invalid_in(const Declarations& in, SectionId section, const Pieces&... pieces) {
  return fail(ErrorKind::invalid, place_of(in.module, section), pieces...);
}

// "table 3", for the context of an error.
Error in_item(Error error, std::string_view kind, std::uint32_t index);

// "table 3" of the index space that `section` defines, for the context of an error; and its place, in place of the
// section's.
Error in_entry(const Declarations& in, Error error, SectionId section, std::uint32_t index);

// Sizes in [0, most], minimum before maximum; `what` begins the message when one is too large.
Result<void> check_limits(const Declarations& in, const Limits& limits, std::uint64_t most, std::string_view what,
                          SectionId section);

}  // namespace tenon::core
