// Resources in the host's hands.
//
// An own handle that a guest gave is kept by a `HeldResource`, which the value's copies share. The last copy drops the
// resource, unless it was given to a guest before. Objects of C++ classes that no guest has had are kept by an
// `OwnedObject` (tenon/component_resources.hpp) in the same way. Other resources of the host need no keeper: their
// number is what the host made of it.
//
// When the store ends, guests' destructors are not run. What the host holds of its own is destroyed when it lets go of
// it, and objects of C++ classes that are still in the guests' tables go with the store.
#include "engine/component_state.hpp"

namespace tenon::detail {

namespace {

constexpr char held_resource = 0;

struct HeldResource final : component::HandleOwner {
  HeldResource(std::shared_ptr<StoreBlock> owner, const component::RuntimeResourceType& of, std::uint64_t number)
      : block(std::move(owner)), type(&of), rep(number) {
    kind = &held_resource;
    if (HostResource* resource = HostResource::of(of)) host = resource->shared_from_this();
  }
  HeldResource(const HeldResource&) = delete;
  HeldResource& operator=(const HeldResource&) = delete;
  ~HeldResource() override {
    // Nobody is there to be told of a trap in the destructor; the instance cannot be entered again.
    if (!is_gone) (void)drop();
  }

  Result<void> drop() {
    is_gone = true;
    if (host != nullptr) return host->destroy(rep);
    if (!block->is_alive()) return dead_store();
    return guarded_call(*block, [&] {
      return component::run_destructor(*type, rep, nullptr, block->component_store().world.scheduler);
    });
  }

  std::shared_ptr<StoreBlock> block;
  std::shared_ptr<HostResource> host;  // where the type is the host's
  const component::RuntimeResourceType* type;
  std::uint64_t rep;
  bool is_gone = false;  // given to a guest
};

constexpr char held_error_context = 0;

// The host as one user of an error context.
struct HeldErrorContext final : component::HandleOwner {
  HeldErrorContext(std::shared_ptr<StoreBlock> owner, component::ErrorContext& of)
      : block(std::move(owner)), context(&of) {
    kind = &held_error_context;
  }
  HeldErrorContext(const HeldErrorContext&) = delete;
  HeldErrorContext& operator=(const HeldErrorContext&) = delete;
  ~HeldErrorContext() override {
    if (block->is_alive() && --context->users == 0) block->component_store().world.scheduler.destroy(context);
  }

  std::shared_ptr<StoreBlock> block;
  component::ErrorContext* context;
};

}  // namespace

component::Handle StoreHandles::receive_error_context(component::ErrorContext& context) {
  return {.rep = std::bit_cast<std::uintptr_t>(&context),
          .owner = std::make_shared<HeldErrorContext>(block_.shared_from_this(), context)};
}

Result<component::ErrorContext*> StoreHandles::give_error_context(const component::Handle& handle) {
  if (handle.owner == nullptr || handle.owner->kind != &held_error_context) {
    return usage("an error context was expected, found another handle");
  }
  const auto& held = static_cast<const HeldErrorContext&>(*handle.owner);
  if (held.block.get() != &block_) return usage("the error context belongs to another store");
  ++held.context->users;  // the host keeps its own
  return held.context;
}

Result<void> HostResource::destroy(std::uint64_t rep) const noexcept {
  if (!destructor) return {};
  try {
    destructor(rep);
    return {};
  } catch (...) {
    return thrown();
  }
}

component::Handle StoreHandles::receive(const component::RuntimeResourceType& type, std::uint64_t rep) {
  return {.rep = rep, .owner = std::make_shared<HeldResource>(block_.shared_from_this(), type, rep)};
}

Result<std::uint64_t> StoreHandles::lend(const component::RuntimeResourceType& type, const component::Handle& handle) {
  if (handle.owner == nullptr) {
    if (type.impl == nullptr) return handle.rep;
    return usage("a handle of a guest's resource was expected, found one of the host's");
  }
  if (handle.owner->kind == &owned_object) {
    const auto& object = static_cast<const OwnedObject&>(*handle.owner);
    const HostResource* resource = HostResource::of(type);
    if (resource == nullptr || resource->key != object.key) return usage("the handle is of another resource type");
    if (object.is_given) return usage("the resource was given away");
    return handle.rep;
  }
  if (handle.owner->kind != &held_resource) return usage("a handle of a resource was expected, found another");
  const auto& held = static_cast<const HeldResource&>(*handle.owner);
  if (held.type != &type || held.block.get() != &block_) return usage("the handle is of another resource type");
  if (held.is_gone) return usage("the resource was given away");
  return held.rep;
}

Result<std::uint64_t> StoreHandles::give(const component::RuntimeResourceType& type, const component::Handle& handle) {
  auto rep = lend(type, handle);
  if (!rep) return rep;
  if (handle.owner == nullptr) {
    // Objects of C++ classes are destroyed by whoever has them last: a number that anybody made up is none of them.
    const HostResource* resource = HostResource::of(type);
    if (resource->key == nullptr) return rep;
    return usage("a handle that owns an object was expected, found one that is borrowed or made up");
  }
  if (handle.owner->kind == &owned_object) {
    static_cast<OwnedObject&>(*handle.owner).is_given = true;
  } else {
    static_cast<HeldResource&>(*handle.owner).is_gone = true;
  }
  return rep;
}

void StoreHandles::take_back(const component::Handle& handle) noexcept {
  if (handle.owner == nullptr) return;
  if (handle.owner->kind == &owned_object) {
    static_cast<OwnedObject&>(*handle.owner).is_given = false;
  } else {
    static_cast<HeldResource&>(*handle.owner).is_gone = false;
  }
}

const char owned_object = 0;

bool is_usable(const component::Handle& handle) noexcept {
  if (handle.owner == nullptr) return false;
  if (handle.owner->kind == &owned_object) return !static_cast<const OwnedObject&>(*handle.owner).is_given;
  if (handle.owner->kind != &held_resource) return false;
  const auto& held = static_cast<const HeldResource&>(*handle.owner);
  return !held.is_gone && (held.host != nullptr || held.block->is_alive());
}

Result<void> drop_handle(component::Handle handle) {
  if (!is_usable(handle)) return usage("the handle is empty: the resource was given away or dropped");
  if (handle.owner->kind == &owned_object) return {};
  return static_cast<HeldResource&>(*handle.owner).drop();
}

}  // namespace tenon::detail

namespace tenon {

HostResourceType::HostResourceType(std::string name, std::function<void(std::uint64_t rep)> destructor, const void* key)
    : resource_(std::make_shared<detail::HostResource>()) {
  resource_->name = std::move(name);
  resource_->destructor = std::move(destructor);
  resource_->key = key;
  resource_->type.name = resource_->name;
  resource_->type.data = resource_.get();
  resource_->type.host_dtor = [](void* data, std::uint64_t rep) noexcept {
    return static_cast<const detail::HostResource*>(data)->destroy(rep);
  };
}

}  // namespace tenon
