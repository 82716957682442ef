// Generated packages that are damaged on purpose: every error has a place in the text and says what was expected or
// found, and a name that is nearly one that exists is answered with that one.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <string_view>

#include "unit/wit/random_wit.hpp"
#include "wit/resolve.hpp"

namespace tenon::wit {
namespace {

struct Damaged {
  std::string text;
  std::size_t line = 0;    // of the damage, where the error can stand nowhere else; 0: unknown
  std::string suggestion;  // "" where none is certain
};

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed), text_(RandomWit(seed).package()) {}

  Damaged make() {
    switch (random_() % 8) {
      case 0: return misspelled_type();
      case 1: return misspelled_interface();
      case 2: return misspelled_package();
      case 3: return misspelled_use();
      case 4: return without_a_token();
      case 5: return with_a_strange_character();
      case 6: return cut_off();
      default: return twice();
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string word(std::size_t size) {
    std::string result;
    for (std::size_t i = 0; i < size; ++i) result += static_cast<char>('a' + pick(26));
    return result;
  }
  // Long enough that no other name and no keyword is nearer.
  std::string name() { return word(5 + pick(5)) + "-" + word(5 + pick(5)); }
  std::string misspelled(std::string name) {
    const std::size_t at = 1 + pick(3);
    switch (pick(3)) {
      case 0: return name.erase(at, 1);
      case 1: return name.insert(at, 1, 'q');
      default: name[at] = name[at] == 'q' ? 'z' : 'q'; return name;
    }
  }
  Damaged appended(const std::string& before, const std::string& line, const std::string& suggestion) {
    Damaged result{text_ + before, 0, suggestion};
    result.line = static_cast<std::size_t>(std::ranges::count(result.text, '\n')) + 1;
    result.text += line + "\n";
    return result;
  }

  Damaged misspelled_type() {
    const std::string right = name();
    const std::string wrong = misspelled(right);
    const std::string before = "interface damaged {\n  record " + right + " { a: u8 }\n";
    constexpr std::string_view uses[] = {"  f: func(p: @); }", "  f: func() -> list<@>; }",
                                         "  type t = tuple<u8, @>; }", "  variant v { a, b(@) } }"};
    std::string use(uses[pick(std::size(uses))]);
    return appended(before, use.replace(use.find('@'), 1, wrong), right);
  }
  Damaged misspelled_interface() {
    const std::string right = name();
    return appended("interface " + right + " {}\n", "world damaged { import " + misspelled(right) + "; }", right);
  }
  Damaged misspelled_package() {
    const std::string right = name();
    const std::string package = "package other:" + right + " { interface i { type t = u8; } }\n";
    return appended(package, "interface damaged { use other:" + misspelled(right) + "/i.{t}; }", "other:" + right);
  }
  Damaged misspelled_use() {
    const std::string right = name();
    return appended("interface source { resource " + right + "; }\n",
                    "interface damaged { use source.{" + misspelled(right) + "}; }", right);
  }
  Damaged without_a_token() {
    std::size_t at = pick(text_.size());
    while (!std::string_view(";{}()<>:").contains(text_[at])) at = (at + 1) % text_.size();
    return {text_.erase(at, 1), 0, ""};
  }
  Damaged with_a_strange_character() {
    std::size_t at = pick(text_.size());
    while (text_[at] != ' ' && text_[at] != '\n') at = (at + 1) % text_.size();
    const std::size_t line =
        static_cast<std::size_t>(std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n')) + 1;
    constexpr std::string_view strange = "#$&!?^~`|;";
    const char character = strange[pick(strange.size())];
    text_.insert(at, 1, character);
    return {text_, character == ';' ? 0 : line, ""};
  }
  Damaged cut_off() {
    text_.resize(1 + pick(text_.size() - 1));
    return {text_, 0, ""};
  }
  Damaged twice() { return appended("interface damaged {}\n", "interface damaged {}", ""); }

  std::mt19937_64 random_;
  std::string text_;
};

TEST(WitErrors, HaveAPlaceAnExplanationAndASuggestionWhereThereIsOne) {
  int errors = 0;
  int suggestions = 0;
  std::uint64_t seed = 0;
  for (; errors < 1'000; ++seed) {
    ASSERT_LT(seed, 3'000U);
    const Damaged damaged = Damage(seed).make();
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + damaged.text);
    ResolveOptions options;
    options.features = Features::all();
    const auto result = resolve_file({"damaged.wit", damaged.text}, *std::pmr::new_delete_resource(), options);
    if (result) {  // it is another package, but one
      EXPECT_EQ(damaged.line, 0U);
      continue;
    }
    ++errors;
    const Error& error = result.error();
    EXPECT_EQ(error.context(), "damaged.wit");
    const std::size_t lines = static_cast<std::size_t>(std::ranges::count(damaged.text, '\n')) + 1;
    EXPECT_GE(error.place().line, 1U);
    EXPECT_LE(error.place().line, lines);
    EXPECT_GE(error.place().column, 1U);
    if (damaged.line != 0) EXPECT_EQ(error.place().line, damaged.line) << error.message();
    EXPECT_GE(std::ranges::count(error.message(), ' '), 2) << error.message();
    if (damaged.suggestion.empty()) continue;
    ++suggestions;
    EXPECT_TRUE(error.message().ends_with("did you mean `" + damaged.suggestion + "`?")) << error.message();
  }
  EXPECT_GT(suggestions, 300);
}

}  // namespace
}  // namespace tenon::wit
