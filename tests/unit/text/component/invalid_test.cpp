// Generated components that are damaged on purpose: every error, of the text or of what it means, has a place and says
// what was expected or found, and an identifier or name that is nearly one that exists is answered with that one.
#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <string_view>

#include "text/component/text.hpp"
#include "unit/validate/component/random_component.hpp"
#include "validate/component/component.hpp"

namespace tenon::component {
namespace {

struct Damaged {
  std::string text;
  std::string suggestion;  // "" where none is certain
};

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed), text_(random_component(seed)) {}

  Damaged make() {
    switch (random_() % 8) {
      case 0: return misspelled_identifier();
      case 1: return misspelled_export();
      case 2: return misspelled_core_export();
      case 3: return with_another_type();
      case 4: return without_a_parenthesis();
      case 5: return misspelled_keyword();
      case 6: return {appended(R"((export "lifted" (func $lifted)))"), ""};
      default: return cut_off();
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  std::string misspelled(std::string name) {
    const std::size_t at = 1 + pick(name.size() - 1);
    switch (pick(3)) {
      case 0: return name.erase(at, 1);
      case 1: return name.insert(at, 1, 'q');
      default: name[at] = 'q'; return name;
    }
  }
  std::string appended(const std::string& definition) const {
    return text_.substr(0, text_.size() - 1) + "\n" + definition + ")";
  }

  Damaged misspelled_identifier() {
    constexpr std::string_view known[] = {"given", "narrowed", "bundle"};
    const std::string right(known[pick(std::size(known))]);
    return {appended("(export \"damaged\" (instance $" + misspelled(right) + "))"), right};
  }
  Damaged misspelled_export() {
    return {appended("(alias export $bundle \"" + misspelled("whole") + "\" (instance))"), "whole"};
  }
  Damaged misspelled_core_export() {
    return {appended(R"((core module $n (memory (export "memory") 1)) (core instance $n (instantiate $n)))"
                     "(alias core export $n \"" +
                     misspelled("memory") + "\" (core memory))"),
            "memory"};
  }
  Damaged with_another_type() {
    return {appended("(component $d (import \"f\" (func (param \"l\" u" + std::string(pick(2) == 0 ? "8" : "64") +
                     ")))) (instance (instantiate $d (with \"f\" (func $lifted))))"),
            ""};
  }
  Damaged without_a_parenthesis() {
    std::size_t at = pick(text_.size());
    while (text_[at] != '(' && text_[at] != ')') at = (at + 1) % text_.size();
    return {text_.erase(at, 1), ""};
  }
  Damaged misspelled_keyword() {
    constexpr std::string_view known[] = {"instantiate", "resource", "component"};
    const std::string right(known[pick(std::size(known))]);
    const std::string wrong = misspelled(right);
    return {appended(right == "resource"    ? "(type (" + wrong + " (rep i32)))"
                     : right == "component" ? "(" + wrong + ")"
                                            : "(instance (" + wrong + " $narrow))"),
            right};
  }
  Damaged cut_off() {
    text_.resize(1 + pick(text_.size() - 1));
    return {text_, ""};
  }

  std::mt19937_64 random_;
  std::string text_;
};

Result<void> check(const std::string& text) {
  std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
  auto component = parse_component(text, memory, {.features = Features::all()});
  if (!component) return std::move(component).error();
  core::TypeRegistry registry(memory);
  Arena arena(memory);
  auto valid = validate_component(*component, registry, arena, {.features = Features::all()});
  if (!valid) return std::move(valid).error();
  return {};
}

TEST(ComponentErrors, HaveAPlaceAnExplanationAndASuggestionWhereThereIsOne) {
  int suggestions = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    const Damaged damaged = Damage(seed).make();
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + damaged.text);
    const Result<void> result = check(damaged.text);
    ASSERT_FALSE(result);
    const Error& error = result.error();
    EXPECT_NE(error.place().offset, ErrorPlace::no_offset) << error.message();
    EXPECT_LE(error.place().offset, damaged.text.size());
    EXPECT_GE(std::ranges::count(error.message(), ' '), 2) << error.message();
    if (damaged.suggestion.empty()) continue;
    ++suggestions;
    EXPECT_TRUE(error.message().contains("did you mean `" + damaged.suggestion + "`?")) << error.message();
  }
  EXPECT_GT(suggestions, 300);
}

}  // namespace
}  // namespace tenon::component
