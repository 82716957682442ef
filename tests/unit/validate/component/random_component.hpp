// Random interfaces and components as text, of all kinds of types and externs. The same seed gives the same text.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::component {

// What stands in the type of an instance whose exports use one another: resources, named types, functions, instances.
class RandomInterface {
 public:
  explicit RandomInterface(std::uint64_t seed) : random_(seed) {
    const std::size_t count = 2 + pick(7);
    for (std::size_t i = 0; i < count; ++i) add(i);
  }

  std::string whole() const { return text(std::vector<bool>(exports_.size(), true)); }
  // Some of the exports, and what they need: any instance of the whole is one of these.
  std::string narrower() {
    std::vector<bool> kept(exports_.size());
    for (std::size_t i = exports_.size(); i-- > 0;) {
      if (!kept[i] && !chance(50)) continue;
      kept[i] = true;
      for (const std::size_t need : exports_[i].needs) kept[need] = true;
    }
    return text(kept);
  }
  // The whole, but for one export that no instance of the whole has.
  std::string other() const { return whole() + R"((export "not-there" (func)))"; }
  // The whole, with a function that has one parameter more. "" when there is none.
  std::string changed() const {
    std::string result = whole();
    const std::size_t at = result.find("(func (param \"p0\"");
    return at == std::string::npos ? "" : result.insert(at + 6, R"((param "more" u8) )");
  }
  std::size_t size() const { return exports_.size(); }
  std::string_view name(std::size_t index) const { return exports_[index].name; }
  std::string_view sort(std::size_t index) const { return exports_[index].sort; }

 private:
  struct Export {
    std::string name;
    std::string_view sort;
    std::string text;
    std::vector<std::size_t> needs;
  };

  std::size_t pick(std::size_t below) { return random_() % below; }
  bool chance(int percent) { return pick(100) < static_cast<std::size_t>(percent); }

  // A value type; what it mentions goes into `needs`.
  std::string type(std::vector<std::size_t>& needs, int depth, bool may_borrow) {
    constexpr std::string_view primitives[] = {"bool", "s8",  "u8",  "s16", "u16",  "s32",    "u32",
                                               "s64",  "u64", "f32", "f64", "char", "string", "error-context"};
    if (!exports_.empty() && chance(35)) {
      const std::size_t index = pick(exports_.size());
      const std::string name = "$" + std::to_string(index);
      if (exports_[index].sort == "type") {
        needs.push_back(index);
        if (!is_resource_[index]) return name;
        return (may_borrow && chance(50) ? "(borrow " : "(own ") + name + ")";
      }
    }
    if (depth == 0 || chance(40)) return std::string(primitives[pick(std::size(primitives))]);
    const auto inner = [&] { return type(needs, depth - 1, false); };
    switch (pick(11)) {
      case 0: return "(list " + inner() + ")";
      case 1: return "(option " + inner() + ")";
      case 2: return "(result " + inner() + " (error " + inner() + "))";
      case 3: return "(result (error " + inner() + "))";
      case 4: return "(result)";
      case 5: return "(tuple " + inner() + " " + inner() + ")";
      case 6: return "(list " + inner() + " " + std::to_string(1 + pick(5)) + ")";
      case 7: return "(map string " + inner() + ")";
      case 8: return "(stream u8)";
      case 9: return "(future " + inner() + ")";
      default: return "(stream)";
    }
  }

  std::string definition(std::vector<std::size_t>& needs) {
    switch (pick(5)) {
      case 0:
        return "(record (field \"a\" " + type(needs, 2, false) + ") (field \"b-c\" " + type(needs, 2, false) + "))";
      case 1: return "(variant (case \"x\" " + type(needs, 2, false) + ") (case \"y\"))";
      case 2: return R"((flags "one" "two" "three"))";
      case 3: return R"((enum "one" "TWO"))";
      default: return "(tuple " + type(needs, 2, false) + ")";
    }
  }

  void add(std::size_t index) {
    const std::string number = std::to_string(index);
    Export made{"e" + number, "type", "", {}};
    const std::string begin = "(export \"" + made.name + "\" ";
    bool is_resource = false;
    switch (pick(5)) {
      case 0:
        is_resource = true;
        made.text = begin + "(type $" + number + " (sub resource)))";
        break;
      case 1:
        made.text = "(type $d" + number + " " + definition(made.needs) + ")";
        made.text += begin + "(type $" + number + " (eq $d" + number + ")))";
        break;
      case 2:
        made.sort = "instance";
        made.text =
            begin + R"((instance (export "r" (type $r (sub resource))) (export "f" (func (param "r" (own $r)))))))";
        break;
      default: {
        made.sort = "func";
        made.text = begin + "(func" + (chance(20) ? " async" : "");
        const std::size_t params = pick(4);
        for (std::size_t i = 0; i < params; ++i) {
          made.text += " (param \"p" + std::to_string(i) + "\" " + type(made.needs, 2, true) + ")";
        }
        if (chance(60)) made.text += " (result " + type(made.needs, 2, false) + ")";
        made.text += "))";
      }
    }
    exports_.push_back(made);
    is_resource_.push_back(is_resource);
  }

  std::string text(const std::vector<bool>& kept) const {
    std::string result;
    for (std::size_t i = 0; i < exports_.size(); ++i) {
      if (kept[i]) result += "\n  " + exports_[i].text;
    }
    return result;
  }

  std::mt19937_64 random_;
  std::vector<Export> exports_;
  std::vector<bool> is_resource_;
};

// A component that imports such an interface and hands it round: through aliases, bundles of exports, components
// inside that are instantiated, and out again.
inline std::string random_component(std::uint64_t seed) {
  RandomInterface given(seed);
  const std::string narrow = given.narrower();
  std::string out = "(component $outer\n(import \"a:b/given\" (instance $given " + given.whole() + "))\n";
  out += "(component $narrow (import \"x\" (instance $x " + narrow + ")) (export \"y\" (instance $x)))\n";
  out += "(instance $narrowed (instantiate $narrow (with \"x\" (instance $given))))\n";
  out += "(alias export $narrowed \"y\" (instance $y))\n";
  out += "(instance $bundle (export \"whole\" (instance $given)) (export \"part\" (instance $y)))\n";
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string item = "(" + std::string(given.sort(i)) + " $given \"" + std::string(given.name(i)) + "\")";
    out += "(export \"out-" + std::string(given.name(i)) + "\" " + item + ")\n";
  }
  out += "(type $list (list u8))\n(component $inner (alias outer $outer $list (type $l))\n";
  out += "  (component $deep (alias outer $outer $list (type $l)) (import \"f\" (func (param \"l\" $l))))\n";
  out += "  (import \"f\" (func $f (param \"l\" $l))) (instance (instantiate $deep (with \"f\" (func $f)))))\n";
  out += "(core module $m (func (export \"f\") (param i32 i32)) (memory (export \"m\") 1)\n";
  out += "  (func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 0)))\n";
  out += "(core instance $i (instantiate $m))\n";
  out += "(func $lifted (param \"l\" $list) (canon lift (core func $i \"f\") (memory (core memory $i \"m\"))";
  out += " (realloc (core func $i \"r\"))))\n(instance (instantiate $inner (with \"f\" (func $lifted))))\n";
  return out + "(export \"given-again\" (instance $given))\n(export \"part\" (instance $bundle \"part\"))\n" +
         "(export \"module\" (core module $m)) (export \"component\" (component $narrow)) (export \"lifted\" (func "
         "$lifted)))";
}

}  // namespace tenon::component
