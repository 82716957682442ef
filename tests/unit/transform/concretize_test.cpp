#include "transform/concretize.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "text/component/text.hpp"
#include "transform/visit.hpp"

namespace tenon::transform {
namespace {

using component::EntitySignature;
using component::Sort;
using component::TypeKind;

// A component, with everything that its types borrow from.
struct Loaded {
  explicit Loaded(std::string source)
      : text(std::move(source)),
        component(
            component::parse_component(text, *std::pmr::new_delete_resource(), {.features = Features::all()}).value()),
        registry(*std::pmr::new_delete_resource()),
        arena(*std::pmr::new_delete_resource()),
        validated(component::validate_component(component, registry, arena, {.features = Features::all()}).value()) {}
  std::string text;
  component::Component component;
  core::TypeRegistry registry;
  Arena arena;
  component::ValidatedComponent validated;

  EntitySignature get(Direction direction, std::vector<std::string_view> path) const {
    return concretize(validated, direction, path).value();
  }
};

TEST(Concretize, FunctionsInInstances) {
  const Loaded loaded(R"((component
    (import "i" (instance
      (export "r" (type $r (sub resource)))
      (export "n" (instance (export "f" (func async (param "a" (result (error (list u8)))) (result (own $r))))))))))");
  const EntitySignature func = loaded.get(Direction::import, {"i", "n", "f"});
  ASSERT_EQ(func.sort, Sort::func);
  EXPECT_TRUE(func.func->is_async);
  EXPECT_EQ(func.func->params[0].label, "a");
  EXPECT_EQ(func.func->params[0].type->element, nullptr);
  EXPECT_EQ(func.func->params[0].type->second->kind, TypeKind::list);
  EXPECT_EQ(func.func->result->resource, loaded.get(Direction::import, {"i", "r"}).type.resource);
}

// One signature from a declared type, an inline bundle, an instantiated component, and an export of that again.
TEST(Concretize, SameTypeWhereverItComesFrom) {
  const Loaded loaded(R"((component
    (import "i" (instance $i (export "f" (func (param "a" (tuple u8 (list string)))))))
    (import "f" (func $f (param "a" (tuple u8 (list string)))))
    (component $c (import "f" (func $f (param "a" (tuple u8 (list string))))) (export "g" (func $f)))
    (instance $c (instantiate $c (with "f" (func $f))))
    (instance $b (export "f" (func $f)))
    (export "b" (instance $b))
    (export "c" (instance $c))
    (export "h" (func $c "g"))))");
  const auto* structure = loaded.get(Direction::import, {"i", "f"}).func->structure;
  EXPECT_EQ(loaded.get(Direction::import, {"f"}).func->structure, structure);
  EXPECT_EQ(loaded.get(Direction::export_, {"b", "f"}).func->structure, structure);
  EXPECT_EQ(loaded.get(Direction::export_, {"c", "g"}).func->structure, structure);
  EXPECT_EQ(loaded.get(Direction::export_, {"h"}).func->structure, structure);
}

TEST(Concretize, OuterAliasesMeanTheScopeOfTheirType) {
  const Loaded loaded(R"((component $c (type $t (list u8))
    (type $i (instance (alias outer $c $t (type $u)) (export "f" (func (param "a" $u)))))
    (import "i" (instance (type $i)))))");
  EXPECT_EQ(loaded.get(Direction::import, {"i", "f"}).func->params[0].type->kind, TypeKind::list);
}

TEST(Concretize, SaysWhatThereIs) {
  const Loaded loaded(R"((component (import "a" (func)) (import "b" (func))))");
  const std::string_view path[] = {"c"};
  EXPECT_EQ(concretize(loaded.validated, Direction::import, path).error().message(), "there is no `c`, found `a`, `b`");
  const std::string_view inside[] = {"a", "x"};
  EXPECT_EQ(concretize(loaded.validated, Direction::import, inside).error().message(),
            "`a` is a func, expected an instance with an export `x`");
}

TEST(VisitDefinitions, OrdersOfNestedComponents) {
  const Loaded loaded(R"((component
    (component $unused (type u8))
    (component $used (type u16) (type u32))
    (type u64)
    (instance (instantiate $used))))");
  const auto kinds = [&](VisitOrder order) {
    std::string text;
    visit_definitions(loaded.validated, order, [&](const Visited& visited) {
      switch (visited.definition.kind) {
        case component::DefinitionKind::component: text += 'c'; break;
        case component::DefinitionKind::instance: text += 'i'; break;
        default: text += 't';
      }
      text += static_cast<char>('0' + visited.depth);
    });
    return text;
  };
  EXPECT_EQ(kinds(VisitOrder::lexical), "c0t1c0t1t1t0i0");
  EXPECT_EQ(kinds(VisitOrder::use), "c0c0t0t1t1i0");
}

}  // namespace
}  // namespace tenon::transform
