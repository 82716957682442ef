// Laws that subtyping must obey, over random types; a failure prints its seed.
#include "validate/component/subtyping.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "text/component/text.hpp"
#include "unit/validate/component/random_component.hpp"
#include "validate/component/component.hpp"

namespace tenon::component {
namespace {

class World {
 public:
  explicit World(std::uint32_t seed)
      : memory_(*std::pmr::new_delete_resource()),
        random_(seed),
        arena_(memory_),
        pool_(arena_),
        registry_(memory_),
        names_(memory_) {}

  const ValueType* value(int depth) {
    ValueType type;
    switch (depth == 0 ? 0 : roll(7)) {
      case 0: return pool_.primitive(roll(2) == 0 ? Primitive::u8 : Primitive::string);
      case 1: type.kind = TypeKind::list; break;
      case 2: type.kind = TypeKind::option; break;
      case 3:
        type.kind = TypeKind::result;
        type.second = roll(2) == 0 ? nullptr : value(depth - 1);
        break;
      case 4: {
        type.kind = TypeKind::tuple;
        const std::span<const ValueType*> types = arena_.make_array<const ValueType*>(1 + roll(3));
        for (const ValueType*& member : types) member = value(depth - 1);
        type.types = types;
        return pool_.define(type).value();
      }
      case 5: {
        type.kind = TypeKind::record;
        const std::span<Member> members = arena_.make_array<Member>(1 + roll(2));
        for (std::size_t i = 0; i < members.size(); ++i) members[i] = {labels_[i], value(depth - 1)};
        type.members = members;
        return pool_.define(type).value();
      }
      default:
        type.kind = TypeKind::own;
        type.resource = ResourceId(static_cast<std::uint32_t>(roll(3)));
        return pool_.define(type).value();
    }
    type.element = value(depth - 1);
    return pool_.define(type).value();
  }

  EntitySignature func() {
    FuncSignature func;
    const std::span<Member> params = arena_.make_array<Member>(roll(3));
    for (std::size_t i = 0; i < params.size(); ++i) params[i] = {labels_[i], value(2)};
    func.params = params;
    func.result = roll(2) == 0 ? nullptr : value(2);
    EntitySignature entity;
    entity.func = pool_.define(func).value();
    return entity;
  }

  EntitySignature instance(std::size_t exports) {
    const std::span<NamedEntity> items = arena_.make_array<NamedEntity>(exports);
    for (std::size_t i = 0; i < exports; ++i) {
      items[i].name.name = labels_[i];
      items[i].entity = roll(4) == 0 ? instance(2) : func();
    }
    return wrap(items);
  }
  // An instance with some of the exports: any instance is its subtype.
  EntitySignature narrower(const EntitySignature& from) {
    ArenaVector<NamedEntity> items;
    for (NamedEntity item : from.instance->exports) {
      if (roll(3) == 0) continue;
      if (item.entity.sort == Sort::instance && roll(2) == 0) item.entity = narrower(item.entity);
      items.push_back(arena_, item);
    }
    return wrap(items.span());
  }

  bool is_subtype(const EntitySignature& sub, const EntitySignature& super) {
    return Subtyping({pool_, registry_, names_, {}, memory_}).check(sub, super).has_value();
  }

 private:
  EntitySignature wrap(std::span<const NamedEntity> items) {
    InstanceSignature signature;
    signature.exports = items;
    signature.has_resource = true;
    EntitySignature entity;
    entity.sort = Sort::instance;
    entity.instance = arena_.make<InstanceSignature>(signature);
    return entity;
  }
  std::size_t roll(std::size_t sides) { return random_() % sides; }

  static constexpr std::string_view labels_[] = {"a", "b", "c", "d", "e", "f"};
  std::pmr::memory_resource& memory_;
  std::mt19937 random_;
  Arena arena_;
  TypePool pool_;
  core::TypeRegistry registry_;
  NameIndex names_;
};

TEST(Subtyping, IsReflexiveAndTransitive) {
  int proper = 0;
  for (std::uint32_t seed = 1; seed <= 2'000; ++seed) {
    World world(seed);
    const EntitySignature a = world.instance(5);
    const EntitySignature b = world.narrower(a);
    const EntitySignature c = world.narrower(b);
    EXPECT_TRUE(world.is_subtype(a, a)) << "seed " << seed;
    EXPECT_TRUE(world.is_subtype(a, b)) << "seed " << seed;
    EXPECT_TRUE(world.is_subtype(b, c)) << "seed " << seed;
    EXPECT_TRUE(world.is_subtype(a, c)) << "seed " << seed;
    proper += world.is_subtype(c, a) ? 0 : 1;
  }
  EXPECT_GT(proper, 1'000);
}

TEST(Subtyping, FunctionsAreSubtypesOfThemselvesOnly) {
  for (std::uint32_t seed = 1; seed <= 2'000; ++seed) {
    World world(seed);
    const EntitySignature a = world.func();
    const EntitySignature b = world.func();
    EXPECT_EQ(world.is_subtype(a, b), a.func->structure == b.func->structure) << "seed " << seed;
    EXPECT_EQ(world.is_subtype(a, b), world.is_subtype(b, a)) << "seed " << seed;
  }
}

// Whether instances of type `sub` may stand where `super` is asked for: as arguments, and as exports of that type.
struct Verdicts {
  Verdicts(const std::string& sub, const std::string& super) {
    const std::string given = "(component (import \"a\" (instance $a " + sub + "))";
    is_argument = is_valid(given + "(component $c (import \"x\" (instance " + super + ")))" +
                           "(instance (instantiate $c (with \"x\" (instance $a)))))");
    is_export = is_valid(given + "(export \"e\" (instance $a) (instance " + super + ")))");
    is_component = is_valid("(component (import \"a\" (component $a (export \"i\" (instance " + sub + ")))) " +
                            "(component $c (import \"x\" (component (export \"i\" (instance " + super + ")))))" +
                            "(instance (instantiate $c (with \"x\" (component $a)))))");
  }
  bool is_valid(const std::string& text) {
    std::pmr::memory_resource& memory = *std::pmr::new_delete_resource();
    const auto parsed = parse_component(text, memory, {.features = Features::all()});
    if (!parsed) ADD_FAILURE() << parsed.error().message() << "\n" << text;
    if (!parsed) return false;
    core::TypeRegistry registry(memory);
    Arena arena(memory);
    const auto valid = validate_component(*parsed, registry, arena, {.features = Features::all()});
    if (!valid) why = valid.error().message();
    return valid.has_value();
  }
  bool all() const { return is_argument && is_export && is_component; }
  bool none() const { return !is_argument && !is_export && !is_component; }
  bool is_argument = false;
  bool is_export = false;
  bool is_component = false;
  std::string why;
};

TEST(Subtyping, AgreesWithInstantiation) {
  int changes = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomInterface interface(seed);
    const std::string whole = interface.whole();
    const std::string narrower = interface.narrower();
    const Verdicts same(whole, whole);
    EXPECT_TRUE(same.all()) << same.why << "\n" << whole;
    const Verdicts fewer(whole, narrower);
    EXPECT_TRUE(fewer.all()) << fewer.why << "\n" << whole << "\n" << narrower;
    EXPECT_TRUE(Verdicts(whole, interface.other()).none()) << whole;
    const std::string changed = interface.changed();
    if (changed.empty()) continue;
    ++changes;
    EXPECT_TRUE(Verdicts(whole, changed).none()) << changed;
    EXPECT_TRUE(Verdicts(changed, whole).none()) << changed;
  }
  EXPECT_GT(changes, 300);
}

}  // namespace
}  // namespace tenon::component
