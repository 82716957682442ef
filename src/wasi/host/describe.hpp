// Errors for people.
#pragma once

#include <string>

#include "wasi/host/errno.hpp"

namespace tenon::wasi::host {

// As the system says it: "No such file or directory".
std::string describe(Errno error);

}  // namespace tenon::wasi::host
