// Resources in the host's hands.
//
// An own handle that a guest gave is kept by a `HeldResource`, which the value's copies share. The last copy drops the
// resource, unless it was given to a guest before. Resources of the host need no keeper: their number is what the host
// made of it.
#include "engine/component_state.hpp"

namespace tenon::detail {

namespace {

constexpr char held_resource = 0;

struct HeldResource final : component::HandleOwner {
  HeldResource(std::shared_ptr<StoreBlock> owner, const component::RuntimeResourceType& of, std::uint64_t number)
      : block(std::move(owner)), type(&of), rep(number) {
    kind = &held_resource;
  }
  HeldResource(const HeldResource&) = delete;
  HeldResource& operator=(const HeldResource&) = delete;
  ~HeldResource() override {
    if (is_gone || !block->is_alive() || block->call_depth >= max_nested_calls) return;
    const DeadlineScope deadline(*block);
    // Nobody is there to be told of a trap in the destructor; the instance cannot be entered again.
    (void)component::run_destructor(*type, rep, nullptr, block->component_store().world.scheduler);
  }

  std::shared_ptr<StoreBlock> block;
  const component::RuntimeResourceType* type;
  std::uint64_t rep;
  bool is_gone = false;  // given to a guest
};

}  // namespace

component::Handle StoreHandles::receive(const component::RuntimeResourceType& type, std::uint64_t rep) {
  return {.rep = rep, .owner = std::make_shared<HeldResource>(block_.shared_from_this(), type, rep)};
}

Result<std::uint64_t> StoreHandles::lend(const component::RuntimeResourceType& type, const component::Handle& handle) {
  if (handle.owner == nullptr) {
    if (type.impl == nullptr) return handle.rep;
    return usage("a handle of a guest's resource was expected, found one of the host's");
  }
  if (handle.owner->kind != &held_resource) return usage("a handle of a resource was expected, found another");
  const auto& held = static_cast<const HeldResource&>(*handle.owner);
  if (held.type != &type || held.block.get() != &block_) return usage("the handle is of another resource type");
  if (held.is_gone) return usage("the resource was given away");
  return held.rep;
}

Result<std::uint64_t> StoreHandles::give(const component::RuntimeResourceType& type, const component::Handle& handle) {
  auto rep = lend(type, handle);
  if (rep && handle.owner != nullptr) static_cast<HeldResource&>(*handle.owner).is_gone = true;
  return rep;
}

}  // namespace tenon::detail

namespace tenon {

HostResourceType::HostResourceType(std::string name, std::function<void(std::uint64_t rep)> destructor)
    : resource_(std::make_shared<detail::HostResource>()) {
  resource_->name = std::move(name);
  resource_->destructor = std::move(destructor);
  resource_->type.name = resource_->name;
  resource_->type.data = resource_.get();
  resource_->type.host_dtor = [](void* data, std::uint64_t rep) noexcept {
    const auto& resource = *static_cast<const detail::HostResource*>(data);
    if (resource.destructor) resource.destructor(rep);
  };
}

}  // namespace tenon
