#include "transform/concretize.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "text/component/text.hpp"
#include "transform/visit.hpp"
#include "unit/validate/component/random_component.hpp"

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

TEST(Concretize, EveryKindOfValue) {
  const struct {
    std::string_view text;
    TypeKind kind;
  } kinds[] = {
      {"bool", TypeKind::primitive},
      {"s8", TypeKind::primitive},
      {"u8", TypeKind::primitive},
      {"s16", TypeKind::primitive},
      {"u16", TypeKind::primitive},
      {"s32", TypeKind::primitive},
      {"u32", TypeKind::primitive},
      {"s64", TypeKind::primitive},
      {"u64", TypeKind::primitive},
      {"f32", TypeKind::primitive},
      {"f64", TypeKind::primitive},
      {"char", TypeKind::primitive},
      {"string", TypeKind::primitive},
      {"error-context", TypeKind::primitive},
      {"$record", TypeKind::record},
      {"$variant", TypeKind::variant},
      {"$flags", TypeKind::flags},
      {"$enum", TypeKind::enum_},
      {"(list u8)", TypeKind::list},
      {"(list u8 4)", TypeKind::fixed_length_list},
      {"(map string u8)", TypeKind::map},
      {"(tuple u8 string)", TypeKind::tuple},
      {"(option u8)", TypeKind::option},
      {"(result)", TypeKind::result},
      {"(result u8)", TypeKind::result},
      {"(result (error u8))", TypeKind::result},
      {"(result u8 (error string))", TypeKind::result},
      {"(own $r)", TypeKind::own},
      {"(borrow $r)", TypeKind::borrow},
      {"(stream)", TypeKind::stream},
      {"(stream $record)", TypeKind::stream},
      {"(future)", TypeKind::future},
      {"(future (own $r))", TypeKind::future},
  };
  for (const auto& each : kinds) {
    const Loaded loaded(R"((component
      (import "r" (type $r (sub resource)))
      (type $d0 (record (field "a" u8) (field "b" string))) (import "record" (type $record (eq $d0)))
      (type $d1 (variant (case "a") (case "b" string))) (import "variant" (type $variant (eq $d1)))
      (type $d2 (flags "a" "b")) (import "flags" (type $flags (eq $d2)))
      (type $d3 (enum "a" "b")) (import "enum" (type $enum (eq $d3)))
      (import "f" (func (param "p" )" +
                        std::string(each.text) + "))))");
    const component::FuncSignature& func = *loaded.get(Direction::import, {"f"}).func;
    EXPECT_EQ(func.params[0].type->kind, each.kind) << each.text;
    EXPECT_EQ(func.params[0].label, "p");
    EXPECT_EQ(func.result, nullptr);
  }
}

TEST(Concretize, EverySortOfExtern) {
  const Loaded loaded(R"((component
    (import "func" (func $func async (result u8)))
    (import "type" (type $type (sub resource)))
    (import "value" (value $value string))
    (import "module" (core module $module (import "a" "b" (func (param i32))) (export "m" (memory 1))))
    (import "component" (component $component (import "r" (type $r (sub resource))) (export "f" (func (result (own $r))))))
    (instance $made (instantiate $component (with "r" (type $type))))
    (instance $bundle (export "nested" (instance $made)) (export "type" (type $type)) (export "func" (func $func)))
    (export "bundle" (instance $bundle))
    (export "value" (value $value))
    (export "module" (core module $module))
    (export "component" (component $component))))");
  EXPECT_TRUE(loaded.get(Direction::import, {"func"}).func->is_async);
  EXPECT_EQ(loaded.get(Direction::import, {"type"}).sort, Sort::type);
  EXPECT_EQ(loaded.get(Direction::export_, {"value"}).value->kind, TypeKind::primitive);
  EXPECT_EQ(loaded.get(Direction::export_, {"module"}).module->imports.size(), 1U);
  EXPECT_EQ(loaded.get(Direction::export_, {"module"}).module->exports.size(), 1U);
  EXPECT_EQ(loaded.get(Direction::export_, {"component"}).component->imports.size(), 1U);
  EXPECT_EQ(loaded.get(Direction::export_, {"bundle", "func"}).func, loaded.get(Direction::import, {"func"}).func);
  // What the component inside calls `r` is the resource that it was given.
  EXPECT_EQ(loaded.get(Direction::export_, {"bundle", "nested", "f"}).func->result->resource,
            loaded.get(Direction::import, {"type"}).type.resource);
}

// Everything that a type says is reached without an index; it has an end.
class Walk {
 public:
  void entity(const EntitySignature& entity) {
    switch (entity.sort) {
      case Sort::func: return func(*entity.func);
      case Sort::value: return value(*entity.value);
      case Sort::instance: return entities(entity.instance->exports);
      case Sort::component: entities(entity.component->imports); return entities(entity.component->exports);
      case Sort::core_module: steps_ += entity.module->imports.size() + entity.module->exports.size(); return;
      default:
        if (entity.type.kind == component::TypeEntity::Kind::value) value(*entity.type.value);
        ++steps_;
    }
  }
  void entities(std::span<const component::NamedEntity> items) {
    for (const component::NamedEntity& item : items) entity(item.entity);
  }
  std::size_t steps() const { return steps_; }

 private:
  void func(const component::FuncSignature& func) {
    for (const component::Member& param : func.params) value(*param.type);
    if (func.result != nullptr) value(*func.result);
  }
  void value(const component::ValueType& type) {
    ++steps_;
    EXPECT_NE(type.structure, nullptr);
    for (const component::Member& member : type.members) {
      if (member.type != nullptr) value(*member.type);
    }
    for (const component::ValueType* member : type.types) value(*member);
    if (type.element != nullptr) value(*type.element);
    if (type.second != nullptr) value(*type.second);
  }
  std::size_t steps_ = 0;
};

void concretize_all(const component::Spaces& scope) {
  const std::pair<Sort, std::size_t> sorts[] = {
      {Sort::func, scope.funcs.size()},         {Sort::value, scope.values.size()},
      {Sort::type, scope.types.size()},         {Sort::component, scope.components.size()},
      {Sort::instance, scope.instances.size()}, {Sort::core_module, scope.core_modules.size()},
  };
  for (const auto& [sort, size] : sorts) {
    for (std::uint32_t i = 0; i < size; ++i) Walk().entity(concretize(scope, {sort, i}).value());
    EXPECT_FALSE(concretize(scope, {sort, static_cast<std::uint32_t>(size)}));
  }
  for (const component::Spaces* inside : scope.nested) concretize_all(*inside);
}

TEST(Concretize, EverythingInRandomComponents) {
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Loaded loaded(component::random_component(seed));
    concretize_all(*loaded.validated.root);
    Walk walk;
    walk.entities(loaded.validated.root->signature->imports);
    walk.entities(loaded.validated.root->signature->exports);
    EXPECT_GT(walk.steps(), 0U);
    std::size_t lexical = 0;
    std::size_t use = 0;
    visit_definitions(loaded.validated, VisitOrder::lexical, [&](const Visited&) { ++lexical; });
    visit_definitions(loaded.validated, VisitOrder::use, [&](const Visited&) { ++use; });
    EXPECT_GE(lexical, use);
    const auto* whole = loaded.get(Direction::import, {"a:b/given"}).instance;
    const auto* again = loaded.get(Direction::export_, {"given-again"}).instance;
    ASSERT_EQ(whole->exports.size(), again->exports.size());
    for (std::size_t i = 0; i < whole->exports.size(); ++i) {
      if (whole->exports[i].entity.sort != Sort::func) continue;
      EXPECT_EQ(whole->exports[i].entity.func->structure, again->exports[i].entity.func->structure);
    }
  }
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
