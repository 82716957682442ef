// Traps and their frames in the C interface.
#include "engine/c_api.hpp"

namespace tenon::c_api {

namespace {

std::vector<TrapFrame> frames_of(detail::StoreBlock& block) {
  std::vector<TrapFrame> frames;
  for (const runtime::BacktraceFrame& frame : block.store->backtrace) {
    const core::Func& func = frame.instance->model().funcs[frame.position.func];
    frames.push_back({.instance = block.handle(frame.instance),
                      .func_index = frame.position.func.value,
                      .func_offset = static_cast<std::size_t>(frame.position.offset - func.offset),
                      .module_offset = static_cast<std::size_t>(frame.position.offset)});
  }
  return frames;
}

wasm_frame_t* new_frame(const StatePtr& state, const TrapFrame& frame) {
  return new wasm_frame_t{frame, wasm_instance_t(state, frame.instance)};
}

}  // namespace

void begin_call(StoreState& state) {
  state.pending_trap.reset();
  state.block().store->backtrace.clear();
}

wasm_trap_t* new_trap(const StatePtr& state, Error error) {
  auto trap = std::exchange(state->pending_trap, nullptr);
  if (trap == nullptr) trap = std::make_shared<TrapState>(std::string(error.message()));
  if (trap->frames.empty() && state->store && error.kind() == ErrorKind::trap) trap->frames = frames_of(state->block());
  return new wasm_trap_t(state, std::move(trap));
}

}  // namespace tenon::c_api

TENON_C_REF(trap)

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  if (store == nullptr) return nullptr;
  std::string_view text = message == nullptr ? std::string_view() : tenon::c_api::view_of(*message);
  text = text.substr(0, text.find('\0'));
  return new wasm_trap_t(store->state, std::make_shared<tenon::c_api::TrapState>(std::string(text)));
}

void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (trap != nullptr) wasm_byte_vec_new(out, trap->trap->message.size() + 1, trap->trap->message.c_str());
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  if (trap == nullptr || trap->trap->frames.empty()) return nullptr;
  return tenon::c_api::new_frame(trap->state, trap->trap->frames.front());
}

void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  if (out == nullptr) return;
  *out = {};
  if (trap == nullptr) return;
  tenon::c_api::new_zeroed(out, trap->trap->frames.size());
  for (std::size_t i = 0; i < out->size; ++i) {
    out->data[i] = tenon::c_api::new_frame(trap->state, trap->trap->frames[i]);
  }
}

// --- Frames ---------------------------------------------------------------------------------------------------------

void wasm_frame_delete(wasm_frame_t* frame) { delete frame; }
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return frame == nullptr ? nullptr : new wasm_frame_t(*frame);
}

wasm_instance_t* wasm_frame_instance(const wasm_frame_t* frame) {
  // The standard lends a changeable handle of an unchangeable frame.
  return frame == nullptr ? nullptr : const_cast<wasm_instance_t*>(&frame->instance);
}
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->frame.func_index; }
size_t wasm_frame_func_offset(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->frame.func_offset; }
size_t wasm_frame_module_offset(const wasm_frame_t* frame) { return frame == nullptr ? 0 : frame->frame.module_offset; }
