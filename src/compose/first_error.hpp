// For passes that go on a little after a fault, since they are not made of functions that give results: what went wrong
// first.
#pragma once

#include "base/concat.hpp"
#include "tenon/result.hpp"

namespace tenon::compose {

class FirstError {
 protected:
  template <class... Pieces>
  void fail(const Pieces&... pieces) {
    if (failed_) return;
    failed_ = true;
    error_ = tenon::fail(ErrorKind::invalid, {}, pieces...);
  }

  bool failed_ = false;
  Error error_;
};

}  // namespace tenon::compose
