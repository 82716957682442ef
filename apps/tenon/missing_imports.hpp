// What to say about imports that nobody provides.
#pragma once

#include <span>
#include <string>

#include "tenon/component.hpp"
#include "tenon/tenon.hpp"

namespace tenon::program {

// One line for each module name that is imported from: its missing names, and what would satisfy them. Empty for none.
std::string explain_missing(std::span<const ImportType> missing);

// One line for each interface that a component imports and this program has not: what would satisfy it.
std::string explain_missing(const Component& component);

}  // namespace tenon::program
