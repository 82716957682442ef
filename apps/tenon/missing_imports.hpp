// What to say about imports that nobody provides.
#pragma once

#include <span>
#include <string>

#include "tenon/tenon.hpp"

namespace tenon::program {

// One line for each module name that is imported from: its missing names, and what would satisfy them. Empty for none.
std::string explain_missing(std::span<const ImportType> missing);

}  // namespace tenon::program
