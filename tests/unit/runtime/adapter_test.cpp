// Adapters against lifting and lowering: random values of random types pass through both, and everything that either
// side can see afterwards must be the same: core values, both memories, the calls of realloc and post-return, and, of
// values that were damaged on the way, the trap.
//
// TENON_ABI_VALUES=1000000 runs a million values instead of some thousands; TENON_SEED=n begins with another seed.
#include "runtime/component/adapter.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <memory_resource>
#include <vector>

#include "abi/layout.hpp"
#include "abi/lift.hpp"
#include "abi/lower.hpp"
#include "binary/core/module.hpp"
#include "fuse/adapter.hpp"
#include "interp/interpreter.hpp"
#include "runtime/component/instance.hpp"
#include "unit/abi/guest.hpp"

namespace tenon::component {
namespace {

using runtime::Slot;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::pmr::memory_resource& memory() { return *std::pmr::new_delete_resource(); }

// What a realloc was asked, or a post-return given.
struct Asked {
  std::uint64_t what[4];
  bool operator==(const Asked&) const = default;
};

struct Guest {
  ComponentInstance* inst = nullptr;
  CanonicalOptions opts;
  std::uint64_t top = 64;
  std::vector<Asked> asked;
  unsigned next_misdeed = ~0U;  // the realloc that gives a bad address
};

runtime::Outcome reallocate(runtime::Thread&, const runtime::Func& func, Slot* frame) noexcept {
  auto& guest = *static_cast<Guest*>(func.data);
  const bool is_64 = guest.opts.is_memory64();
  const auto number = [&](unsigned i) { return is_64 ? frame[i] : static_cast<std::uint32_t>(frame[i]); };
  const std::uint64_t alignment = number(2);
  guest.asked.push_back({{number(0), number(1), alignment, number(3)}});
  std::uint64_t at = align_to(guest.top, alignment);
  guest.top = at + number(3);
  if (guest.top <= guest.opts.memory->size) {
    std::memmove(guest.opts.memory->base + at, guest.opts.memory->base + number(0), std::min(number(1), number(3)));
  }
  if (guest.next_misdeed-- == 0) at += alignment == 1 ? std::uint64_t{1} << 31 : 1;
  frame[0] = at;
  return runtime::Outcome::returned;
}

runtime::Outcome note_post_return(runtime::Thread&, const runtime::Func& func, Slot* frame) noexcept {
  static_cast<Guest*>(func.data)->asked.push_back({{func.param_slots == 0 ? 0 : frame[0], 1, 2, 3}});
  return runtime::Outcome::returned;
}

// The type of one call, and the options of both sides.
struct Shape {
  FuncSignature type;
  StringEncoding encodings[2];
  bool is_64[2];
  bool has_post_return;
};

// A store with two guests that do what they are told.
class Rig {
 public:
  Rig(core::TypeRegistry& types, const Shape& shape, bool uses_adapter)
      : types_(types),
        interpreter_(interp::make_interpreter(memory())),
        store_(std::make_unique<runtime::Store>(*interpreter_, types, memory(), runtime::StoreLimits())),
        world_(std::make_unique<World>(*store_)),
        root_(world_->scheduler, nullptr, memory()),
        instances_{{world_->scheduler, &root_, memory()}, {world_->scheduler, &root_, memory()}},
        shape_(shape),
        code_(memory()) {
    for (unsigned side = 0; side < 2; ++side) {
      guests[side].inst = &instances_[side];
      instances_[side].resources = resources_;
      make_options(side);
    }
    lifted_ = {.inst = guests[1].inst, .type = &shape_.type, .opts = guests[1].opts, .callee = nullptr, .name = {}};
    lifted_.callee = host_func(core_type(shape_, 1, false), identity, this);
    lowered_ = {.inst = guests[0].inst, .type = &shape_.type, .opts = guests[0].opts, .callee = {.lifted = &lifted_}};
    const core::TypeIdx type = core_type(shape_, 0, true);
    if (uses_adapter) {
      adapt(type);
    } else {
      func_ = runtime::make_host_func(*store_, type, call_lowered_synchronously, &lowered_);
    }
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;
  ~Rig() {
    world_.reset();
    store_.reset();
    if (module_code_ != nullptr) interpreter_->release(module_code_);
    interp::destroy_interpreter(interpreter_);
  }

  bool is_ready() const noexcept { return func_ != nullptr; }

  // Passes values, and takes the first of them back. `damage` changes the slots and the caller's memory first.
  template <class Damage>
  Result<void> call(std::span<const Val> values, Damage&& damage) {
    abandon_above(world_->scheduler, nullptr);
    for (Guest& guest : guests) {
      std::memset(guest.opts.memory->base, 0, std::min<std::uint64_t>(guest.top, guest.opts.memory->size));
      guest.top = 64;
      guest.asked.clear();
      guest.inst->entered.value[0] = 0;
      guest.inst->set_may_leave(true);
    }
    slots.assign(max_flat_params + 1, 0);
    GuestContext cx(*guests[0].inst, guests[0].opts, nullptr, nullptr);
    auto lowered = lower_flat_values(cx, max_flat_params, values, shape_.type.params, slots.data());
    if (!lowered) return std::move(lowered).error();
    const Layout room = shape_.type.result->layout[shape_.is_64[0]];
    if (shape_.type.result->flat > max_flat_results) {
      slots[*lowered] = align_to(guests[0].top, 8);
      guests[0].top = slots[*lowered] + room.size;
    }
    std::size_t bytes = guests[0].top;
    damage(slots, MutableBytes(guests[0].opts.memory->base, bytes));
    return runtime::call(*store_, *func_, slots);
  }

  MutableBytes used(unsigned side) {
    const Guest& guest = guests[side];
    return {guest.opts.memory->base, std::min<std::uint64_t>(guest.top, guest.opts.memory->size)};
  }
  bool runs_adapter() const noexcept { return !func_->is_host(); }
  std::uint32_t handles(unsigned side) const { return instances_[side].handles.size(); }

  Guest guests[2];
  std::vector<Slot> slots;

 private:
  core::ValType pointer(unsigned side) const { return shape_.is_64[side] ? core::i64 : core::i32; }

  core::TypeIdx core_type(const Shape& shape, unsigned side, bool is_lowered) {
    constexpr core::ValType kinds[] = {core::i32, core::i64, core::f32, core::f64};
    std::vector<core::ValType> params;
    std::vector<core::ValType> results;
    const auto flatten = [&](std::span<const Member> members, unsigned most, std::vector<core::ValType>& to) {
      if (flat_count(members) > most) return to.push_back(pointer(side));
      CoreKind flat[max_flat_params];
      for (const Member& member : members) {
        const unsigned count = flatten_type(*member.type, shape.is_64[side], flat);
        for (unsigned i = 0; i < count; ++i) to.push_back(kinds[static_cast<std::size_t>(flat[i])]);
      }
    };
    flatten(shape.type.params, max_flat_params, params);
    const Member result{"", shape.type.result};
    flatten({&result, 1}, max_flat_results,
            is_lowered && shape.type.result->flat > max_flat_results ? params : results);
    return func_type(params, results);
  }

  core::TypeIdx func_type(std::span<const core::ValType> params, std::span<const core::ValType> results) {
    return types_.intern_func({.params = params, .results = results});
  }

  runtime::Func* host_func(core::TypeIdx type, runtime::HostCallback callback, void* data) {
    return runtime::make_host_func(*store_, type, callback, data);
  }

  void make_options(unsigned side) {
    CanonicalOptions& opts = guests[side].opts;
    opts.string_encoding = shape_.encodings[side];
    core::MemoryType type;
    type.limits.min = 32;
    type.limits.is_64 = shape_.is_64[side];
    opts.memory = runtime::make_memory(*store_, type).value();
    const core::ValType p = pointer(side);
    const core::ValType realloc_params[4] = {p, p, p, p};
    opts.realloc = host_func(func_type(realloc_params, std::span(&p, 1)), reallocate, &guests[side]);
    if (side == 0 || !shape_.has_post_return) return;
    const Member result{"", shape_.type.result};
    CoreKind flat[max_flat_params] = {shape_.is_64[1] ? CoreKind::i64 : CoreKind::i32};
    if (flat_count({&result, 1}) <= max_flat_results) flatten_type(*shape_.type.result, shape_.is_64[1], flat);
    constexpr core::ValType kinds[] = {core::i32, core::i64, core::f32, core::f64};
    const core::ValType given[1] = {kinds[static_cast<std::size_t>(flat[0])]};
    opts.post_return = host_func(func_type(given, {}), note_post_return, &guests[1]);
  }

  // The callee: lifts its parameters, and lowers the first of them as its result.
  static runtime::Outcome identity(runtime::Thread& core, const runtime::Func& func, Slot* frame) noexcept {
    auto& rig = *static_cast<Rig*>(func.data);
    const FuncSignature& type = rig.shape_.type;
    GuestContext cx(*rig.guests[1].inst, rig.guests[1].opts, nullptr, nullptr);
    std::vector<Val> values(type.params.size());
    auto done = lift_flat_values(cx, max_flat_params, {frame, func.param_slots}, type.params, values);
    if (done) {
      const Member result{"", type.result};
      auto lowered = lower_flat_values(cx, max_flat_results, std::span(values).first(1), {&result, 1}, frame);
      if (lowered) return runtime::Outcome::returned;
      done = std::move(lowered).error();
    }
    core.pending_error = std::move(done).error();
    return core.trap(Trap::host_error);
  }

  void adapt(core::TypeIdx type) {
    const auto side = [&](unsigned i) {
      fuse::AdapterSide made{.encoding = shape_.encodings[i]};
      made.memory = core::MemoryType();
      made.memory->limits.is_64 = shape_.is_64[i];
      return made;
    };
    if (!fuse::write_adapter({.caller = side(0),
                              .callee = side(1),
                              .lowered = &shape_.type,
                              .lifted = &shape_.type,
                              .has_post_return = shape_.has_post_return},
                             code_)) {
      return;
    }
    ByteWriter bytes(code_.module.arena);
    core::write_module(code_.module, bytes);
    const core::ReadOptions options{.features = Features::all()};
    read_ = std::make_unique<core::Module>(core::read_module(bytes.view(), memory(), options).value());
    auto validated = core::validate_module(*read_, types_, code_.module.arena, {.features = Features::all()});
    ASSERT_TRUE(validated) << validated.error().message() << validated.error().context();
    validated_ = *validated;
    module_code_ = interpreter_->make_code(validated_, {});
    adapter_.imports = code_.imports.span();
    func_ = make_adapted_func(*store_, type, lowered_, adapter_, *module_code_);
  }

  core::TypeRegistry& types_;
  runtime::Executor* interpreter_;
  std::unique_ptr<runtime::Store> store_;
  std::unique_ptr<World> world_;
  ComponentInstance root_;
  ComponentInstance instances_[2];
  RuntimeResourceType resource_;
  const RuntimeResourceType* resources_[1] = {&resource_};
  Shape shape_;
  LiftedFunc lifted_;
  LoweredFunc lowered_;
  fuse::AdapterCode code_;
  std::unique_ptr<core::Module> read_;
  core::ValidatedModule validated_;
  fuse::Adapter adapter_;
  runtime::CodeModule* module_code_ = nullptr;
  runtime::Func* func_ = nullptr;
};

constexpr StringEncoding encodings[] = {StringEncoding::utf8, StringEncoding::utf16, StringEncoding::latin1_utf16};

struct Case {
  explicit Case(std::uint64_t seed) : arena(memory()), pool(arena), generator(seed, arena, pool) {}
  Arena arena;
  TypePool pool;
  Generator generator;

  Shape shape() {
    const std::size_t count = 1 + generator.below(3);
    Member* members = arena.make_array<Member>(count).data();
    for (std::size_t i = 0; i < count; ++i)
      members[i] = {"x", generator.type(static_cast<unsigned>(generator.below(5)))};
    Shape made;
    made.type.params = {members, count};
    made.type.result = members[0].type;
    for (unsigned side = 0; side < 2; ++side) {
      made.encodings[side] = encodings[generator.below(3)];
      made.is_64[side] = generator.below(3) == 0;
    }
    made.has_post_return = generator.below(2) == 0;
    return made;
  }
};

void expect_same(Rig& oracle, Rig& adapter, const Result<void>& expected, const Result<void>& found) {
  ASSERT_EQ(expected.has_value(), found.has_value())
      << (expected ? found.error().message() : expected.error().message());
  if (!expected) {
    ASSERT_EQ(expected.error().message(), found.error().message());
    return;
  }
  ASSERT_EQ(oracle.slots, adapter.slots);
  for (unsigned side = 0; side < 2; ++side) {
    ASSERT_EQ(oracle.guests[side].asked, adapter.guests[side].asked) << "side " << side;
    ASSERT_TRUE(std::ranges::equal(oracle.used(side), adapter.used(side))) << "side " << side;
    ASSERT_EQ(oracle.handles(side), adapter.handles(side)) << "side " << side;
  }
}

template <class Each>
void for_cases(std::uint64_t count, Each&& each) {
  const std::uint64_t first_seed = setting("TENON_SEED", 3'000);
  constexpr std::uint64_t values_a_shape = 25;
  core::TypeRegistry types(memory());
  for (std::uint64_t done = 0; done < count && !testing::Test::HasFailure(); done += values_a_shape) {
    const std::uint64_t seed = first_seed + done / values_a_shape;
    SCOPED_TRACE(testing::Message() << "TENON_SEED=" << seed);
    Case test(seed);
    const Shape shape = test.shape();
    if (flat_count(shape.type.params) >= max_flat) continue;
    Rig oracle(types, shape, false);
    Rig adapter(types, shape, true);
    if (!adapter.is_ready()) continue;
    for (std::uint64_t i = 0; i < values_a_shape && !testing::Test::HasFailure(); ++i) {
      std::vector<Val> values;
      for (const Member& member : shape.type.params) values.push_back(test.generator.value(*member.type));
      each(test, oracle, adapter, values);
      ASSERT_TRUE(adapter.runs_adapter() && !oracle.runs_adapter());
    }
  }
}

TEST(Adapter, DoesWhatLiftingAndLoweringDo) {
  for_cases(setting("TENON_ABI_VALUES", 10'000), [](Case&, Rig& oracle, Rig& adapter, const std::vector<Val>& values) {
    const auto unchanged = [](std::vector<Slot>&, MutableBytes) {};
    auto expected = oracle.call(values, unchanged);
    auto found = adapter.call(values, unchanged);
    ASSERT_TRUE(expected) << expected.error().message();
    expect_same(oracle, adapter, expected, found);
  });
}

TEST(Adapter, TrapsAsLiftingAndLoweringDo) {
  std::uint64_t traps = 0;
  for_cases(
      setting("TENON_ABI_VALUES", 5'000), [&](Case& test, Rig& oracle, Rig& adapter, const std::vector<Val>& values) {
        const std::uint64_t what = test.generator.below(4);
        const std::uint64_t where = test.generator.below(1'000'000);
        const std::uint64_t with = test.generator.below(2) == 0 ? 0xFFFF'FFFF'FFFF'FFFF : test.generator.below(300);
        const auto damage = [&](std::vector<Slot>& slots, MutableBytes bytes) {
          if (what == 0) slots[where % slots.size()] = with;
          if (what == 1 && bytes.size() > 64) bytes[64 + where % (bytes.size() - 64)] = static_cast<std::uint8_t>(with);
        };
        for (Rig* rig : {&oracle, &adapter}) {
          for (Guest& guest : rig->guests) guest.next_misdeed = ~0U;
        }
        // Which realloc misbehaves is counted from before the values were lowered: the caller's also then.
        if (what == 2)
          oracle.guests[1].next_misdeed = adapter.guests[1].next_misdeed = static_cast<unsigned>(where % 4);
        auto expected = oracle.call(values, damage);
        auto found = adapter.call(values, damage);
        traps += expected ? 0 : 1;
        expect_same(oracle, adapter, expected, found);
      });
  EXPECT_GT(traps, 10U);
}

}  // namespace
}  // namespace tenon::component
