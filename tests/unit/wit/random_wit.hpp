// Random WIT packages that resolve: interfaces with all kinds of types, uses across them, and worlds.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace tenon::wit {

class RandomWit {
 public:
  explicit RandomWit(std::uint64_t seed) : random_(seed) {}

  std::string package() {
    std::string out = "package test:random@1.2.3;\n";
    const std::size_t interfaces = 1 + pick(4);
    for (std::size_t i = 0; i < interfaces; ++i) out += interface(i);
    const std::size_t worlds = 1 + pick(2);
    for (std::size_t i = 0; i < worlds; ++i) out += world(i, interfaces);
    return out;
  }

 private:
  struct Named {
    std::string name;
    bool is_resource = false;
  };

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  bool chance(int percent) { return pick(100) < static_cast<std::size_t>(percent); }

  // A type that may stand in a parameter; `depth` bounds its nesting.
  std::string type(const std::vector<Named>& known, int depth, bool borrows) {
    constexpr std::string_view primitives[] = {"bool", "u8", "s16", "u32", "s64", "f32", "f64", "char", "string"};
    if (!known.empty() && chance(40)) {
      const Named& named = known[pick(known.size())];
      if (named.is_resource && borrows && chance(50)) return "borrow<" + named.name + ">";
      return named.name;
    }
    if (depth == 0 || chance(40)) return std::string(primitives[pick(std::size(primitives))]);
    const auto inner = [&] { return type(known, depth - 1, false); };
    switch (pick(9)) {
      case 0: return "list<" + inner() + ">";
      case 1: return "option<" + inner() + ">";
      case 2: return "result<" + inner() + ", " + inner() + ">";
      case 3: return "result<_, " + inner() + ">";
      case 4: return "tuple<" + inner() + ", " + inner() + ">";
      case 5: return "stream<" + inner() + ">";
      case 6: return "future<" + inner() + ">";
      case 7: return "list<" + inner() + ", " + std::to_string(1 + pick(9)) + ">";
      default: return "result";
    }
  }

  std::string function(const std::vector<Named>& known) {
    std::string out = chance(20) ? "async func(" : "func(";
    const std::size_t params = pick(4);
    for (std::size_t i = 0; i < params; ++i) {
      if (i > 0) out += ", ";
      out += "p" + std::to_string(i) + ": " + type(known, 2, true);
    }
    out += ")";
    if (chance(60)) out += " -> " + type(known, 2, false);
    return out;
  }

  std::string definition(const std::string& name, std::vector<Named>& known) {
    const std::size_t size = 1 + pick(4);
    std::string out;
    Named made{name};
    switch (pick(6)) {
      case 0:
        out = "  record " + name + " {";
        for (std::size_t i = 0; i < size; ++i) out += " f" + std::to_string(i) + ": " + type(known, 2, false) + ",";
        out += " }\n";
        break;
      case 1:
        out = "  variant " + name + " {";
        for (std::size_t i = 0; i < size; ++i) {
          out += " c" + std::to_string(i) + (chance(60) ? "(" + type(known, 2, false) + ")," : ",");
        }
        out += " }\n";
        break;
      case 2:
      case 3:
        out = (chance(50) ? "  enum " : "  flags ") + name + " {";
        for (std::size_t i = 0; i < size; ++i) out += " l" + std::to_string(i) + ",";
        out += " }\n";
        break;
      case 4:
        made.is_resource = true;
        known.push_back(made);
        out = "  resource " + name + " {";
        if (chance(50)) out += " constructor(a: " + type(known, 1, false) + ");";
        for (std::size_t i = 0; i < pick(3); ++i) {
          out += " m" + std::to_string(i) + ": " + (chance(30) ? "static " : "") + function(known) + ";";
        }
        return out + " }\n";
      default: out = "  type " + name + " = " + type(known, 2, false) + ";\n"; break;
    }
    known.push_back(made);
    return out;
  }

  std::string interface(std::size_t index) {
    std::string out = "interface i" + std::to_string(index) + " {\n";
    std::vector<Named> known;
    for (std::size_t i = 0; i < index; ++i) {
      if (types_[i].empty() || !chance(60)) continue;
      const Named& used = types_[i][pick(types_[i].size())];
      const std::string name = "u" + std::to_string(i);
      out += "  use i" + std::to_string(i) + ".{" + used.name + " as " + name + "};\n";
      known.push_back({name, used.is_resource});
    }
    const std::size_t types = pick(6);
    for (std::size_t i = 0; i < types; ++i) out += definition("t" + std::to_string(i), known);
    const std::size_t functions = pick(4);
    for (std::size_t i = 0; i < functions; ++i) out += "  f" + std::to_string(i) + ": " + function(known) + ";\n";
    types_.push_back(known);
    return out + "}\n";
  }

  std::string world(std::size_t index, std::size_t interfaces) {
    std::string out = "world w" + std::to_string(index) + " {\n";
    std::vector<Named> known;
    for (std::size_t i = 0; i < interfaces; ++i) {
      if (chance(50)) out += "  import i" + std::to_string(i) + ";\n";
      if (!types_[i].empty() && chance(30)) {
        const Named& used = types_[i][pick(types_[i].size())];
        const std::string name = "u" + std::to_string(i);
        out += "  use i" + std::to_string(i) + ".{" + used.name + " as " + name + "};\n";
        known.push_back({name, used.is_resource});
      }
    }
    if (chance(50)) out += definition("t", known);
    if (chance(60)) out += "  import f: " + function(known) + ";\n";
    if (chance(40)) out += "  import inline: interface { g: " + function({}) + "; }\n";
    // All of them or none: an export may not need an interface both imported and exported.
    if (chance(50)) {
      for (std::size_t i = 0; i < interfaces; ++i) out += "  export i" + std::to_string(i) + ";\n";
    }
    if (chance(50)) out += "  export g: " + function(known) + ";\n";
    return out + "}\n";
  }

  std::mt19937_64 random_;
  std::vector<std::vector<Named>> types_;  // by interface
};

}  // namespace tenon::wit
