// The same as a component of C++, with a unit of its own: text, maps, sorting and numbers.
#include <algorithm>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

static unsigned unit() {
  std::map<std::string, int> counts;
  for (int i = 0; i < 300; ++i) ++counts["w" + std::to_string((i * 7919) % 251)];
  std::vector<std::pair<std::string, int>> best(counts.begin(), counts.end());
  std::sort(best.begin(), best.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  best.resize(20);
  std::string text;
  for (const auto& [word, count] : best) text += word + ":" + std::to_string(count) + ",";
  unsigned total = 0;
  for (std::size_t at = text.find(':'); at != std::string::npos; at = text.find(':', at + 1)) {
    total += static_cast<unsigned>(std::stoi(text.substr(at + 1)));
  }
  for (unsigned i = 0; i < 2000; ++i) total = total * 31 + (i ^ (total >> 3));
  return total;
}

volatile unsigned result;

int main() {
  for (;;) {
    result = unit();
    if (write(1, "\n", 1) != 1) return 0;
  }
}
