// Which of LLVM's optional passes run: none once nobody wants the code any more, and for large functions not those
// whose time grows with the square of their size.
#pragma once

#include <atomic>
#include <llvm/ADT/Any.h>
#include <llvm/ADT/StringSet.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/OptBisect.h>

namespace tenon::jit {

class PassGate final : public llvm::OptPassGate {
 public:
  // `stop` (may be nullptr): set when nobody waits for the code.
  explicit PassGate(const std::atomic<bool>* stop) : stop_(stop) {}
  bool has_stopped() const noexcept { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }

  // Of passes over LLVM's representation.
  bool may_run(llvm::StringRef pass, const llvm::Any& on) const;

  // Before machine code is made of them.
  void note_large_functions(const llvm::Module& module);

  // Of passes that make machine code, for a function as they name it.
  bool shouldRunPass(llvm::StringRef pass, llvm::StringRef on) override;
  bool isEnabled() const override { return true; }

 private:
  const std::atomic<bool>* stop_;
  llvm::StringSet<> large_;
};

}  // namespace tenon::jit
