#include "interp/code.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "interp/tables.hpp"
#include "interp/translator.hpp"

namespace tenon::interp {

class Code::Lock {
 public:
  explicit Lock(std::atomic_flag& busy) noexcept : busy_(busy) {
    while (busy_.test_and_set(std::memory_order_acquire)) {
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { busy_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& busy_;
};

Code::Code(const core::ValidatedModule& module, const runtime::CodeSettings& code_settings,
           std::pmr::memory_resource& memory)
    : settings(code_settings), resource_(&memory), arena_(memory), functions_(&memory) {
  validated = &module;
  const std::size_t count = module.module->funcs.size();
  const auto entries = arena_.make_array<std::atomic<const Cell*>>(count);
  const auto stubs = arena_.make_array<Cell>(2 * count);
  const ControlTable& control = control_handlers[settings.loop_dispatch];
  for (std::size_t i = 0; i < count; ++i) {
    const Handler stub = i < module.module->imported_funcs ? control.call_import : control.translate;
    stubs[2 * i].bits = std::bit_cast<std::uint64_t>(stub);
    stubs[2 * i + 1].bits = i;
    entries[i].store(&stubs[2 * i], std::memory_order_relaxed);
  }
  this->code = entries.data();
  stubs_ = stubs;
}

Code::~Code() = default;

Result<const Cell*> Code::translate(core::FuncIdx index) {
  const Lock lock(busy_);
  const Cell* entry = code[index.value].load(std::memory_order_acquire);
  if (entry->bits != std::bit_cast<std::uint64_t>(control_handlers[settings.loop_dispatch].translate)) return entry;
  if (settings.validate_lazily) {
    core::BodyValidator validator(*validated, *resource_);
    if (auto valid = validator.validate(index); !valid) return std::move(valid).error();
  }
  if (!translator_) translator_.emplace(*validated, settings, code, *resource_);
  const Translation translation = translator_->translate(index);
  if (translation.too_large) {
    return fail(ErrorKind::exhausted, {}, "function ", index.value, " has too many operands to be translated");
  }
  const auto cells = arena_.make_array<Cell>(translation.units.size() / 2);
  std::memcpy(cells.data(), translation.units.data(), translation.units.size_bytes());
  insert({.begin = cells.data(),
          .end = cells.data() + cells.size(),
          .index = index,
          .ranges = arena_.copy(translation.ranges),
          .clauses = arena_.copy(translation.clauses)});
  code[index.value].store(cells.data(), std::memory_order_release);
  return cells.data();
}

void Code::insert(const FunctionCode& function) {
  const auto at = std::ranges::upper_bound(functions_, function.begin, {}, &FunctionCode::begin);
  functions_.insert(at, function);
}

FunctionCode Code::find(const Cell* ip) {
  const Lock lock(busy_);
  const auto after = std::ranges::lower_bound(functions_, ip, {}, &FunctionCode::begin);
  if (after == functions_.begin()) return {};
  const FunctionCode& found = *std::prev(after);
  return ip <= found.end ? found : FunctionCode{};
}

runtime::Executor::Position Code::position(const Cell* ip) {
  if (ip > stubs_.data() && ip <= stubs_.data() + stubs_.size()) {
    // In a function that was not entered yet, or an import.
    const core::FuncIdx index(static_cast<std::size_t>(ip - stubs_.data() - 1) / 2);
    return {index, validated->module->funcs[index].offset};
  }
  const FunctionCode function = find(ip);
  if (function.begin == nullptr) return {};
  const core::Func& func = validated->module->funcs[function.index];
  Translator translator(*validated, settings, code, *resource_);
  std::pmr::vector<SourcePosition> positions(resource_);
  translator.translate(function.index, &positions);
  const auto unit = static_cast<std::uint32_t>(ip - function.begin) * 2;
  // The last instruction whose code begins before `ip`.
  const auto after = std::ranges::lower_bound(positions, unit, {}, &SourcePosition::unit);
  const std::uint32_t offset = after == positions.begin() ? 0 : std::prev(after)->offset;
  return {function.index, func.offset + offset};
}

}  // namespace tenon::interp
