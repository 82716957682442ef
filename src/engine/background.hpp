// Compiling while guests run.
#pragma once

#include <condition_variable>
#include <thread>

#include "engine/native.hpp"

namespace tenon::detail {

// Compiles what guests spend their time in, while they go on: a thread for each engine that wants it. Every millisecond
// or so it asks them where they are (jit/heat.hpp), less often when they have nothing new to say. Functions come in the
// order of how often guests were found in them for each byte of theirs, which is the order that gives the most for the
// compiler's time; what was hardly ever found is never compiled. Code comes in pieces of some functions each, small
// ones first, so that the first is there soon. Loops that guests stay in are among them, as if each were as large as
// its function. Whoever ends a module, or the engine, stops the piece under way, and waits only until it has noticed.
class Background {
 public:
  explicit Background(EngineState& engine);
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();
  void watch(std::shared_ptr<NativeUnit> unit);
  void forget(NativeUnit& unit) noexcept;
  // Compiles all loops that are wanted, for tests.
  void compile_loops(NativeUnit& unit);

 private:
  void run();
  bool visit(NativeUnit& unit);
  void look_up(NativeUnit& unit);
  bool compile_hottest(NativeUnit& unit);
  bool compile_loop(NativeUnit& unit, const jit::LoopPlace& place);
  bool compile(NativeUnit& unit, const jit::CompileOptions& options);
  void keep(NativeUnit& unit) noexcept;

  EngineOptions options_;
  LookFlags& look_flags_;
  std::unique_ptr<jit::Cache> cache_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<NativeUnit>> units_;
  const NativeUnit* busy_with_ = nullptr;
  bool has_new_ = false;  // of the units
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace tenon::detail
