#include "wasi/host/descriptor.hpp"

#include <unistd.h>

namespace tenon::wasi::host {

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

}  // namespace tenon::wasi::host
