// Handlers of vector operations. Vectors live in pairs of slots; there is no vector accumulator.
#include "interp/plain.hpp"

namespace tenon::interp {

namespace {

// Operands, a lane or sixteen lanes as the immediates say, slot of a vector result.
template <Op op>
struct VectorOperation {
  TENON_INLINE static Step run(Registers& r) noexcept {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      constexpr unsigned at = operand_fields<op>;
      if constexpr (info(op).immediates == Immediates::lane) {
        return finish_plain(r, Operation<op>::apply(operand_of<op, i>(r)..., field<std::uint32_t>(r, at)), at + 4);
      } else if constexpr (info(op).immediates == Immediates::lanes16) {
        return finish_plain(r, Operation<op>::apply(operand_of<op, i>(r)..., field<V128>(r, at)), at + 16);
      } else {
        return finish_plain(r, Operation<op>::apply(operand_of<op, i>(r)...), at);
      }
    }(std::make_index_sequence<params_of(op).size()>());
  }
};

// Fields: address, vector, memory, offset, lane, slot of the result.
template <Op op>
struct VectorLoadLane {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 8), plain_operand<std::uint64_t>(r, 0), 12);
    if (access.bytes == nullptr) return r.trap(Trap::out_of_bounds_memory_access);
    const auto stored = load_le<Stored<op>>(access.bytes);
    return finish_plain(r, Operation<op>::apply(stored, operand_of<op, 1>(r), field<std::uint32_t>(r, 20)), 24);
  }
};
// Fields: address, vector, memory, offset, lane.
template <Op op>
struct VectorStoreLane {
  TENON_INLINE static Step run(Registers& r) noexcept {
    const Access access = access_at<info(op).width>(r, memory_at(r, 8), plain_operand<std::uint64_t>(r, 0), 12);
    if (access.bytes == nullptr) return r.trap(Trap::out_of_bounds_memory_access);
    store_le(access.bytes, Operation<op>::apply(operand_of<op, 1>(r), field<std::uint32_t>(r, 20)));
    r.ip += cells_of(24);
    return Step::next;
  }
};

constexpr bool is_vector(Op op) noexcept { return info(op).prefix == simd_prefix; }
struct Computes {
  constexpr bool operator()(Op op) const noexcept {
    return is_vector(op) && info(op).width == 0 && op != Op::v128_const;
  }
};
struct Loads {
  constexpr bool operator()(Op op) const noexcept { return is_vector(op) && info(op).signature == "a:v"; }
};
struct Stores {
  constexpr bool operator()(Op op) const noexcept { return op == Op::v128_store; }
};
struct LoadsLane {
  constexpr bool operator()(Op op) const noexcept { return is_vector(op) && info(op).signature == "av:v"; }
};
struct StoresLane {
  constexpr bool operator()(Op op) const noexcept {
    return is_vector(op) && info(op).signature == "av:" && op != Op::v128_store;
  }
};

template <class D>
constexpr PlainTable make_vectors() {
  PlainTable table{};
  add_plain<D, Computes, VectorOperation, InLine>(table);
  add_plain<D, Loads, PlainLoad, InLine>(table);
  add_plain<D, Stores, PlainStore, InLine>(table);
  add_plain<D, LoadsLane, VectorLoadLane, InLine>(table);
  add_plain<D, StoresLane, VectorStoreLane, InLine>(table);
  return table;
}
constexpr PlainTable tail = make_vectors<TailDispatch>();
constexpr PlainTable loop = make_vectors<LoopDispatch>();

}  // namespace

const PlainTable vector_handlers[2] = {tail, loop};

}  // namespace tenon::interp
