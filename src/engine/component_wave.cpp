// Arguments and results of component functions as text: WAVE.
#include "abi/wave.hpp"
#include "engine/component_state.hpp"

namespace tenon {

Result<std::vector<component::Val>> ComponentFunc::parse_arguments(std::string_view text) const {
  if (func_ == nullptr) return detail::usage("the function handle is empty");
  if (!store_->is_alive()) return detail::dead_store();
  return detail::guarded([&]() -> Result<std::vector<component::Val>> {
    const component::FuncSignature& type = *func_->type;
    if (type.params.empty()) {
      if (text == "()") return std::vector<component::Val>();
      return detail::usage("the function takes no arguments, expected `()`, found `", text, "`");
    }
    // An argument list is the text of a tuple.
    std::vector<const component::ValueType*> types;
    for (const component::Member& param : type.params) types.push_back(param.type);
    component::ValueType tuple;
    tuple.kind = component::TypeKind::tuple;
    tuple.types = types;
    auto value = component::parse_wave(text, tuple);
    if (!value) return std::move(value).error();
    const std::span<const component::Val> fields = value->fields();
    return std::vector<component::Val>(fields.begin(), fields.end());
  });
}

std::string ComponentFunc::format_result(const component::Val& result) const {
  if (func_ == nullptr || !store_->is_alive() || func_->type->result == nullptr) return {};
  std::string text;
  component::print_wave(text, result, *func_->type->result);
  return text;
}

}  // namespace tenon
