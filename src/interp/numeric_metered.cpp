// Comparisons fused with a branch, in code that is metered.
#include "interp/numeric.hpp"

namespace tenon::interp {

namespace {

template <class Dispatch, std::size_t family>
constexpr auto rows = make_metered<Dispatch, family>();

template <class Dispatch>
constexpr MeteredTable table = {
    {rows<Dispatch, 0>.data(), rows<Dispatch, 1>.data(), rows<Dispatch, 2>.data(), rows<Dispatch, 3>.data()}};

}  // namespace

const MeteredTable metered_handlers[2] = {table<TailDispatch>, table<LoopDispatch>};

}  // namespace tenon::interp
