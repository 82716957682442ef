// Resources as C++ types: `Own<T>` is a handle that owns a resource, `Borrow<T>` one that is lent for a call.
//
// A resource of the host is a C++ class. Guests hold its objects by handles; an object is destroyed when its handle is
// dropped, or its store ends.
//
//   struct Bucket { std::map<std::string, std::string> values; };
//   const auto bucket = tenon::host_resource<Bucket>("bucket");
//   linker.define_resource("demo:kv/store", "bucket", bucket).value();
//   linker.define("demo:kv/store", "[constructor]bucket", [] { return tenon::Own<Bucket>::make(); }).value();
//   linker.define("demo:kv/store", "[method]bucket.get", [](tenon::Borrow<Bucket> self, std::string_view key) {
//     return self->values[std::string(key)];
//   }).value();
//
// A resource of a guest is known to the host by its handles only; a tag gives it a C++ name.
//
//   struct Counter : tenon::GuestResource {};
//   auto make = instance.func<tenon::Own<Counter>(std::uint32_t)>("demo:app/api", "[constructor]counter").value();
//   auto next = instance.func<std::uint32_t(tenon::Borrow<Counter>)>("demo:app/api", "[method]counter.next").value();
//   tenon::Own<Counter> counter = make(40).value();
//   next(counter.borrow()).value();
//
// Passing an Own to a guest gives the resource away: the handle is of no use afterwards, and using it again is an error
// of kind `usage`, as is a handle of another store or of another resource type.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "tenon/component.hpp"

namespace tenon {

// Derive an empty struct from this to name a resource type of guests.
struct GuestResource {};

namespace detail {

template <class T>
inline constexpr char resource_key = 0;  // its address tells classes apart
template <class T>
inline constexpr bool is_guest_resource = std::is_base_of_v<GuestResource, T>;
template <class T>
constexpr const void* resource_key_of() noexcept {
  if constexpr (is_guest_resource<T>) {
    return nullptr;
  } else {
    return &resource_key<T>;
  }
}

// An object that no guest has had yet.
extern const char owned_object;
struct OwnedObject : component::HandleOwner {
  const void* key;
  bool is_given = false;  // a guest has it now
  explicit OwnedObject(const void* of) : key(of) { kind = &owned_object; }
};
template <class T>
struct OwnedObjectOf final : OwnedObject {
  T* object;
  explicit OwnedObjectOf(T* made) : OwnedObject(&resource_key<T>), object(made) {}
  OwnedObjectOf(const OwnedObjectOf&) = delete;
  OwnedObjectOf& operator=(const OwnedObjectOf&) = delete;
  ~OwnedObjectOf() override {
    if (!is_given) delete object;
  }
};

// Whether a handle still stands for something that the host may use.
bool is_usable(const component::Handle& handle) noexcept;
// Runs the destructor now. Errors: usage, trap.
Result<void> drop_handle(component::Handle handle);

template <class T>
T* object_of(const component::Handle& handle) noexcept {
  static_assert(!is_guest_resource<T>, "a guest's resource has no object on this side");
  return std::bit_cast<T*>(static_cast<std::uintptr_t>(handle.rep));
}

}  // namespace detail

// A resource that is lent: valid for the call that got it, or as long as the Own that lends it.
template <class T>
class Borrow {
 public:
  explicit Borrow(component::Handle handle) noexcept : handle_(std::move(handle)) {}
  // Of resources of the host.
  T& operator*() const noexcept { return *detail::object_of<T>(handle_); }
  T* operator->() const noexcept { return detail::object_of<T>(handle_); }

  const component::Handle& handle() const noexcept { return handle_; }

 private:
  component::Handle handle_;
};

// A resource that this handle owns. Move-only; dropping it destroys the resource.
template <class T>
class Own {
 public:
  Own() noexcept = default;
  explicit Own(component::Handle handle) noexcept : handle_(std::move(handle)) {}
  Own(Own&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Own& operator=(Own&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;
  ~Own() = default;

  // A new object of a host's class.
  template <class... Arguments>
  static Own make(Arguments&&... arguments) {
    auto object = std::make_unique<T>(std::forward<Arguments>(arguments)...);
    auto owner = std::make_shared<detail::OwnedObjectOf<T>>(object.get());
    return Own(component::Handle{.rep = std::bit_cast<std::uintptr_t>(object.release()), .owner = std::move(owner)});
  }

  // Nothing was ever in it, or it was given away or dropped, or its store has ended.
  bool is_empty() const noexcept { return !detail::is_usable(handle_); }
  // Of resources of the host, while it is not empty.
  T& operator*() const noexcept { return *detail::object_of<T>(handle_); }
  T* operator->() const noexcept { return detail::object_of<T>(handle_); }
  Borrow<T> borrow() const { return Borrow<T>(handle_); }
  // Destroys the resource now. Errors: usage (it is empty), trap (of the guest's destructor).
  Result<void> drop() { return detail::drop_handle(std::exchange(handle_, {})); }

  const component::Handle& handle() const noexcept { return handle_; }

 private:
  component::Handle handle_;
};

// The resource type whose objects are of class T; for `Linker::define_resource`.
template <class T>
HostResourceType host_resource(std::string name) {
  return HostResourceType(
      std::move(name), [](std::uint64_t rep) { delete std::bit_cast<T*>(static_cast<std::uintptr_t>(rep)); },
      &detail::resource_key<T>);
}

namespace detail {

template <class T>
struct Abi<Own<T>> : AbiHandle<Own<T>> {
  static constexpr Shape shape{.kind = Shape::Kind::own, .key = resource_key_of<T>()};
};
template <class T>
struct Abi<Borrow<T>> : AbiHandle<Borrow<T>> {
  static constexpr Shape shape{.kind = Shape::Kind::borrow, .key = resource_key_of<T>()};
};

}  // namespace detail
}  // namespace tenon
