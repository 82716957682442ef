// Bytes for tests, written as they are listed: hexadecimal digits in pairs, spaces anywhere.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon {

inline std::vector<std::uint8_t> hex(std::string_view digits) {
  const auto value = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); };
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < digits.size();) {
    if (digits[i] == ' ') {
      ++i;
      continue;
    }
    bytes.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
    i += 2;
  }
  return bytes;
}

// The sections given, behind a module's magic and version: the first section's id has offset 8.
inline std::vector<std::uint8_t> hex_module(std::string_view sections) {
  std::vector<std::uint8_t> bytes = hex("0061736D 01000000");
  const std::vector<std::uint8_t> rest = hex(sections);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

}  // namespace tenon
