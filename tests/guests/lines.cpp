// Counts equal lines of standard input; standard error gets the arguments, sorted.
#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <vector>
int main(int count, char** words) {
  std::map<std::string, int> seen;
  for (std::string line; std::getline(std::cin, line);) ++seen[line];
  for (const auto& [line, times] : seen) std::cout << line << " " << times << "\n";
  std::vector<std::string> sorted(words + 1, words + count);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& word : sorted) std::cerr << word << std::endl;
  return static_cast<int>(seen.size());
}
