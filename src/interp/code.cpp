#include "interp/code.hpp"

#include <algorithm>

#include "base/concat.hpp"
#include "base/give_way.hpp"
#include "interp/tables.hpp"
#include "interp/translator.hpp"
#include "runtime/native.hpp"

namespace tenon::interp {

class Code::Lock {
 public:
  explicit Lock(std::atomic_flag& busy) noexcept : busy_(busy) {
    for (unsigned turns = 0; busy_.test_and_set(std::memory_order_acquire);) give_way(++turns);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { busy_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& busy_;
};

// A translator, whose storage is reused from one function to the next.
class Code::Workplace {
 public:
  Workplace(Code& code, Workplace* following)
      : translator(*code.validated, code.settings, code.code, *code.resource_), next(following) {}
  Translator translator;
  Workplace* next;
  std::atomic_flag taken{};

  // One that nobody uses, or a new one. It stays taken when an allocation fails while it is in use.
  static Workplace& take(Code& code) {
    for (Workplace* place = code.workplaces_.load(std::memory_order_acquire); place != nullptr; place = place->next) {
      if (!place->taken.test_and_set(std::memory_order_acquire)) return *place;
    }
    std::pmr::polymorphic_allocator<> allocator(code.resource_);
    auto* place = allocator.new_object<Workplace>(code, code.workplaces_.load(std::memory_order_relaxed));
    place->taken.test_and_set(std::memory_order_relaxed);
    while (!code.workplaces_.compare_exchange_weak(place->next, place, std::memory_order_acq_rel)) {
    }
    return *place;
  }
};

Code::Code(const core::ValidatedModule& module, const runtime::CodeSettings& code_settings,
           std::pmr::memory_resource& memory)
    : settings(code_settings), resource_(&memory), arena_(memory) {
  validated = &module;
  const std::size_t count = module.module->funcs.size();
  const auto entries = arena_.make_array<std::atomic<const Cell*>>(count);
  const auto interpreted = arena_.make_array<std::atomic<const Cell*>>(count);
  const auto gates = arena_.make_array<Cell>(2 * count);
  const ControlTable& control = control_handlers[settings.loop_dispatch];
  for (std::size_t i = 0; i < count; ++i) {
    const Handler gate = i < module.module->imported_funcs ? control.call_import : control.translate;
    gates[2 * i].bits = std::bit_cast<std::uint64_t>(gate);
    gates[2 * i + 1].bits = i;
    entries[i].store(&gates[2 * i], std::memory_order_relaxed);
    interpreted[i].store(&gates[2 * i], std::memory_order_relaxed);
  }
  this->code = entries.data();
  this->bytecode = interpreted.data();
  gates_ = gates;
  this->gates = reinterpret_cast<const std::uint8_t*>(gates.data());
  static_assert(gate_size == 2 * sizeof(Cell));
}

Code::~Code() {
  if (compiler_.destroy != nullptr) compiler_.destroy(compiler_.context);
  std::pmr::polymorphic_allocator<> allocator(resource_);
  for (Workplace* place = workplaces_.load(); place != nullptr;) {
    allocator.delete_object(std::exchange(place, place->next));
  }
  FunctionCode** functions = functions_.load();
  if (functions == nullptr) return;
  for (std::size_t i = 0; i < function_count_; ++i) {
    resource_->deallocate(functions[i], functions[i]->bytes, alignof(FunctionCode));
  }
  allocator.deallocate_object(functions, validated->module->funcs.size());
}

Result<const Cell*> Code::translate(core::FuncIdx index) {
  const Cell* gate = bytecode[index.value].load(std::memory_order_acquire);
  if (gate->bits != std::bit_cast<std::uint64_t>(control_handlers[settings.loop_dispatch].translate)) return gate;
  if (settings.validate_lazily) {
    core::BodyValidator validator(*validated, *resource_);
    if (auto valid = validator.validate(index); !valid) return std::move(valid).error();
  }
  reserve_functions();
  Workplace& place = Workplace::take(*this);
  const Translation translation = place.translator.translate(index);
  FunctionCode* function = translation.too_large ? nullptr : make_code(index, translation);
  place.taken.clear(std::memory_order_release);
  if (function == nullptr) {
    return fail(ErrorKind::exhausted, {}, "function ", index.value, " has too many operands to be translated");
  }
  if (!publish(*function, gate)) {
    resource_->deallocate(function, function->bytes, alignof(FunctionCode));
  } else if (compiler_.translated != nullptr) {
    compiler_.translated(compiler_.context, *function);
  }
  return bytecode[index.value].load(std::memory_order_acquire);
}

void Code::reserve_functions() {
  if (functions_.load(std::memory_order_acquire) != nullptr) return;
  const std::size_t count = validated->module->funcs.size();
  std::pmr::polymorphic_allocator<> allocator(resource_);
  auto* made = allocator.allocate_object<FunctionCode*>(count);
  FunctionCode** expected = nullptr;
  if (!functions_.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
    allocator.deallocate_object(made, count);
  }
}

// All of a function in one block.
FunctionCode* Code::make_code(core::FuncIdx index, const Translation& translation) {
  static_assert(alignof(TryRange) <= alignof(Cell) && alignof(CatchClause) <= alignof(Cell) &&
                alignof(LoopHeader) <= alignof(Cell));
  const std::size_t cells = translation.units.size_bytes();
  const std::size_t bytes = sizeof(FunctionCode) + cells + translation.ranges.size_bytes() +
                            translation.clauses.size_bytes() + translation.loops.size_bytes();
  auto* block = static_cast<std::byte*>(resource_->allocate(bytes, alignof(FunctionCode)));
  auto* function = ::new (block) FunctionCode{};
  function->bytes = bytes;
  function->index = index;
  auto* at = block + sizeof(FunctionCode);
  const auto append = [&]<class T>(std::span<const T> from) {
    auto* to = reinterpret_cast<T*>(at);
    if (!from.empty()) std::memcpy(static_cast<void*>(to), from.data(), from.size_bytes());
    at += from.size_bytes();
    return to;
  };
  function->begin = reinterpret_cast<const Cell*>(append(std::span<const std::uint32_t>(translation.units)));
  function->end = reinterpret_cast<const Cell*>(at);
  const std::span<const TryRange> ranges(translation.ranges);
  const std::span<const CatchClause> clauses(translation.clauses);
  function->ranges = {append(ranges), ranges.size()};
  function->clauses = {append(clauses), clauses.size()};
  function->loops = {append(translation.loops), translation.loops.size()};
  return function;
}

// False if another thread was first. Compiled code that was installed meanwhile stays what is entered.
bool Code::publish(FunctionCode& function, const Cell* gate) {
  const Lock lock(busy_);
  std::atomic<const Cell*>& entry = bytecode[function.index.value];
  if (entry.load(std::memory_order_relaxed) != gate) return false;
  FunctionCode** functions = functions_.load(std::memory_order_relaxed);
  FunctionCode** end = functions + function_count_;
  FunctionCode** at =
      std::upper_bound(functions, end, function.begin,
                       [](const Cell* begin, const FunctionCode* other) { return begin < other->begin; });
  std::copy_backward(at, end, end + 1);
  *at = &function;
  ++function_count_;
  entry.store(function.begin, std::memory_order_release);
  code[function.index.value].compare_exchange_strong(gate, function.begin, std::memory_order_release);
  return true;
}

const FunctionCode* Code::find(const Cell* ip) {
  const Lock lock(busy_);
  FunctionCode** functions = functions_.load(std::memory_order_relaxed);
  FunctionCode** after = std::lower_bound(functions, functions + function_count_, ip,
                                          [](const FunctionCode* code, const Cell* at) { return code->begin < at; });
  if (after == functions) return nullptr;
  const FunctionCode* found = *std::prev(after);
  return ip <= found->end ? found : nullptr;
}

runtime::Executor::Position Code::position(const Cell* ip) {
  if (ip > gates_.data() && ip <= gates_.data() + gates_.size()) {
    // In a function that was not entered yet, or an import.
    const core::FuncIdx index(static_cast<std::size_t>(ip - gates_.data() - 1) / 2);
    return {index, validated->module->funcs[index].offset};
  }
  if (native != nullptr && ip > native->gates.data() && ip <= native->gates.data() + native->gates.size()) {
    const core::FuncIdx index(static_cast<std::size_t>(ip - native->gates.data() - 1) / 2);
    return {index, validated->module->funcs[index].offset};
  }
  const FunctionCode* function = find(ip);
  if (function == nullptr) return {};
  const core::Func& func = validated->module->funcs[function->index];
  Translator translator(*validated, settings, code, *resource_);
  std::pmr::vector<SourcePosition> positions(resource_);
  translator.translate(function->index, &positions);
  const auto unit = static_cast<std::uint32_t>(ip - function->begin) * 2;
  // The last instruction whose code begins before `ip`.
  const auto after = std::ranges::lower_bound(positions, unit, {}, &SourcePosition::unit);
  const std::uint32_t offset = after == positions.begin() ? 0 : std::prev(after)->offset;
  return {function->index, func.offset + offset};
}

}  // namespace tenon::interp
