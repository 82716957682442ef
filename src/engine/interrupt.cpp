#include "tenon/interrupt.hpp"

#include "engine/component_state.hpp"
#include "engine/interrupt.hpp"
#include "engine/state.hpp"

namespace tenon {

namespace detail {

bool ask_handler(runtime::Store& store) noexcept {
  const auto& block = *static_cast<StoreBlock*>(store.control.host);
  if (!block.is_alive()) return false;
  if (!block.interrupt_handler) return false;
  // A component whose own time is over ends, whatever the embedder says.
  if (block.components != nullptr && component::is_time_over(block.components->world.scheduler)) return false;
  // Cleared first: who interrupts the guest again meanwhile is heard.
  store.control.native_stack_limit.interrupt.store(0, std::memory_order_relaxed);
  return block.interrupt_handler();
}

}  // namespace detail

void set_interrupt_handler(Store& store, std::function<bool()> ask) {
  auto block = detail::StoreBlock::open(store);
  if (!block || (*block)->store == nullptr) return;
  (*block)->interrupt_handler = std::move(ask);
  (*block)->store->may_go_on = detail::ask_handler;
}

}  // namespace tenon
