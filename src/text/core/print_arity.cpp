#include "text/core/print_arity.hpp"

namespace tenon::core {
namespace {

Arity arity_of(TypeIdx type, const PrintContext& context, std::uint32_t more_operands) {
  const FuncType* signature = context.func_type(type);
  if (signature == nullptr) return {more_operands, 0};
  return {static_cast<std::uint32_t>(signature->params.size()) + more_operands,
          static_cast<std::uint32_t>(signature->results.size())};
}

// The signature column of instructions.def: a letter for each operand, a colon, a letter for each result.
Arity arity_of(std::string_view signature) {
  const std::size_t colon = signature.find(':');
  return {static_cast<std::uint32_t>(colon), static_cast<std::uint32_t>(signature.size() - colon - 1)};
}

std::uint32_t field_count(std::uint32_t type, const PrintContext& context) {
  const TypeIdx index(type);
  return context.module.types.contains(index) ? static_cast<std::uint32_t>(context.module.types[index].fields.size())
                                              : 0;
}

}  // namespace

Arity arity_of(const BlockType& type, const PrintContext& context) {
  switch (type.kind) {
    case BlockType::Kind::empty: return {};
    case BlockType::Kind::value: return {0, 1};
    case BlockType::Kind::type: return arity_of(type.type, context, 0);
  }
  return {};
}

// The rows of instructions.def whose signature is "*", but for blocks.
Arity arity_of(const Instruction& in, const PrintContext& context, std::span<const std::uint32_t> label_arities) {
  const std::string_view signature = info(in.op).signature;
  if (signature != "*") return arity_of(signature);
  const auto branch = [&](std::uint32_t label) {
    return label < label_arities.size() ? label_arities[label_arities.size() - 1 - label] : 0;
  };
  const auto func_type = [&](std::uint32_t function) {
    const FuncIdx index(function);
    return context.module.funcs.contains(index) ? context.module.funcs[index].type : TypeIdx::none();
  };
  switch (in.op) {
    case Op::throw_ref:
    case Op::drop:
    case Op::local_set:
    case Op::global_set: return {1, 0};
    case Op::local_get:
    case Op::global_get:
    case Op::ref_null:
    case Op::ref_func:
    case Op::struct_new_default: return {0, 1};
    case Op::local_tee:
    case Op::ref_is_null:
    case Op::ref_as_non_null:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::array_new_default:
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null: return {1, 1};
    case Op::array_new:
    case Op::array_new_data:
    case Op::array_new_elem:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return {2, 1};
    case Op::select:
    case Op::select_typed: return {3, 1};
    case Op::struct_set: return {2, 0};
    case Op::array_set: return {3, 0};
    case Op::array_fill:
    case Op::array_init_data:
    case Op::array_init_elem: return {4, 0};
    case Op::array_copy: return {5, 0};
    case Op::struct_new: return {field_count(in.index, context), 1};
    case Op::array_new_fixed: return {in.second, 1};
    case Op::br: return {branch(in.index), 0};
    case Op::br_if: return {branch(in.index) + 1, branch(in.index)};
    case Op::br_table: return {(in.labels.empty() ? 0 : branch(in.labels.back())) + 1, 0};
    case Op::br_on_null: return {branch(in.index) + 1, branch(in.index) + 1};
    case Op::br_on_non_null: return {branch(in.index), branch(in.index) == 0 ? 0 : branch(in.index) - 1};
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return {branch(in.index), branch(in.index)};
    case Op::return_: return {label_arities.empty() ? 0 : label_arities.front(), 0};
    case Op::throw_: {
      const TagIdx tag(in.index);
      if (!context.module.tags.contains(tag)) return {};
      return {arity_of(context.module.tags[tag].type, context, 0).operands, 0};
    }
    case Op::call: return arity_of(func_type(in.index), context, 0);
    case Op::return_call: return {arity_of(func_type(in.index), context, 0).operands, 0};
    case Op::call_indirect:
    case Op::call_ref: return arity_of(TypeIdx(in.index), context, 1);
    case Op::return_call_indirect:
    case Op::return_call_ref: return {arity_of(TypeIdx(in.index), context, 1).operands, 0};
    default: return {};
  }
}

}  // namespace tenon::core
