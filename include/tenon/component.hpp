// Components: loaded, linked and called with C++ types.
//
//   auto component = tenon::Component::load(engine, "calc.wasm").value();
//   tenon::Linker linker(engine);
//   linker.define("demo:host/log", "write", [](std::string_view line) { std::puts(std::string(line).c_str());
//   }).value(); tenon::Store store(engine); auto calc = linker.instantiate(store, component).value(); auto add =
//   calc.func<std::int32_t(std::int32_t, std::int32_t)>("demo:calc/ops", "add").value(); std::int32_t five = add(2,
//   3).value();
//
// C++ types and the component types that they stand for: tenon/component_types.hpp. Where types are known at run time
// only, values are `component::Val`s (tenon/component_values.hpp). Resources as C++ classes:
// tenon/component_resources.hpp. Calls that take their time, streams and futures: tenon/component_async.hpp.
//
// After a trap nothing enters the instances that the call was in any more; other instances of the store go on.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenon/component_types.hpp"
#include "tenon/component_values.hpp"
#include "tenon/tenon.hpp"

namespace tenon {

namespace component {
struct LiftedFunc;
struct RootInstance;
}  // namespace component

namespace detail {
struct ComponentState;
struct ComponentItem;
struct HostResource;
struct PendingCall;
struct ComponentHostFunction;
class ComponentCall;
}  // namespace detail

// An import or export of a component: its name and its type in WIT's notation ("func(a: u32) -> string", "instance",
// "resource").
struct ComponentItemType {
  std::string instance;  // of the instance that it stands in; empty at the root
  std::string name;
  std::string type;
};

// A resource type of the host. Its handles carry a number that the host chooses, `rep`; when a guest drops an own
// handle, or the host's value of one goes, the destructor is called with it. Copies are the same type. `key` tells C++
// classes apart (tenon/component_resources.hpp): their objects go when the store ends, too.
class HostResourceType {
 public:
  explicit HostResourceType(std::string name, std::function<void(std::uint64_t rep)> destructor = {},
                            const void* key = nullptr);

 private:
  friend class Linker;
  std::shared_ptr<detail::HostResource> resource_;
};

// The right to finish one call of a host function that takes its time, once; on the thread that serves the store.
// Copies share it. When nobody finishes the call, the guest waits for ever.
class ComponentCompletion {
 public:
  explicit ComponentCompletion(std::shared_ptr<detail::PendingCall> call) noexcept : call_(std::move(call)) {}
  // Without effect when the call is over: finished, cancelled, or its store has ended. Errors: trap; usage (values of
  // other types; the call still waits for others).
  Result<void> resolve(std::span<const component::Val> results) const;
  // The same when guests have nothing else to do.
  void resolve_later(std::vector<component::Val> results) const;
  // The guest that called traps with this error.
  void reject(Error error) const;

 private:
  std::shared_ptr<detail::PendingCall> call_;
};

// A validated component, flattened to a plan of its instantiation. Immutable; cheap to copy; core functions are
// translated when they are first called.
class Component {
 public:
  Component(const Component&) = default;
  Component& operator=(const Component&) = default;
  // From a file, binary or text. Errors: io, malformed, invalid, exhausted.
  static Result<Component> load(const Engine& engine, const std::string& path);
  // From memory, binary or text; the bytes are copied. Errors: malformed, invalid, exhausted.
  static Result<Component> compile(const Engine& engine, std::string_view bytes);

  // Whether the input, binary or text, begins as a component does.
  static bool recognizes(std::string_view input) noexcept;

  // What it needs and gives, with the items of instances one by one.
  std::vector<ComponentItemType> imports() const;
  std::vector<ComponentItemType> exports() const;

 private:
  friend struct detail::StoreBlock;
  friend struct detail::ComponentState;
  explicit Component(std::shared_ptr<const detail::ComponentState> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<const detail::ComponentState> state_;
};

class ComponentFunc;
template <class Signature>
class TypedComponentFunc;

namespace detail {

// A call of a guest that may take its time, as the host sees it: how its arguments are lowered and its results lifted.
struct GuestCallBody {
  GuestCallBody() = default;
  GuestCallBody(const GuestCallBody&) = delete;
  GuestCallBody& operator=(const GuestCallBody&) = delete;
  virtual ~GuestCallBody() = default;
  // The flat parameters, of which there are at most 16.
  virtual void lower(AbiContext& context, std::uint64_t* slots) = 0;
  // The flat results, at most `most` of them; else the first points to them.
  virtual void lift(AbiContext& context, const std::uint64_t* slots, unsigned most) = 0;
  // Called once: the results were lifted, or what went wrong.
  virtual void finish(Result<void> done) = 0;
};
struct GuestCall;
// Starts the call; `finish` may be called before this returns.
std::shared_ptr<GuestCall> start_call(const ComponentFunc& func, std::unique_ptr<GuestCallBody> body);
// Lets the store's guests go on until the call is over. Errors: trap (nothing can go on).
Result<void> wait_for_call(const ComponentFunc& func, const std::shared_ptr<GuestCall>& call);
// A call of a synchronous function whose parameters and result are numbers: `slots` holds the parameters and takes the
// result. Errors: usage, trap, exhausted.
Result<void> call_with_numbers(const ComponentFunc& func, std::span<std::uint64_t> slots) noexcept;

}  // namespace detail

// A component's function in a store.
class ComponentFunc {
 public:
  ComponentFunc() noexcept = default;
  ComponentFunc(const ComponentFunc&) = default;
  ComponentFunc& operator=(const ComponentFunc&) = default;

  // "func(a: u32) -> string".
  std::string type() const;
  // Whether its type is async: it may wait, and the call drives its store until it is over.
  bool is_async() const noexcept;
  // Calls with values of any types. Errors: usage (wrong types or store), trap, exhausted, or what a host function
  // gave.
  Result<std::vector<component::Val>> call(std::span<const component::Val> arguments) const;
  // Arguments from WAVE text, "(1, \"x\", {a: [1, 2]})", and its result as such text. Errors: usage, with the place.
  Result<std::vector<component::Val>> parse_arguments(std::string_view text) const;
  std::string format_result(const component::Val& result) const;
  // The same function with C++ types, checked here once. Errors: usage, with both types.
  template <class Signature>
  Result<TypedComponentFunc<Signature>> typed() const;

 private:
  template <class Signature>
  friend class TypedComponentFunc;
  detail::DirectCalls& direct_calls() const noexcept;
  friend struct detail::StoreBlock;
  friend class detail::ComponentCall;
  friend Result<void> detail::call_with_numbers(const ComponentFunc& func, std::span<std::uint64_t> slots) noexcept;
  friend class StoreHandle;
  Result<void> check(std::span<const detail::Shape* const> params, const detail::Shape* result) const;
  std::shared_ptr<detail::StoreBlock> store_;
  const component::LiftedFunc* func_ = nullptr;
};

// An instance of a component.
class ComponentInstance {
 public:
  ComponentInstance() noexcept = default;
  ComponentInstance(const ComponentInstance&) = default;
  ComponentInstance& operator=(const ComponentInstance&) = default;

  // A function that the component exports, itself or in an exported instance (usually an interface). Errors: usage (no
  // such export, another signature).
  Result<ComponentFunc> func(std::string_view name) const { return func("", name); }
  Result<ComponentFunc> func(std::string_view instance, std::string_view name) const;
  template <class Signature>
  Result<TypedComponentFunc<Signature>> func(std::string_view name) const {
    return func<Signature>("", name);
  }
  template <class Signature>
  Result<TypedComponentFunc<Signature>> func(std::string_view instance, std::string_view name) const {
    return func(instance, name).and_then([](ComponentFunc found) { return found.template typed<Signature>(); });
  }
  // A core module that it exports. Errors: usage (no such export).
  Result<Module> module(std::string_view name) const;

 private:
  friend struct detail::StoreBlock;
  std::shared_ptr<detail::StoreBlock> store_;
  component::RootInstance* instance_ = nullptr;
};

namespace detail {

// A call of a guest from the host, in the parts between which values are lowered and lifted.
class ComponentCall {
 public:
  explicit ComponentCall(const ComponentFunc& func) noexcept;
  ComponentCall(const ComponentCall&) = delete;
  ComponentCall& operator=(const ComponentCall&) = delete;
  ~ComponentCall();

  // Enters the instance; then `context` lowers. Errors: usage, trap.
  Result<void> begin() noexcept;
  AbiContext& context() noexcept { return context_; }
  // The error that lowering kept: the call does not take place.
  Error refused() noexcept;
  // The error that lifting kept.
  Error failure() noexcept;
  // Calls the core function: `slots` holds the flat parameters and takes the results. Errors: trap.
  Result<void> run(std::span<std::uint64_t> slots) noexcept;
  // The results were lifted: lets the guest clean up, and leaves. Errors: trap.
  Result<void> finish(std::span<const std::uint64_t> results) noexcept;

 private:
  AbiContext context_;
  const ComponentFunc* func_;
  bool has_begun_ = false;
  static constexpr std::size_t room = 320;
  alignas(16) std::byte state_[room];  // the library's
};

}  // namespace detail

namespace detail {

// How a function's parameters are lowered and its result is lifted.
template <class... Args>
void lower_params(AbiContext& context, std::uint64_t* slots, const Args&... arguments) {
  if constexpr (sizeof...(Args) > 0) {
    using Params = AbiParams<Args...>;
    using Product = AbiProduct<typename Params::Tuple, Shape::Kind::tuple, Args...>;
    if constexpr (Params::in_memory) {
      const AbiLayout layout = Product::layout(context.is_64);
      slots[0] = abi_allocate(context, layout.size, layout.alignment);
      if (!context.has_failed) Product::store_members(context, slots[0], arguments...);
    } else {
      Product::lower_members(context, slots, arguments...);
    }
  }
}

// From the flat results, of which there are at most `most`; after an error from zeros.
template <class R>
R lift_result(AbiContext& context, const std::uint64_t* slots, unsigned most) {
  context.type = abi_result(context);
  if (Abi<R>::flat <= most) return Abi<R>::lift(context, slots);
  const AbiLayout layout = Abi<R>::layout(context.is_64);
  const std::uint64_t pointer = context.is_64 ? slots[0] : static_cast<std::uint32_t>(slots[0]);
  const std::uint8_t* at = abi_tuple(context, pointer, layout);
  if (at == nullptr) {
    static constexpr std::uint8_t zeros[1024] = {};
    static_assert(Abi<R>::layout(true).size <= sizeof zeros, "a result of more than 1,024 bytes");
    at = zeros;
  }
  return Abi<R>::load(context, at);
}

// A call with C++ types. `done` takes a Result<R>.
template <class R, class Done, class... Args>
struct TypedGuestCall final : GuestCallBody {
  std::tuple<Args...> arguments;
  Done done;
  std::optional<std::conditional_t<std::is_void_v<R>, std::monostate, R>> result;

  explicit TypedGuestCall(Done d, Args... args) : arguments(std::move(args)...), done(std::move(d)) {}
  void lower(AbiContext& context, std::uint64_t* slots) override {
    // What the caller keeps is given by reference.
    const auto lower_all = [&](const Args&... args) {
      lower_params(context, slots, static_cast<const std::unwrap_reference_t<Args>&>(args)...);
    };
    std::apply(lower_all, arguments);
  }
  void lift(AbiContext& context, const std::uint64_t* slots, unsigned most) override {
    if constexpr (!std::is_void_v<R>) result.emplace(lift_result<R>(context, slots, most));
  }
  void finish(Result<void> ended) override {
    if (!ended) return done(Result<R>(std::move(ended).error()));
    if constexpr (std::is_void_v<R>) {
      done(Result<void>());
    } else {
      done(Result<R>(*std::move(result)));
    }
  }
};

}  // namespace detail

// A component function whose C++ signature was checked; a call allocates nothing but what its values need. R is void or
// a value; a view that a call gives would dangle, so results own what they hold. A call of an async function drives
// the store until it is over (see `run_until`, tenon/component_async.hpp).
template <class R, class... Args>
  requires((detail::AbiType<std::remove_cvref_t<Args>> && ...) && (std::is_void_v<R> || detail::AbiType<R>))
class TypedComponentFunc<R(Args...)> {
 public:
  Result<R> operator()(const std::remove_cvref_t<Args>&... arguments) const {
    if constexpr (detail::numbers_in_registers<R, std::remove_cvref_t<Args>...>) {
      runtime::StoreControl& control = *calls_->control;
      if (control.direct_stack == detail::host_stack.lowest) [[likely]] {
        const runtime::ComponentEntry* entry = head().entry;
        if (entry != nullptr && !control.watches_components && entry->may_enter()) [[likely]]
          return call_directly(control, *entry, arguments...);
      }
    }
    if (is_async_) return call_async(arguments...);
    using Params = detail::AbiParams<std::remove_cvref_t<Args>...>;
    using Results = detail::AbiResults<R>;
    if constexpr (detail::are_numbers<std::remove_cvref_t<Args>...> && !Params::in_memory &&
                  (std::is_void_v<R> || detail::are_numbers<R>)) {
      return call_with_numbers(arguments...);
    }
    detail::ComponentCall call(func_);
    if (auto begun = call.begin(); !begun) [[unlikely]]
      return std::move(begun).error();
    detail::AbiContext& context = call.context();
    std::uint64_t slots[Params::slots > 0 ? Params::slots : 1];
    detail::lower_params(context, slots, arguments...);
    if (context.has_failed) [[unlikely]]
      return call.refused();
    if (auto done = call.run(slots); !done) [[unlikely]]
      return std::move(done).error();
    constexpr unsigned result_slots = Results::flat == 0 ? 0 : 1;
    if constexpr (std::is_void_v<R>) {
      return call.finish({slots, result_slots});
    } else {
      R result = detail::lift_result<R>(context, slots, detail::max_flat_results);
      if (context.has_failed) [[unlikely]]
        return call.failure();
      if (auto finished = call.finish({slots, result_slots}); !finished) [[unlikely]]
        return std::move(finished).error();
      return result;
    }
  }

  const ComponentFunc& func() const noexcept { return func_; }

 private:
  friend class ComponentFunc;
  explicit TypedComponentFunc(const ComponentFunc& func) noexcept
      : func_(func), calls_(&func.direct_calls()), is_async_(func_.is_async()) {}

  const runtime::LiftedFuncHead& head() const noexcept {
    return *reinterpret_cast<const runtime::LiftedFuncHead*>(func_.func_);
  }

  // A host function that the guest calls may end this object, and the store's handles.
  Result<R> call_directly(runtime::StoreControl& control, const runtime::ComponentEntry& entry,
                          const std::remove_cvref_t<Args>&... arguments) const noexcept {
    using Enter = detail::CoreNumber<R>(const runtime::FuncHead*, detail::CoreNumber<std::remove_cvref_t<Args>>...);
    const auto enter = reinterpret_cast<Enter*>(&detail::tenon_call_compiled);
    detail::DirectCalls& calls = *calls_;
    const std::uintptr_t stack = std::exchange(control.direct_stack, runtime::StoreControl::no_stack);
    calls.depth = 1;
    entry.enter();
    const auto end = [&]() noexcept -> Result<void> {
      calls.depth = 0;
      control.direct_stack = stack;
      if (control.direct_outcome != 0 || !entry.leave()) [[unlikely]]
        return detail::end_of_component_call(control, entry);
      return {};
    };
    if constexpr (std::is_void_v<R>) {
      enter(entry.callee, detail::to_core_number(arguments)...);
      return end();
    } else {
      const auto result = enter(entry.callee, detail::to_core_number(arguments)...);
      if (auto ended = end(); !ended) [[unlikely]]
        return std::move(ended).error();
      return detail::from_core_number<R>(result);
    }
  }

  Result<R> call_with_numbers(const std::remove_cvref_t<Args>&... arguments) const {
    using Params = detail::AbiParams<std::remove_cvref_t<Args>...>;
    detail::AbiContext unused;
    std::uint64_t slots[Params::slots > 0 ? Params::slots : 1];
    detail::lower_params(unused, slots, arguments...);
    if (auto done = detail::call_with_numbers(func_, slots); !done) [[unlikely]]
      return std::move(done).error();
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      return detail::Abi<R>::lift(unused, slots);
    }
  }

  Result<R> call_async(const std::remove_cvref_t<Args>&... arguments) const {
    std::optional<Result<R>> result;
    const auto done = [&result](Result<R> given) { result.emplace(std::move(given)); };
    // The arguments are the caller's while this call is under way.
    using Body = detail::TypedGuestCall<R, decltype(done), std::reference_wrapper<const std::remove_cvref_t<Args>>...>;
    const auto call = detail::start_call(func_, std::make_unique<Body>(done, std::cref(arguments)...));
    if (auto waited = detail::wait_for_call(func_, call); !waited) return std::move(waited).error();
    return *std::move(result);
  }

  ComponentFunc func_;
  detail::DirectCalls* calls_;
  bool is_async_;
};

namespace detail {
template <class Signature>
struct SignatureShapes;
template <class R, class... Args>
struct SignatureShapes<R(Args...)> {
  static constexpr std::array<const Shape*, sizeof...(Args)> params = {&Abi<std::remove_cvref_t<Args>>::shape...};
  static const Shape* result() noexcept { return AbiResults<R>::shape(); }
};
}  // namespace detail

template <class Signature>
Result<TypedComponentFunc<Signature>> ComponentFunc::typed() const {
  using Types = detail::SignatureShapes<Signature>;
  if (auto checked = check(Types::params, Types::result()); !checked) return std::move(checked).error();
  return TypedComponentFunc<Signature>(*this);
}

}  // namespace tenon
