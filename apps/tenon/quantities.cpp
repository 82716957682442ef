#include "quantities.hpp"

#include <charconv>
#include <span>
#include <string>

#include "tenon/tenon.hpp"

namespace tenon::program {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit time_units[] = {
    {"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}};
constexpr Unit size_units[] = {{"", 1},        {"B", 1},     {"KiB", 1_KiB}, {"MiB", 1_MiB},
                               {"GiB", 1_GiB}, {"K", 1_KiB}, {"M", 1_MiB},   {"G", 1_GiB}};

Result<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::string_view example) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(parsed.ptr, text.data() + text.size());
  for (const Unit& unit : units) {
    if (parsed.ec != std::errc() || unit.name != name) continue;
    if (number > ~std::uint64_t{0} / unit.factor) break;
    return number * unit.factor;
  }
  return Error(ErrorKind::usage, "expected a number with a unit, as in " + std::string(example) + ", found \"" +
                                     std::string(text) + "\"");
}

}  // namespace

Result<std::chrono::nanoseconds> parse_time(std::string_view text) {
  auto time = parse_quantity(text, time_units, "500ms or 2s");
  if (!time) return std::move(time).error();
  return std::chrono::nanoseconds(*time);
}

Result<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(text, size_units, "64MiB"); }

}  // namespace tenon::program
