// Calls that wait: a host function may suspend the guest that called it, and the host's event loop resumes it later.
//
//   linker.define_async("env", "read", [&](std::int32_t handle, tenon::Completion<std::int32_t> done) {
//     loop.when_readable(handle, [done](int n) mutable { done.resolve(n); });   // returns at once, the guest waits
//   });
//   auto run = instance.func<std::int32_t()>("run").value();
//   tenon::start(run, [](tenon::Result<std::int32_t> result) { ... });         // returns when the guest waits or is
//   done
//
// Where the function's types stand for component types (tenon/component_types.hpp), it serves components, too: imports
// of async functions. Calls of components are started by `tenon::start` of tenon/component_async.hpp.
//
// A guest that waits holds a stack of a few kilobytes and nothing of the host's; thousands may wait at once. A guest
// called by an ordinary call cannot wait: there the host function's call traps with an error that says so. Everything
// happens on the thread that serves the store.
#pragma once

#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tenon/tenon.hpp"

namespace tenon {

namespace detail {

// One host function's call that may still be under way.
struct Waiting;
std::shared_ptr<Waiting> begin_waiting(CallContext& context);
// Called when the host function has returned: takes the results if they are there, else the guest is suspended.
Result<void> end_waiting(CallContext& context, Waiting& waiting, std::uint64_t* frame);
// Completes; goes on with the guest if it is suspended already. A second completion is ignored.
void complete(Waiting& waiting, std::span<const std::uint64_t> results);
void complete(Waiting& waiting, Error error);

// One call by a component that may still be under way.
struct PendingCall;
// Lowers a result: to slots, or to the guest's memory.
using LowerResult = void (*)(AbiContext& context, const void* value, std::uint64_t* slots);
struct ResultLowering {
  const void* value = nullptr;
  LowerResult to_slots = nullptr;  // at most one
  void (*to_memory)(AbiContext& context, const void* value, std::uint64_t pointer) = nullptr;
  unsigned flat = 0;
  AbiLayout (*layout)(bool is_64) noexcept = nullptr;
};
void complete(PendingCall& pending, const ResultLowering& result);
void complete(PendingCall& pending, Error error);

}  // namespace detail

// The right to finish one call of an asynchronous host function, once. Copies share it; when the last copy is dropped
// unused, the call of a core module traps, and a component waits for ever.
template <class R>
class Completion {
 public:
  explicit Completion(std::shared_ptr<detail::Waiting> waiting) noexcept : waiting_(std::move(waiting)) {}
  explicit Completion(std::shared_ptr<detail::PendingCall> pending) noexcept : pending_(std::move(pending)) {}
  // With the results. A core module goes on before this returns, unless the host function has not returned yet; a
  // component when its store goes on.
  template <class... Value>
    requires(sizeof...(Value) == (std::is_void_v<R> ? 0 : 1) && (std::is_convertible_v<Value, R> && ...))
  void resolve(Value&&... value) {
    if constexpr (detail::is_core_result<R>) {
      if (waiting_ != nullptr) {
        constexpr unsigned slots = detail::CoreResults<R>::slots;
        std::uint64_t frame[slots > 0 ? slots : 1] = {};
        (detail::CoreResults<R>::store(frame, static_cast<R>(value)), ...);
        return detail::complete(*waiting_, std::span<const std::uint64_t>(frame, slots));
      }
    }
    if constexpr (std::is_void_v<R>) {
      detail::complete(*pending_, detail::ResultLowering());
    } else if constexpr (detail::AbiType<R>) {
      const auto lower = [this](const R& result) {
        using Abi = detail::Abi<R>;
        const auto to_slots = [](detail::AbiContext& context, const void* of, std::uint64_t* slots) {
          if constexpr (Abi::flat <= detail::max_flat_results) Abi::lower(context, *static_cast<const R*>(of), slots);
        };
        const auto to_memory = [](detail::AbiContext& context, const void* of, std::uint64_t pointer) {
          Abi::store(context, *static_cast<const R*>(of), pointer);
        };
        detail::complete(*pending_, {&result, to_slots, to_memory, Abi::flat, Abi::layout});
      };
      (lower(static_cast<const R&>(R(std::forward<Value>(value)))), ...);
    }
  }
  // The guest's call traps with this error.
  void reject(Error error) {
    if (waiting_ != nullptr) return detail::complete(*waiting_, std::move(error));
    detail::complete(*pending_, std::move(error));
  }

 private:
  std::shared_ptr<detail::Waiting> waiting_;
  std::shared_ptr<detail::PendingCall> pending_;
};

namespace detail {

template <class F, bool with_caller, class R, class... Args>
struct AsyncHostFunctionOf final : HostFunction {
  F function;

  explicit AsyncHostFunctionOf(F f) : function(std::move(f)) {
    params = {CoreValue<Args>::type()...};
    results = CoreResults<R>::types();
  }

  Result<void> run(CallContext& context, std::uint64_t* frame) override {
    std::tuple<Args...> arguments = load_arguments<Args...>(frame);
    const std::shared_ptr<Waiting> waiting = begin_waiting(context);
    std::apply(
        [&](Args&... args) {
          if constexpr (with_caller) {
            function(make_caller(context), args..., Completion<R>(waiting));
          } else {
            function(args..., Completion<R>(waiting));
          }
        },
        arguments);
    return end_waiting(context, *waiting, frame);
  }
};

// A host function that components wait for.
struct AsyncComponentHostFunction {
  std::vector<const Shape*> params;
  const Shape* result = nullptr;
  AsyncComponentHostFunction() = default;
  AsyncComponentHostFunction(const AsyncComponentHostFunction&) = delete;
  AsyncComponentHostFunction& operator=(const AsyncComponentHostFunction&) = delete;
  virtual ~AsyncComponentHostFunction() = default;
  // Lifts the arguments from the flat ones, of which there are at most `most`, and calls the function.
  virtual Result<void> run(CallContext& call, AbiContext& context, unsigned most, const std::uint64_t* flat,
                           std::shared_ptr<PendingCall> pending) = 0;
};

template <class F, bool with_caller, class R, class... Args>
struct AsyncComponentHostFunctionOf final : AsyncComponentHostFunction {
  F function;

  explicit AsyncComponentHostFunctionOf(F f) : function(std::move(f)) {
    params = {&Abi<Args>::shape...};
    result = AbiResults<R>::shape();
  }

  Result<void> run(CallContext& call, AbiContext& context, unsigned most, const std::uint64_t* flat,
                   std::shared_ptr<PendingCall> pending) override {
    if constexpr (sizeof...(Args) == 0) {
      return invoke(call, context, std::tuple<>(), std::move(pending));
    } else {
      using Params = Abi<std::tuple<Args...>>;
      if (Params::flat <= most) return invoke(call, context, Params::lift(context, flat), std::move(pending));
      const std::uint8_t* at = abi_tuple(context, flat[0], Params::layout(context.is_64));
      if (at == nullptr) return abi_failure(context);
      return invoke(call, context, Params::load(context, at), std::move(pending));
    }
  }

 private:
  Result<void> invoke(CallContext& call, AbiContext& context, std::tuple<Args...> arguments,
                      std::shared_ptr<PendingCall> pending) {
    if (context.has_failed) return abi_failure(context);
    const auto apply = [&](Args&... args) {
      if constexpr (with_caller) {
        function(make_caller(call), std::move(args)..., Completion<R>(std::move(pending)));
      } else {
        function(std::move(args)..., Completion<R>(std::move(pending)));
      }
    };
    std::apply(apply, arguments);
    return {};
  }
};

// Takes a callable's parameters apart: an optional Caller, the arguments, and the completion, which comes last.
template <class... Parameters>
struct AsyncSignature;
template <class R>
struct AsyncSignature<Completion<R>> {
  template <bool with_caller, class... Args>
  struct Of {
    static constexpr bool is_core = (CoreType<Args> && ...) && is_core_result<R>;
    static constexpr bool is_component = (AbiType<Args> && ...) && is_component_result<R>;
    template <class F>
    static std::shared_ptr<HostFunction> core(F function) {
      return std::make_shared<AsyncHostFunctionOf<F, with_caller, R, Args...>>(std::move(function));
    }
    template <class F>
    static std::shared_ptr<AsyncComponentHostFunction> component(F function) {
      return std::make_shared<AsyncComponentHostFunctionOf<F, with_caller, R, Args...>>(std::move(function));
    }
  };
};
template <class First, class... Rest>
struct AsyncSignature<First, Rest...> {
  template <bool with_caller, class... Args>
  using Of = typename AsyncSignature<Rest...>::template Of<with_caller, Args..., First>;
};
template <class Parameters>
struct AsyncCallable;
template <class... Parameters>
struct AsyncCallable<std::tuple<Caller, Parameters...>> {
  using type = typename AsyncSignature<Parameters...>::template Of<true>;
};
template <class... Parameters>
struct AsyncCallable<std::tuple<Parameters...>> {
  using type = typename AsyncSignature<Parameters...>::template Of<false>;
};

template <class F>
struct ParametersOf;
template <class C, class... Parameters>
struct ParametersOf<void (C::*)(Parameters...) const> {
  using type = std::tuple<std::remove_cvref_t<Parameters>...>;
};
template <class C, class... Parameters>
struct ParametersOf<void (C::*)(Parameters...)> {
  using type = std::tuple<std::remove_cvref_t<Parameters>...>;
};

void start(const Func& func, std::span<const std::uint64_t> arguments,
           std::function<void(Result<std::span<const std::uint64_t>>)> done);

}  // namespace detail

// Calls a guest that may wait. `done` is called once, with the results or the error: before this returns, if the guest
// does not wait; when it is finished, otherwise; with an error of kind `usage` when its store ends before.
template <class R, class... Args, class Done>
  requires std::is_invocable_v<Done, Result<R>>
void start(const TypedFunc<R(Args...)>& func, const std::type_identity_t<Args>&... arguments, Done done) {
  constexpr unsigned param_slots = (detail::CoreValue<Args>::slots + ... + 0);
  std::uint64_t frame[param_slots > 0 ? param_slots : 1] = {};
  [[maybe_unused]] unsigned at = 0;
  ((detail::CoreValue<Args>::store(frame + at, arguments), at += detail::CoreValue<Args>::slots), ...);
  detail::start(func.func(), std::span<const std::uint64_t>(frame, param_slots),
                [done = std::move(done)](Result<std::span<const std::uint64_t>> results) mutable {
                  if (!results) return done(Result<R>(std::move(results).error()));
                  if constexpr (std::is_void_v<R>) {
                    done(Result<R>());
                  } else {
                    done(Result<R>(detail::CoreResults<R>::load(results->data())));
                  }
                });
}

template <class F>
Result<void> Linker::define_async(std::string_view module, std::string_view name, F function) {
  using Parameters = typename detail::ParametersOf<decltype(&F::operator())>::type;
  using Callable = typename detail::AsyncCallable<Parameters>::type;
  static_assert(Callable::is_core || Callable::is_component,
                "a host function takes and gives core types or types of components");
  if constexpr (Callable::is_core && Callable::is_component && std::is_copy_constructible_v<F>) {
    auto done = define_function(module, name, Callable::template component<F>(function));
    if (!done) return done;
  } else if constexpr (!Callable::is_core) {
    return define_function(module, name, Callable::template component<F>(std::move(function)));
  }
  if constexpr (Callable::is_core)
    return define_function(module, name, Callable::template core<F>(std::move(function)));
}

}  // namespace tenon
