// The registry over type sections built by hand.
#include "validate/core/canonical_types.hpp"

#include <gtest/gtest.h>
#include <memory_resource>
#include <string>
#include <thread>
#include <vector>

namespace tenon::core {
namespace {

// A module of types only.
class Types {
 public:
  Types() : module(*std::pmr::new_delete_resource()) {}
  TypeIdx next() const { return module.types.next_index(); }
  // Begins a group of `size` types.
  Types& group(std::uint32_t size) {
    module.rec_groups.push_back(module.arena, {next(), size, size != 1});
    return *this;
  }
  Types& type(const SubType& type) {
    module.types.push_back(module.arena, type);
    return *this;
  }
  Types& func(std::vector<ValType> params, std::vector<ValType> results, bool is_final = true,
              std::vector<TypeIdx> supers = {}) {
    SubType type;
    type.is_final = is_final;
    type.supertypes = keep(supers);
    type.func = {keep(params), keep(results)};
    return this->type(type);
  }
  Types& structure(std::vector<FieldType> fields, bool is_final = true, std::vector<TypeIdx> supers = {}) {
    SubType type;
    type.kind = CompositeKind::struct_;
    type.is_final = is_final;
    type.supertypes = keep(supers);
    type.fields = keep(fields);
    return this->type(type);
  }
  Types& array(FieldType field) {
    SubType type;
    type.kind = CompositeKind::array;
    type.fields = keep(std::vector{field});
    return this->type(type);
  }
  Module module;

 private:
  template <class T>
  std::span<const T> keep(const std::vector<T>& from) {
    return module.arena.copy(std::span<const T>(from));
  }
};

class CanonicalTypes : public testing::Test {
 protected:
  std::vector<std::uint32_t> intern(Types& types) {
    auto result = registry.intern(types.module, arena);
    if (!result) {
      ADD_FAILURE() << result.error().message();
      return {};
    }
    std::vector<std::uint32_t> indices;
    for (const TypeIdx index : *result) indices.push_back(index.value);
    return indices;
  }
  std::string error(Types& types) {
    auto result = registry.intern(types.module, arena);
    return result ? "valid" : std::string(result.error().message());
  }
  TypeRegistry registry{*std::pmr::new_delete_resource()};
  Arena arena{*std::pmr::new_delete_resource()};
};

ValType ref(std::uint32_t index, bool nullable = false) { return ValType::ref(TypeIdx(index), nullable); }

TEST_F(CanonicalTypes, EqualTypesOfTwoModulesShareAnIndex) {
  Types a;
  a.group(1).func({i32}, {i64}).group(1).structure({{i32, true}}).group(1).func({i32}, {i64});
  Types b;
  b.group(1).array({ValType::Kind::i8, true}).group(1).func({i32}, {i64});
  EXPECT_EQ(intern(a), (std::vector<std::uint32_t>{0, 1, 0}));
  EXPECT_EQ(intern(b), (std::vector<std::uint32_t>{2, 0}));
}

TEST_F(CanonicalTypes, FinalityAndMutabilityAndNullabilityTell) {
  Types types;
  types.group(1).structure({}).group(1).structure({}, false);
  types.group(1).structure({{i32, true}}).group(1).structure({{i32, false}});
  types.group(1).func({funcref}, {}).group(1).func({funcref.as_non_null()}, {}).group(1).func({}, {funcref});
  EXPECT_EQ(intern(types), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST_F(CanonicalTypes, GroupsAreComparedAsWholes) {
  Types types;
  types.group(2).func({}, {ref(1)}).func({}, {ref(0)});
  types.group(2).func({}, {ref(3)}).func({}, {ref(2)});
  types.group(1).func({}, {ref(4)});
  types.group(1).func({}, {ref(4)});  // a reference to an equal type, from outside: not the same as to itself
  EXPECT_EQ(intern(types), (std::vector<std::uint32_t>{0, 1, 0, 1, 2, 3}));
}

TEST_F(CanonicalTypes, IndicesInsideAreCanonical) {
  Types first;
  first.group(1).func({}, {});
  intern(first);
  Types types;
  types.group(1).structure({{i64, false}}).group(1).structure({{ref(0, true), true}});
  const auto indices = intern(types);
  EXPECT_EQ(registry[TypeIdx(indices[1])].type.fields[0].storage, ref(indices[0], true));
}

TEST_F(CanonicalTypes, SubtypingFollowsDeclarations) {
  Types types;
  types.group(1).structure({}, false);
  types.group(1).structure({{i32, false}}, false, {TypeIdx(0U)});
  types.group(1).structure({{i32, false}, {i64, true}}, true, {TypeIdx(1U)});
  types.group(1).structure({{i32, false}}, false, {TypeIdx(0U)});  // the same as type 1
  types.group(1).structure({{f32, false}}, false, {TypeIdx(0U)});
  const auto i = intern(types);
  const auto is_sub = [&](std::size_t a, std::size_t b) { return registry.is_subtype(TypeIdx(i[a]), TypeIdx(i[b])); };
  EXPECT_TRUE(is_sub(2, 0));
  EXPECT_TRUE(is_sub(2, 3));
  EXPECT_TRUE(is_sub(1, 1));
  EXPECT_FALSE(is_sub(0, 2));
  EXPECT_FALSE(is_sub(2, 4));
  EXPECT_EQ(registry[TypeIdx(i[2])].depth, 2U);
}

TEST_F(CanonicalTypes, RejectsWhatIsNotAValidTypeSection) {
  struct Case {
    const char* message;
    void (*build)(Types&);
  };
  const Case cases[] = {
      {"unknown type 1", [](Types& t) { t.group(1).func({ref(1)}, {}); }},
      {"unknown type 7", [](Types& t) { t.group(1).structure({{ref(7), false}}); }},
      {"unknown type 3", [](Types& t) { t.group(1).structure({}, true, {TypeIdx(3U)}); }},
      {"forward use of type 0", [](Types& t) { t.group(1).structure({}, false, {TypeIdx(0U)}); }},
      {"sub type 1 has a final super type",
       [](Types& t) { t.group(1).structure({}).group(1).structure({}, true, {TypeIdx(0U)}); }},
      {"sub type 1 does not match",
       [](Types& t) { t.group(1).structure({{i32, false}}, false).group(1).structure({}, true, {TypeIdx(0U)}); }},
      {"sub type 1 does not match",
       [](Types& t) { t.group(1).structure({}, false).group(1).func({}, {}, true, {TypeIdx(0U)}); }},
      {"sub type 1 does not match",
       [](Types& t) {
         t.group(1).structure({{eqref, true}}, false).group(1).structure({{i31ref, true}}, true, {TypeIdx(0U)});
       }},
      {"sub type 2 has 2 super types",
       [](Types& t) {
         t.group(1).structure({}, false).group(1).structure({}, false);
         t.group(1).structure({}, true, {TypeIdx(0U), TypeIdx(1U)});
       }},
  };
  for (const Case& c : cases) {
    Types types;
    c.build(types);
    EXPECT_EQ(error(types).substr(0, std::string(c.message).size()), c.message);
    EXPECT_EQ(error(types).substr(0, std::string(c.message).size()), c.message) << "the second time";
  }
}

TEST_F(CanonicalTypes, DepthIsLimited) {
  Types types;
  types.group(1).structure({}, false);
  for (std::uint32_t i = 0; i < limits::max_supertype_depth; ++i) types.group(1).structure({}, false, {TypeIdx(i)});
  EXPECT_EQ(error(types), "valid");
  types.group(1).structure({}, false, {TypeIdx(limits::max_supertype_depth)});
  EXPECT_EQ(error(types), "sub type 64 is deeper than 63 super types");
}

TEST_F(CanonicalTypes, AbstractHierarchies) {
  Types types;
  types.group(1).func({}, {}).group(1).structure({}).group(1).array({i32, false});
  intern(types);
  using enum AbstractHeapType;
  const HeapType f = TypeIdx(0U), s = TypeIdx(1U), a = TypeIdx(2U);
  const std::vector<std::pair<HeapType, HeapType>> pairs = {
      {i31, eq},   {struct_, eq},  {array, any},        {none, i31},  {none, s},        {none, a},
      {nofunc, f}, {nofunc, func}, {f, func},           {s, struct_}, {s, eq},          {a, array},
      {a, any},    {eq, any},      {noextern, extern_}, {noexn, exn}, {bottom_heap, s}, {bottom_heap, extern_}};
  for (const auto& [sub, super] : pairs) {
    EXPECT_TRUE(registry.matches(sub, super));
    EXPECT_FALSE(registry.matches(super, sub));
  }
  const std::vector<std::pair<HeapType, HeapType>> unrelated = {{i31, struct_}, {func, any},  {s, a},    {s, array},
                                                                {f, any},       {none, func}, {none, f}, {nofunc, s},
                                                                {extern_, any}, {exn, any}};
  for (const auto& [one, other] : unrelated) {
    EXPECT_FALSE(registry.matches(one, other));
    EXPECT_FALSE(registry.matches(other, one));
  }
  EXPECT_TRUE(registry.matches(ValType::ref(s, false), ValType::ref(eq, true)));
  EXPECT_FALSE(registry.matches(ValType::ref(s, true), ValType::ref(eq, false)));
  EXPECT_FALSE(registry.matches(i32, i64));
  EXPECT_TRUE(registry.matches(ValType(), i64));
}

TEST_F(CanonicalTypes, HostFunctionsShareTheModulesTypes) {
  Types types;
  types.group(1).structure({}).group(1).func({i32, f64}, {v128});
  const auto indices = intern(types);
  const ValType params[] = {i32, f64};
  const ValType results[] = {v128};
  EXPECT_EQ(registry.intern_func({params, results}).value, indices[1]);
  EXPECT_EQ(registry.intern_func({results, params}).value, 2U);
}

TEST_F(CanonicalTypes, ManyTypesKeepTheirAddresses) {
  Types types;
  std::vector<const CanonicalType*> addresses;
  constexpr std::uint32_t count = 20'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    types.group(1).func(i == 0 ? std::vector<ValType>{} : std::vector<ValType>{ref(i - 1, true)}, {});
  }
  const auto indices = intern(types);
  ASSERT_EQ(registry.size(), count);
  for (const std::uint32_t i : indices) addresses.push_back(&registry[TypeIdx(i)]);
  EXPECT_EQ(intern(types), indices);
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(&registry[TypeIdx(i)], addresses[i]);
    ASSERT_EQ(registry[TypeIdx(i)].index.value, i);
  }
}

TEST_F(CanonicalTypes, ThreadsAgree) {
  const auto work = [&](std::vector<std::uint32_t>& result, std::uint32_t from) {
    Arena own(*std::pmr::new_delete_resource());
    Types types;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
      std::vector<ValType> params;
      for (std::uint32_t bits = (i + from) % 2'000; bits != 0; bits >>= 1)
        params.push_back((bits & 1) != 0 ? i32 : i64);
      types.group(1).func(params, {});
    }
    auto interned = registry.intern(types.module, own);
    ASSERT_TRUE(interned.has_value());
    result.resize(2'000);
    for (std::uint32_t i = 0; i < 2'000; ++i) result[(i + from) % 2'000] = (*interned)[TypeIdx(i)].value;
  };
  std::vector<std::uint32_t> one, other;
  std::thread thread([&] { work(one, 0); });
  work(other, 1'000);
  thread.join();
  EXPECT_EQ(one, other);
  EXPECT_EQ(registry.size(), 2'000U);
}

}  // namespace
}  // namespace tenon::core
