// Uses the installed library as a stranger would, in C++20. Ends with status 0 when each answer is the expected one.
#include <cstdio>
#include <tenon/result.hpp>

namespace {
tenon::Result<int> half(int number) {
  if (number % 2 != 0) return tenon::Error(tenon::ErrorKind::usage, "expected an even number");
  return number / 2;
}
}  // namespace

int main() {
  if (half(84).value() != 42) return 1;
  const auto odd = half(3);
  if (odd || odd.error().kind() != tenon::ErrorKind::usage) return 2;
  if (odd.error().message() != "expected an even number") return 3;
  std::puts("the installed library works");
  return 0;
}
