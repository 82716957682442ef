// Two tables: structures by shape (hash-consing), and nothing else that lives long. A definition has members that are
// definitions; its structure has members that are structures. Both have the same labels.
//
// Substitution walks what has resources, and only that; a node that is reached twice is replaced once, so that the work
// is linear in the nodes and not in the paths between them. Its result shares what did not change. What all
// substitutions of one pool make is bounded (`max_type_work`): instantiating a component is as expensive as its type is
// large, and a few bytes instantiate it once more.
#include "validate/component/type_pool.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <vector>

#include "base/concat.hpp"
#include "spec/component_limits.hpp"
#include "validate/component/type_facts.hpp"

namespace tenon::component {

namespace {

// A hash of words; the seed differs from pool to pool, so that nobody can prepare types that collide.
class Hash {
 public:
  explicit Hash(std::uint64_t seed) noexcept : value_(seed) {}
  void add(std::uint64_t word) noexcept {
    value_ = (value_ ^ word) * 0x9E37'79B9'7F4A'7C15U;
    value_ ^= value_ >> 29;
  }
  void add(const void* node) noexcept { add(std::bit_cast<std::uint64_t>(node)); }
  void add(std::string_view text) noexcept {
    add(std::uint64_t{text.size()});
    while (text.size() >= sizeof(std::uint64_t)) {
      add(load_le<std::uint64_t>(as_bytes(text).data()));
      text.remove_prefix(sizeof(std::uint64_t));
    }
    std::uint64_t rest = 0;
    for (const char c : text) rest = rest << 8 | static_cast<unsigned char>(c);
    add(rest);
  }
  void add(std::span<const Member> members) noexcept {
    add(std::uint64_t{members.size()});
    for (const Member& member : members) {
      add(member.label);
      add(member.type);
    }
  }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_;
};

bool equal_members(std::span<const Member> a, std::span<const Member> b) noexcept {
  return std::ranges::equal(a, b,
                            [](const Member& x, const Member& y) { return x.type == y.type && x.label == y.label; });
}

// Of nodes whose members are structures.
bool equal_shapes(const ValueType& a, const ValueType& b) noexcept {
  return a.kind == b.kind && a.primitive == b.primitive && a.element == b.element && a.second == b.second &&
         a.length == b.length && a.resource == b.resource && std::ranges::equal(a.types, b.types) &&
         std::ranges::equal(a.labels, b.labels) && equal_members(a.members, b.members);
}
bool equal_shapes(const FuncSignature& a, const FuncSignature& b) noexcept {
  return a.is_async == b.is_async && a.result == b.result && equal_members(a.params, b.params);
}

std::uint64_t hash_of(const ValueType& type, std::uint64_t seed) noexcept {
  Hash hash(seed);
  hash.add(static_cast<std::uint64_t>(type.kind) << 40 | static_cast<std::uint64_t>(type.primitive) << 32 |
           type.length);
  hash.add(std::uint64_t{type.resource.value});
  hash.add(type.element);
  hash.add(type.second);
  hash.add(type.members);
  hash.add(std::uint64_t{type.types.size()});
  for (const ValueType* member : type.types) hash.add(member);
  hash.add(std::uint64_t{type.labels.size()});
  for (const std::string_view label : type.labels) hash.add(label);
  return hash.value();
}
std::uint64_t hash_of(const FuncSignature& func, std::uint64_t seed) noexcept {
  Hash hash(seed);
  hash.add(func.params);
  hash.add(func.result);
  hash.add(std::uint64_t{func.is_async});
  return hash.value();
}

// A set of nodes by their shape; open addressing.
template <class Node>
class Shapes {
 public:
  explicit Shapes(Arena& arena) : arena_(&arena), slots_(arena.make_array<Slot>(first_size)) {}

  // The place of the node with this shape, or the free place where it belongs.
  const Node*& find(const Node& shape, std::uint64_t hash) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.node == nullptr) {
        ++count_;
        slot.hash = hash;
        return slot.node;
      }
      if (slot.hash == hash && equal_shapes(*slot.node, shape)) return slot.node;
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const Node* node = nullptr;
  };
  void grow() {
    const std::span<const Slot> old = slots_;
    slots_ = arena_->make_array<Slot>(old.size() * 2);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.node == nullptr) continue;
      std::size_t i = slot.hash & mask;
      while (slots_[i].node != nullptr) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  static constexpr std::size_t first_size = 64;
  Arena* arena_;
  std::span<Slot> slots_;
  std::size_t count_ = 0;
};

const ValueType* structure_of(const ValueType* type) noexcept { return type == nullptr ? nullptr : type->structure; }

std::span<const Member> structures_of(std::span<const Member> members, Arena& arena) {
  const std::span<Member> copy = arena.copy(members);
  for (Member& member : copy) member.type = structure_of(member.type);
  return copy;
}

}  // namespace

struct TypePool::State {
  explicit State(Arena& storage)
      : arena(&storage), seed(std::bit_cast<std::uint64_t>(this) | 1), values(storage), funcs(storage) {}

  Arena* arena;
  std::uint64_t seed;
  Shapes<ValueType> values;
  Shapes<FuncSignature> funcs;
  const ValueType* primitives[256] = {};
  std::uint64_t work = 0;

  const ValueType* intern(const ValueType& type);
  const FuncSignature* intern(const FuncSignature& func);
};

// `type` has its facts.
const ValueType* TypePool::State::intern(const ValueType& type) {
  ValueType shape = type;
  shape.element = structure_of(type.element);
  shape.second = structure_of(type.second);
  shape.members = structures_of(type.members, *arena);
  const std::span<const ValueType*> types = arena->copy(type.types);
  for (const ValueType*& member : types) member = structure_of(member);
  shape.types = types;
  const ValueType*& place = values.find(shape, hash_of(shape, seed));
  if (place != nullptr) return place;
  auto* node = arena->make<ValueType>(shape);
  node->structure = node;
  return place = node;
}

const FuncSignature* TypePool::State::intern(const FuncSignature& func) {
  FuncSignature shape = func;
  shape.params = structures_of(func.params, *arena);
  shape.result = structure_of(func.result);
  const FuncSignature*& place = funcs.find(shape, hash_of(shape, seed));
  if (place != nullptr) return place;
  auto* node = arena->make<FuncSignature>(shape);
  node->structure = node;
  return place = node;
}

TypePool::TypePool(Arena& arena) : state_(arena.make<State>(arena)) {}

const ValueType* TypePool::primitive(Primitive type) noexcept {
  const ValueType*& place = state_->primitives[static_cast<std::uint8_t>(type)];
  if (place != nullptr) return place;
  ValueType node;
  node.primitive = type;
  [[maybe_unused]] const Result<void> computed = compute_facts(node);
  assert(computed && "primitive types are small");
  return place = state_->intern(node);
}

Result<const ValueType*> TypePool::define(const ValueType& type) {
  ValueType node = type;
  if (Result<void> computed = compute_facts(node); !computed) return std::move(computed.error());
  node.structure = state_->intern(node);
  return state_->arena->make<ValueType>(node);
}

const ValueType* TypePool::rename(const ValueType& type) { return state_->arena->make<ValueType>(type); }

Result<const FuncSignature*> TypePool::define(const FuncSignature& func) {
  FuncSignature node = func;
  node.has_resource = (func.result != nullptr && func.result->has_resource) ||
                      std::ranges::any_of(func.params, [](const Member& param) { return param.type->has_resource; });
  node.structure = state_->intern(node);
  return state_->arena->make<FuncSignature>(node);
}

bool TypePool::is_exhausted() const noexcept { return state_->work > limits::max_type_work; }

bool TypePool::pay(std::uint64_t parts) noexcept {
  state_->work += parts + 1;
  return !is_exhausted();
}

const ValueType* TypePool::substitute(const ValueType* type, const Replacement& replacement) {
  return Substitution(*this, replacement).value(type);
}
const FuncSignature* TypePool::substitute(const FuncSignature* func, const Replacement& replacement) {
  return Substitution(*this, replacement).func(func);
}
const InstanceSignature* TypePool::substitute(const InstanceSignature* instance, const Replacement& replacement) {
  return Substitution(*this, replacement).instance(instance);
}
const ComponentSignature* TypePool::substitute(const ComponentSignature* component, const Replacement& replacement) {
  return Substitution(*this, replacement).component(component);
}

Substitution::Substitution(TypePool& pool, const TypePool::Replacement& replacement)
    : pool_(&pool),
      replacement_(&replacement),
      done_(&pool.state_->arena->upstream()),
      definitions_(&pool.state_->arena->upstream()) {}

namespace {

std::uint64_t key_of(ResourceId resource, std::uint32_t definition) noexcept {
  return std::uint64_t{definition} << 32 | resource.value;
}

}  // namespace

void Substitution::replace(const ValueType* from, const ValueType* to) {
  if (from == to || from->kind == TypeKind::primitive) return;
  done_.insert_or_assign(from, to);
  replaces_definitions_ = true;
}

void Substitution::replace(const TypeEntity& resource, std::uint32_t definition) {
  definitions_.insert_or_assign(key_of(resource.resource, resource.resource_definition), definition);
}

std::uint32_t Substitution::definition_of(ResourceId resource, std::uint32_t definition) const {
  const auto found = definitions_.find(key_of(resource, definition));
  return found == definitions_.end() ? definition : found->second;
}

std::span<const Member> Substitution::members(std::span<const Member> members) {
  const std::span<Member> copy = pool_->state_->arena->copy(members);
  for (Member& member : copy) member.type = value(member.type);
  return copy;
}

const ValueType* Substitution::value(const ValueType* type) {
  if (type == nullptr || (!type->has_resource && !replaces_definitions_)) return type;
  if (const auto found = done_.find(type); found != done_.end()) return static_cast<const ValueType*>(found->second);
  if (!pool_->pay(type->members.size() + type->types.size())) return type;
  ValueType copy = *type;
  if (!copy.resource.is_none()) {
    copy.resource_definition = definition_of(copy.resource, copy.resource_definition);
    copy.resource = (*replacement_)(copy.resource);
  }
  copy.element = value(type->element);
  copy.second = value(type->second);
  copy.members = members(type->members);
  const std::span<const ValueType*> types = pool_->state_->arena->copy(type->types);
  for (const ValueType*& member : types) member = value(member);
  copy.types = types;
  const ValueType* result = type;
  if (!equal_shapes(copy, *type) || copy.resource_definition != type->resource_definition) {
    copy.structure = pool_->state_->intern(copy);  // the facts are the same
    result = type == type->structure ? copy.structure : pool_->state_->arena->make<ValueType>(copy);
  }
  done_.emplace(type, result);
  return result;
}

const FuncSignature* Substitution::func(const FuncSignature* func) {
  if (func == nullptr || (!func->has_resource && !replaces_definitions_)) return func;
  if (const auto found = done_.find(func); found != done_.end()) {
    return static_cast<const FuncSignature*>(found->second);
  }
  if (!pool_->pay(func->params.size())) return func;
  FuncSignature copy = *func;
  copy.params = members(func->params);
  copy.result = value(func->result);
  const FuncSignature* result = func;
  if (!equal_shapes(copy, *func)) {
    copy.structure = pool_->state_->intern(copy);
    result = func == func->structure ? copy.structure : pool_->state_->arena->make<FuncSignature>(copy);
  }
  done_.emplace(func, result);
  return result;
}

TypeEntity Substitution::type(TypeEntity type) {
  type.value = value(type.value);
  type.func = func(type.func);
  type.instance = instance(type.instance);
  type.component = component(type.component);
  if (!type.resource.is_none()) {
    type.resource_definition = definition_of(type.resource, type.resource_definition);
    type.resource = (*replacement_)(type.resource);
  }
  return type;
}

EntitySignature Substitution::entity(EntitySignature entity) {
  entity.func = func(entity.func);
  entity.value = value(entity.value);
  entity.type = type(entity.type);
  entity.instance = instance(entity.instance);
  entity.component = component(entity.component);
  return entity;
}

std::span<const NamedEntity> Substitution::entities(std::span<const NamedEntity> entities) {
  if (!pool_->pay(entities.size())) return entities;
  const std::span<NamedEntity> copy = pool_->state_->arena->copy(entities);
  for (NamedEntity& named : copy) named.entity = entity(named.entity);
  return copy;
}

std::span<const ResourceId> Substitution::unreplaced(std::span<const ResourceId> bound) {
  const auto is_replaced = [&](ResourceId id) { return (*replacement_)(id) != id; };
  if (std::ranges::none_of(bound, is_replaced)) return bound;
  ArenaVector<ResourceId> rest;
  for (const ResourceId id : bound) {
    if (!is_replaced(id)) rest.push_back(*pool_->state_->arena, id);
  }
  return rest.span();
}

const InstanceSignature* Substitution::instance(const InstanceSignature* instance) {
  if (instance == nullptr) return instance;
  if (!instance->has_resource && instance->bound.empty() && !replaces_definitions_) return instance;
  if (const auto found = done_.find(instance); found != done_.end()) {
    return static_cast<const InstanceSignature*>(found->second);
  }
  InstanceSignature copy = *instance;
  copy.bound = unreplaced(instance->bound);
  const bool opens = copy.bound.size() != instance->bound.size();
  if (!instance->has_resource && !opens && !replaces_definitions_) return instance;
  copy.exports = entities(instance->exports);
  copy.has_resource = instance->has_resource || opens;
  const InstanceSignature* result = pool_->state_->arena->make<InstanceSignature>(copy);
  done_.emplace(instance, result);
  return result;
}

const ComponentSignature* Substitution::component(const ComponentSignature* component) {
  if (component == nullptr) return component;
  if (!component->has_resource && component->imported.empty() && component->bound.empty()) return component;
  if (const auto found = done_.find(component); found != done_.end()) {
    return static_cast<const ComponentSignature*>(found->second);
  }
  ComponentSignature copy = *component;
  copy.imported = unreplaced(component->imported);
  copy.bound = unreplaced(component->bound);
  const bool opens = copy.imported.size() != component->imported.size() || copy.bound.size() != component->bound.size();
  if (!component->has_resource && !opens) return component;
  copy.imports = entities(component->imports);
  copy.exports = entities(component->exports);
  copy.has_resource = component->has_resource || opens;
  const ComponentSignature* result = pool_->state_->arena->make<ComponentSignature>(copy);
  done_.emplace(component, result);
  return result;
}

}  // namespace tenon::component
