// Whether a type has resources that neither it nor a type inside of it binds: such a type means something only where
// those resources are known. Asked once for each type, when it is defined; types inside that have none are not entered.
#include "validate/component/validator.hpp"

namespace tenon::component {

namespace {

class FreeResources {
 public:
  FreeResources(TypePool& pool, std::pmr::memory_resource& memory) : pool_(pool), bound_(&memory), seen_(&memory) {}

  void bind(std::span<const ResourceId> ids) { bound_.insert(ids.begin(), ids.end()); }

  bool in(std::span<const NamedEntity> items) {
    for (const NamedEntity& item : items) {
      if (in(item.entity)) return true;
    }
    return false;
  }

 private:
  bool is_free(ResourceId id) const { return !bound_.contains(id); }

  bool in(const EntitySignature& entity) {
    return in(entity.func) || in(entity.value) || in(entity.instance) || in(entity.component) || in(entity.type);
  }
  bool in(const TypeEntity& type) {
    if (type.kind == TypeEntity::Kind::resource) return is_free(type.resource);
    return in(type.value) || in(type.func) || in(type.instance) || in(type.component);
  }
  // False, too, for what was looked at before: nothing free was found in it.
  bool enters(const void* node) {
    pool_.pay(1);
    return !pool_.is_exhausted() && seen_.insert(node).second;
  }
  bool in(const ValueType* type) {
    if (type == nullptr || !type->has_resource || !enters(type)) return false;
    if (!type->resource.is_none() && is_free(type->resource)) return true;
    if (in(type->element) || in(type->second)) return true;
    for (const Member& member : type->members) {
      if (in(member.type)) return true;
    }
    for (const ValueType* member : type->types) {
      if (in(member)) return true;
    }
    return false;
  }
  bool in(const FuncSignature* func) {
    if (func == nullptr || !func->has_resource || !enters(func)) return false;
    for (const Member& param : func->params) {
      if (in(param.type)) return true;
    }
    return in(func->result);
  }
  bool in(const InstanceSignature* instance) {
    if (instance == nullptr || !instance->has_resource || !enters(instance)) return false;
    bind(instance->bound);
    return in(instance->exports);
  }
  bool in(const ComponentSignature* component) {
    if (component == nullptr || !component->has_resource || !enters(component)) return false;
    bind(component->imported);
    bind(component->bound);
    return in(component->imports) || in(component->exports);
  }

  TypePool& pool_;
  std::pmr::unordered_set<ResourceId> bound_;
  std::pmr::unordered_set<const void*> seen_;
};

}  // namespace

bool Validator::has_free_resource(std::span<const NamedEntity> imports, std::span<const NamedEntity> exports,
                                  std::span<const ResourceId> imported, std::span<const ResourceId> bound) {
  FreeResources free(pool_, memory_);
  free.bind(imported);
  free.bind(bound);
  return free.in(imports) || free.in(exports);
}

}  // namespace tenon::component
