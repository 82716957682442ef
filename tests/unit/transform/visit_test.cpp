#include "transform/visit.hpp"

#include <gtest/gtest.h>
#include <map>
#include <vector>

#include "binary/component/component.hpp"
#include "text/component/text.hpp"

namespace tenon::transform {
namespace {

using component::ComponentBody;
using component::Definition;
using component::DefinitionKind;
using component::Spaces;

std::pmr::memory_resource& heap() { return *std::pmr::new_delete_resource(); }

// Writes a component again from the definitions that a visitor was shown, scope by scope.
class Rebuilder {
 public:
  Rebuilder(const component::ValidatedComponent& validated, VisitOrder order) {
    visit_definitions(validated, order,
                      [&](const Visited& visited) { definitions_[&visited.scope].push_back(visited.definition); });
  }

  ComponentBody body_of(const Spaces& scope) {
    ComponentBody body;
    std::size_t next_inner = 0;
    for (Definition definition : definitions_[&scope]) {
      if (definition.kind == DefinitionKind::component) {
        definition.component = arena_.make<ComponentBody>(body_of(*scope.nested.span()[next_inner++]));
      }
      body.definitions.push_back(arena_, definition);
    }
    return body;
  }

  std::string write(const Spaces& root) {
    ByteWriter out(arena_);
    write_component(body_of(root), out);
    return std::string(as_chars(out.view()));
  }

 private:
  Arena arena_{heap()};
  std::map<const Spaces*, std::vector<Definition>> definitions_;
};

struct Validated {
  explicit Validated(std::string_view bytes)
      : component(component::read_component(as_bytes(bytes), heap(), {.features = Features::all()}).value()),
        registry(heap()),
        arena(heap()),
        result(component::validate_component(component, registry, arena, {.features = Features::all()})) {}
  component::Component component;
  core::TypeRegistry registry;
  Arena arena;
  Result<component::ValidatedComponent> result;
};

std::string binary_of(std::string_view text) {
  const auto parsed = component::parse_component(text, heap(), {.features = Features::all(), .keep_names = false});
  Arena arena(heap());
  ByteWriter out(arena);
  write_component(parsed.value().body, out);
  return std::string(as_chars(out.view()));
}

// Aliases of all kinds, types that only inner scopes use, and components that are instantiated late, inside others,
// through an export, twice, and never.
constexpr std::string_view components[] = {
    R"((component
      (type $t (record (field "a" u8)))
      (import "r" (type $r (sub resource)))
      (component $inner
        (alias outer 1 $t (type $u))
        (import "f" (func $f))
        (component $deep (type (list u8)) (import "f" (func $f)) (export "f" (func $f)))
        (instance $d (instantiate $deep (with "f" (func $f))))
        (export "g" (func $d "f"))
        (export "deep" (component $deep)))
      (import "f" (func $f))
      (component $never (import "x" (func)) (component (import "y" (func))))
      (instance $i (instantiate $inner (with "f" (func $f))))
      (alias export $i "deep" (component $again))
      (instance $j (instantiate $again (with "f" (func $f))))
      (instance $k (instantiate $inner (with "f" (func $j "f"))))
      (export "out" (instance $k))
      (export "c" (component $inner))))",
    R"((component
      (core module $m (memory (export "m") 1) (func (export "f") (param i32 i32))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
      (core instance $i (instantiate $m))
      (func $f (param "x" string)
        (canon lift (core func $i "f") (memory $i "m") (realloc (func $i "realloc"))))
      (component $c (import "f" (func $f (param "x" string))) (export "g" (func $f)))
      (instance $x (instantiate $c (with "f" (func $f))))
      (core func $low (canon lower (func $x "g") (memory $i "m")))
      (core instance (export "low" (func $low)))
      (export "f" (func $f))))",
};

TEST(VisitDefinitions, InEitherOrderACopyValidates) {
  for (const std::string_view text : components) {
    const std::string bytes = binary_of(text);
    const Validated first(bytes);
    ASSERT_TRUE(first.result.has_value()) << first.result.error().message();
    for (const VisitOrder order : {VisitOrder::lexical, VisitOrder::use}) {
      const std::string copy = Rebuilder(*first.result, order).write(*first.result->root);
      const Validated second(copy);
      ASSERT_TRUE(second.result.has_value()) << second.result.error().message();
      if (order == VisitOrder::lexical) {
        EXPECT_EQ(copy, bytes);
      }
    }
  }
}

TEST(VisitDefinitions, UseComesAfterWhatItNeedsAndLeavesOutWhatNothingNeeds) {
  const std::string bytes = binary_of(components[0]);
  const Validated loaded(bytes);
  std::map<const Spaces*, std::uint32_t> insides;
  std::vector<const Spaces*> entered;
  visit_definitions(*loaded.result, VisitOrder::use, [&](const Visited& visited) {
    if (insides[&visited.scope]++ == 0) entered.push_back(&visited.scope);
    if (visited.definition.kind != DefinitionKind::instance || !visited.definition.instance->component) return;
    // What is instantiated was seen to its last definition.
    const auto* signature = visited.scope.components[*visited.definition.instance->component];
    for (const auto& [scope, count] : insides) {
      if (scope->signature == signature) EXPECT_EQ(count, scope->body->definitions.size());
    }
  });
  const Spaces& root = *loaded.result->root;
  const auto nested = root.nested.span();
  EXPECT_EQ(entered.size(), 3U);  // the component, $inner and $deep
  EXPECT_FALSE(insides.contains(nested[1]));
}

}  // namespace
}  // namespace tenon::transform
