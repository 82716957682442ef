// The meaning of every numeric, vector and memory instruction as LLVM bitcode.
//
// This file is compiled to bitcode while Tenon is built, and the optimizing tier carries that bitcode: an instruction
// becomes a call of its function from `spec/semantics*.hpp`, which is inlined. So there is one definition of what an
// instruction does, in every tier. The functions are found by position: `tenon_operations[op]`, null for instructions
// that the tier builds itself (control, calls, references, shuffles).
//
// A function takes the operands as the signature in instructions.def says, then a lane; a load takes the bytes read
// instead of the address, and a store gives the bytes to be written. One that can trap takes a last argument that points
// to the reason (`Trap`). One that is atomic takes the place of the bytes, in bounds and aligned.
#include <atomic>
#include <utility>

#include "interp/access.hpp"
#include "interp/operation.hpp"

namespace {

using namespace tenon;
using namespace tenon::interp;

using Vector = long long __attribute__((vector_size(16)));

// How a value of the semantics passes between functions in the bitcode.
template <class T>
struct Passed {
  using type = T;
  static T in(T value) { return value; }
  static T out(T value) { return value; }
};
template <>
struct Passed<V128> {
  using type = Vector;
  static V128 in(Vector value) { return std::bit_cast<V128>(value); }
  static Vector out(V128 value) { return std::bit_cast<Vector>(value); }
};

template <class... T>
struct List {};

constexpr bool is_plain_signature(std::string_view signature) {
  for (const char letter : signature) {
    if (std::string_view("ilfdv:").find(letter) == std::string_view::npos) return false;
  }
  return signature.find(':') != 0;
}

template <Op op, std::size_t first, std::size_t... i>
auto operands(std::index_sequence<i...>) -> List<Param<op, first + i>...>;
template <Op op, std::size_t first>
using Operands = decltype(operands<op, first>(std::make_index_sequence<params_of(op).size() - first>()));

template <class L, class... Last>
struct Append;
template <class... T, class... Last>
struct Append<List<T...>, Last...> {
  using type = List<T..., Last...>;
};
template <class First, class L>
struct Prepend;
template <class First, class... T>
struct Prepend<First, List<T...>> {
  using type = List<First, T...>;
};

// The arguments of an operation's function, or void if it has none.
template <Op op>
constexpr auto arguments() {
  constexpr InstructionInfo row = info(op);
  if constexpr (row.prefix == atomic_prefix && op >= Op::i32_atomic_load) {
    return typename Prepend<std::uint8_t*, Operands<op, 1>>::type{};
  } else if constexpr (row.prefix == atomic_prefix || row.signature == "*") {
    return;
  } else if constexpr (row.width != 0 && row.signature.starts_with('a')) {
    constexpr bool is_load = !row.signature.ends_with(':');
    if constexpr (row.immediates == Immediates::mem_arg_lane && is_load) {
      return typename Prepend<Stored<op>, typename Append<Operands<op, 1>, unsigned>::type>::type{};
    } else if constexpr (row.immediates == Immediates::mem_arg_lane) {
      return typename Append<Operands<op, 1>, unsigned>::type{};
    } else if constexpr (is_load) {
      return List<Stored<op>>{};
    } else {
      return Operands<op, 1>{};
    }
  } else if constexpr (row.width == 0 && is_plain_signature(row.signature)) {
    if constexpr (row.immediates == Immediates::lane) {
      return typename Append<Operands<op, 0>, unsigned>::type{};
    } else if constexpr (row.immediates == Immediates::none) {
      return Operands<op, 0>{};
    }
  }
}

template <Op op, class L, class R>
struct Function;
template <Op op, class R, class... A>
struct Function<op, List<A...>, R> {
  static typename Passed<R>::type call(typename Passed<A>::type... arguments) {
    return Passed<R>::out(Operation<op>::apply(Passed<A>::in(arguments)...));
  }
};
template <Op op, class T, class... A>
struct Function<op, List<A...>, semantics::Trapping<T>> {
  static typename Passed<T>::type call(typename Passed<A>::type... arguments, Trap* trap) {
    const auto result = Operation<op>::apply(Passed<A>::in(arguments)...);
    *trap = result.trap;
    return Passed<T>::out(result.value);
  }
};

// Sequentially consistent.
template <Op op, class L>
struct Atomic;
template <Op op, class... A>
struct Atomic<op, List<std::uint8_t*, A...>> {
  static auto call(std::uint8_t* place, A... operands) {
    std::atomic_ref<Stored<op>> target(*reinterpret_cast<Stored<op>*>(place));
    if constexpr (results_of(op).empty()) {
      target.store(Operation<op>::apply(operands...));
    } else if constexpr (sizeof...(A) == 0) {
      return Operation<op>::apply(target.load());
    } else {
      Stored<op> stored = target.load();
      while (!target.compare_exchange_weak(stored, Operation<op>::apply(stored, operands...))) {
      }
      return static_cast<Result1<op>>(stored);
    }
  }
};

template <Op op, class... A>
constexpr auto make(List<A...>) {
  if constexpr (info(op).prefix == atomic_prefix) {
    return &Atomic<op, List<A...>>::call;
  } else {
    using Result = std::remove_cv_t<decltype(Operation<op>::apply(std::declval<A>()...))>;
    return &Function<op, List<A...>, Result>::call;
  }
}

template <Op op>
struct Entry {
  static constexpr auto value = [] {
    if constexpr (std::is_void_v<decltype(arguments<op>())>) {
      return static_cast<void (*)()>(nullptr);
    } else {
      return make<op>(decltype(arguments<op>()){});
    }
  }();
};

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast)
extern "C" const void* const tenon_operations[] = {
#define TENON_INSTRUCTION(name, mnemonic, prefix, code, immediates, signature, width, feature, constant) \
  (const void*)Entry<tenon::Op::name>::value,
#include "spec/instructions.def"
#undef TENON_INSTRUCTION
};
// NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
