// Vectors in the baseline tier against the interpreter: every operation over special values and random bits, with its
// operands wherever they can be.
#include <cmath>
#include <gtest/gtest.h>

#include "interp/operation.hpp"
#include "tenon/tenon.hpp"

namespace tenon {
namespace {

using Texts = std::vector<std::string>;

Engine engine_of(Tier tier) {
  EngineOptions options;
  options.tier = tier;
  return Engine(options);
}
const Engine& native() {
  static const Engine engine = engine_of(Tier::baseline);
  return engine;
}
const Engine& interpreter() {
  static const Engine engine = engine_of(Tier::interpreter);
  return engine;
}

// Operations whose NaNs may be any.
bool gives_any_nan(Op op) {
  const std::string_view name = info(op).mnemonic;
  if (!name.starts_with("f32x4.") && !name.starts_with("f64x2.")) return false;
  for (const std::string_view exact : {"abs", "neg", "pmin", "pmax", "splat", "lane"}) {
    if (name.ends_with(exact)) return false;
  }
  return true;
}

template <class F>
void settle_nans(Vector128& vector) {
  F lanes[16 / sizeof(F)];
  std::memcpy(lanes, vector.bytes, 16);
  for (F& lane : lanes) {
    if (std::isnan(lane)) lane = std::numeric_limits<F>::quiet_NaN();
  }
  std::memcpy(vector.bytes, lanes, 16);
}

// A module's functions on one engine: the results' bits as text, and a sum of the memory.
class Guest {
 public:
  Guest(const Engine& engine, const std::string& text)
      : module_(Module::compile(engine, text).value()),
        store_(engine),
        instance_(Instance::make(store_, module_, {}).value()) {}

  std::string call(Op op, const std::string& name, const std::vector<Val>& arguments) {
    const auto results = instance_.func(name).value().call(arguments);
    std::string text = results ? "" : std::string(results.error().message());
    for (std::size_t i = 0; results && i < results->size(); ++i) text += bits_of(op, (*results)[i]) + " ";
    if (info(op).width == 0) return text;
    std::uint64_t sum = 0;
    for (const std::uint8_t byte : instance_.memory("memory").value().data()) sum = sum * 31 + byte;
    return text + std::to_string(sum);
  }

 private:
  static std::string bits_of(Op op, const Val& value) {
    if (!value.type().is_vector()) return std::to_string(value.low_bits());
    Vector128 vector = value.v128();
    if (gives_any_nan(op)) {
      if (info(op).mnemonic[1] == '3') {
        settle_nans<float>(vector);
      } else {
        settle_nans<double>(vector);
      }
    }
    std::string text;
    for (const std::uint8_t byte : vector.bytes) text += std::to_string(byte) + ",";
    return text;
  }
  Module module_;
  Store store_;
  Instance instance_;
};

template <class T>
Vector128 lanes_of(const std::vector<T>& lanes) {
  Vector128 vector;
  for (std::size_t i = 0; i < 16 / sizeof(T); ++i) {
    const T lane = lanes[i % lanes.size()];
    std::memcpy(vector.bytes + i * sizeof(T), &lane, sizeof(T));
  }
  return vector;
}

// splitmix64
std::uint64_t random_bits(std::uint64_t& state) {
  std::uint64_t z = state += 0x9E37'79B9'7F4A'7C15;
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
  return z ^ (z >> 31);
}

const std::vector<Val>& vectors() {
  static const std::vector<Val> all = [] {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const double wide_nan = std::numeric_limits<double>::quiet_NaN();
    const double infinity = std::numeric_limits<double>::infinity();
    std::vector<Val> values{
        lanes_of<std::uint8_t>({0}),
        lanes_of<std::uint8_t>({0xFF}),
        lanes_of<std::uint8_t>({0x80}),
        lanes_of<std::uint8_t>({0x7F, 0x80, 1, 0xFF, 0}),
        lanes_of<std::uint8_t>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}),
        lanes_of<std::uint8_t>({15, 16, 31, 14, 0x8F, 0x90, 0, 7}),
        lanes_of<std::uint16_t>({0x8000}),
        lanes_of<std::uint16_t>({0x8000, 0x7FFF, 1, 0xFFFF, 0, 0xFF00, 0x00FF, 0x1234}),
        lanes_of<std::uint32_t>({0x8000'0000, 0x7FFF'FFFF, 1, 0xFFFF'FFFF}),
        lanes_of<std::uint64_t>({0x8000'0000'0000'0000, 0x7FFF'FFFF'FFFF'FFFF}),
        lanes_of<std::uint64_t>({0x1'0000'0001, 0xFFFF'FFFF'0000'0000}),
        lanes_of<float>({0.0F, -0.0F, 1.5F, -2.5F}),
        lanes_of<float>({-0.0F, 0.0F, nan, -nan}),
        lanes_of<float>({INFINITY, -INFINITY, nan, 3e38F}),
        lanes_of<float>({2147483648.0F, -2147483648.0F, 4294967296.0F, -1.0F}),
        lanes_of<float>({4294967040.0F, 2147483520.0F, -0.75F, 0.5F}),
        lanes_of<std::uint32_t>({0x7F80'0001, 0xFFC0'1234, 0x0000'0001, 0x3F80'0000}),
        lanes_of<double>({0.0, -0.0}),
        lanes_of<double>({-0.0, 0.0}),
        lanes_of<double>({wide_nan, infinity}),
        lanes_of<double>({-infinity, 1e300}),
        lanes_of<double>({4294967295.5, 2147483647.9}),
        lanes_of<double>({-2147483649.0, -0.5}),
        lanes_of<double>({2147483648.0, 4294967296.0}),
        lanes_of<double>({2.5, -3.5}),
    };
    std::uint64_t state = 1;
    for (int i = 0; i < 10; ++i) values.emplace_back(lanes_of<std::uint64_t>({random_bits(state), random_bits(state)}));
    return values;
  }();
  return all;
}

std::vector<Val> numbers(char letter) {
  std::vector<Val> values;
  for (const std::uint64_t bits : {0ULL, 1ULL, 7ULL, 8ULL, 15ULL, 31ULL, 33ULL, 63ULL, 0x80ULL, 0x1234'8081ULL,
                                   0x7FFF'FFFFULL, 0xFFFF'FFFFULL, 0x4048'F5C3ULL, 0xFFC0'0001ULL}) {
    switch (letter) {
      case 'l': values.push_back(Val::from_bits(ValType::i64(), bits | bits << 40)); break;
      case 'f': values.push_back(Val::from_bits(ValType::f32(), bits)); break;
      case 'd': values.push_back(Val::from_bits(ValType::f64(), bits << 32 | bits)); break;
      default: values.push_back(Val::from_bits(ValType::i32(), bits)); break;
    }
  }
  return values;
}

std::vector<Val> addresses() {
  std::vector<Val> values;
  for (const std::uint32_t address : {0U, 3U, 4096U, 65515U, 65519U, 65520U, 65527U, 65534U, 65535U, 65536U, ~0U}) {
    values.emplace_back(address);
  }
  return values;
}
const std::vector<Val>& values_of(char letter) {
  static const std::vector<Val> of_addresses = addresses();
  static const std::vector<Val> of_i32 = numbers('i');
  static const std::vector<Val> of_i64 = numbers('l');
  static const std::vector<Val> of_f32 = numbers('f');
  static const std::vector<Val> of_f64 = numbers('d');
  switch (letter) {
    case 'a': return of_addresses;
    case 'v': return vectors();
    case 'i': return of_i32;
    case 'l': return of_i64;
    case 'f': return of_f32;
    default: return of_f64;
  }
}

std::string type_of(char letter) {
  switch (letter) {
    case 'v': return "v128";
    case 'l': return "i64";
    case 'f': return "f32";
    case 'd': return "f64";
    default: return "i32";
  }
}

// The operation with each of its immediates that is worth a test.
Texts instructions_of(Op op) {
  const std::string name(info(op).mnemonic);
  switch (info(op).immediates) {
    case Immediates::mem_arg: return {name, name + " offset=17"};
    case Immediates::mem_arg_lane: return {name + " 0", name + " offset=17 1"};
    case Immediates::lane: {
      const bool two = name.starts_with("i64") || name.starts_with("f64");
      const bool four = name.starts_with("i32") || name.starts_with("f32");
      return {name + " 0", name + " 1", name + (two ? " 1" : four ? " 3" : " 7")};
    }
    case Immediates::lanes16: {
      Texts texts;
      for (const char* lanes :
           {"0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31",
            "4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11", "20 21 22 23 16 17 18 19 20 21 22 23 28 29 30 31",
            "3 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2", "3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
            "19 20 21 22 23 24 25 26 27 28 29 30 31 0 1 2", "0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23",
            "16 0 17 1 18 2 19 3 20 4 21 5 22 6 23 7", "0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23",
            "8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31", "24 25 26 27 28 29 30 31 8 9 10 11 12 13 14 15",
            "0 1 18 19 4 5 22 23 8 9 26 27 12 13 30 31", "8 9 10 11 0 1 2 3 28 29 30 31 16 17 18 19",
            "20 21 22 23 16 17 18 19 0 1 2 3 4 5 6 7", "0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23",
            "0 31 1 30 2 29 3 28 4 27 5 26 6 25 7 24", "15 15 14 14 0 0 1 1 2 3 2 3 4 5 4 5",
            "8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31"}) {
        texts.push_back(name + " " + lanes);
      }
      return texts;
    }
    default: return {name};
  }
}

bool is_shift(Op op) { return info(op).signature == "vi:v" && info(op).immediates == Immediates::none; }

// One function for each way in which operands can be given.
struct Written {
  std::string text;
  Texts names;
};
class Writer {
 public:
  explicit Writer(Op op) : op_(op), params_(interp::params_of(op)), results_(interp::results_of(op)) {
    std::string head;
    for (const char letter : params_) head += " (param " + type_of(letter) + ")";
    for (const char letter : results_) head += " (result " + type_of(letter) + ")";
    head_ = head;
  }
  Written write() {
    for (const std::string& instruction : instructions_of(op_)) write(instruction);
    return {
        "(module (memory (export \"memory\") 1) (data (i32.const 0) \"\\81\\02\\83\\04\\05\\86\\07\\08\\90\\0a\\0b"
        "\\ac\\0d\\0e\\ef\\10\\11\\92\") (data (i32.const 65512) \"tenontenon\\80\\81\\82\\83\\84\\85\\86tenontn\")"
        " (func $away)" +
            text_ + ")",
        names_};
  }

 private:
  static constexpr const char* aways = "(call $away)(call $away)(call $away)(call $away)";
  void add(const std::string& body, const std::string& locals = "") {
    names_.push_back("f" + std::to_string(names_.size()));
    text_ += "\n(func (export \"" + names_.back() + "\")" + head_ + locals + body + ")";
  }
  template <class F>
  std::string operation(const std::string& instruction, F&& operand) const {
    std::string text = "(" + instruction;
    for (std::size_t i = 0; i < params_.size(); ++i) text += " " + operand(i);
    return text + ")";
  }
  static std::string get(std::size_t i) { return "(local.get " + std::to_string(i) + ")"; }
  // The same value, computed, so that it is no local.
  std::string temporary(std::size_t i) const {
    switch (params_[i]) {
      case 'v': return "(v128.or " + get(i) + get(i) + ")";
      case 'l': return "(i64.or " + get(i) + get(i) + ")";
      case 'f': return "(f32.copysign " + get(i) + get(i) + ")";
      case 'd': return "(f64.copysign " + get(i) + get(i) + ")";
      default: return "(i32.or " + get(i) + get(i) + ")";
    }
  }
  void write(const std::string& instruction) {
    const std::string of_locals = operation(instruction, get);
    add(of_locals);
    add(operation(instruction, [&](std::size_t i) { return temporary(i); }));
    // Beside a number on the operand stack, one slot higher.
    if (results_ == "v" && params_[0] == 'v') add("(i32.const 1)" + of_locals + "(local.set 0) (drop) (local.get 0)");
    // Locals that live over calls are not worth registers.
    add(aways + of_locals);
    for (std::size_t in_register = 0; in_register < params_.size(); ++in_register) {
      const std::string local = "(local $r " + type_of(params_[in_register]) + ")";
      const std::string set = "(local.set $r " + get(in_register) + ")";
      add(aways + set +
              operation(instruction, [&](std::size_t i) { return i == in_register ? "(local.get $r)" : get(i); }),
          local);
    }
    if (results_ == "v") {
      for (std::size_t i = 0; i < params_.size(); ++i) {
        if (params_[i] != 'v') continue;
        add("(local.set " + std::to_string(i) + of_locals + ")" + get(i));
        add("(local.set " + std::to_string(i) + of_locals + ")" + aways + get(i));
      }
    }
    if (params_ == "vv" || params_ == "vvv") {
      add(operation(instruction, [](std::size_t) { return get(0); }));
      add(aways + operation(instruction, [](std::size_t) { return get(0); }));
    }
    if (!is_shift(op_)) return;
    for (const int count : {0, 1, 3, 7, 8, 9, 16, 31, 33, 63, 64}) {
      const std::string constant = "(i32.const " + std::to_string(count) + ")";
      add("(" + instruction + get(0) + constant + ")");
      add(aways + ("(" + instruction + get(0) + constant + ")"));
    }
  }

  Op op_;
  std::string_view params_;
  std::string_view results_;
  std::string head_;
  std::string text_;
  Texts names_;
};

void compare(Op op) {
  const Written written = Writer(op).write();
  Guest ours(native(), written.text);
  Guest expected(interpreter(), written.text);
  const std::string_view params = interp::params_of(op);
  std::vector<Val> arguments;
  const auto call = [&] {
    for (const std::string& name : written.names) {
      ASSERT_EQ(ours.call(op, name, arguments), expected.call(op, name, arguments))
          << info(op).mnemonic << " " << name << written.text;
    }
  };
  std::uint64_t state = static_cast<std::uint64_t>(op);
  const std::vector<Val>& first = values_of(params[0]);
  const std::vector<Val>& second = values_of(params.size() > 1 ? params[1] : 'v');
  // Of accesses of memory and where there are three operands, not every combination.
  const bool all = info(op).width == 0 && params.size() == 2 && second.size() * first.size() < 1500;
  for (const Val& a : first) {
    const std::size_t turns = params.size() == 1 ? 1 : all ? second.size() : 4;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      arguments = {a};
      if (params.size() > 1) arguments.push_back(second[all ? turn : random_bits(state) % second.size()]);
      if (params.size() > 2) arguments.push_back(vectors()[random_bits(state) % vectors().size()]);
      call();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

class VectorOperation : public testing::TestWithParam<Op> {};

TEST_P(VectorOperation, IsWhatTheInterpreterDoes) { compare(GetParam()); }

std::vector<Op> vector_operations() {
  std::vector<Op> ops;
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    if (info(op).prefix == simd_prefix && op != Op::v128_const) ops.push_back(op);
  }
  return ops;
}
std::string name_of(const testing::TestParamInfo<Op>& tested) {
  std::string name(info(tested.param).mnemonic);
  std::ranges::replace(name, '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Baseline, VectorOperation, testing::ValuesIn(vector_operations()), name_of);

// More vectors than registers, moves of them, and slots that hold a number at one time and a vector at another.
constexpr const char* moves = R"((module
  (global $g (export "g") (mut v128) (v128.const i32x4 1 2 3 4))
  (memory 1)
  (func $two (param v128 v128) (result v128 v128) (local.get 1) (local.get 0))
  (func $sum (param i32 v128 i64 v128) (result v128)
    (i32x4.add (i32x4.add (local.get 1) (i32x4.splat (local.get 0)))
               (i64x2.add (local.get 3) (i64x2.splat (local.get 2)))))
  (func (export "swap") (param v128 v128) (result v128 v128) (local $t v128)
    (local.set $t (local.get 0)) (local.set 0 (local.get 1)) (local.set 1 (local.get $t))
    (call $two (local.get 0) (local.get 1)))
  (func (export "select") (param v128 v128) (result v128 v128)
    (select (local.get 0) (local.get 1) (v128.any_true (local.get 0)))
    (select (local.get 0) (local.get 1) (i8x16.all_true (local.get 1))))
  (func (export "globals") (param v128 v128) (result v128 v128)
    (global.get $g) (global.set $g (i8x16.add (global.get $g) (local.get 0))) (global.get $g))
  (func (export "constants") (param v128 v128) (result v128 v128)
    (v128.xor (local.get 0) (v128.const i64x2 -1 -1))
    (i32x4.add (v128.const i32x4 0 0 0 0) (i32x4.add (local.get 1) (v128.const i32x4 1 2 3 4))))
  (func (export "many") (param v128 v128) (result v128 v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $e v128) (local $f v128) (local $h v128)
    (local $i i32) (local $j v128) (local $k v128) (local $l v128) (local $m v128) (local $n v128) (local $x f32)
    (loop $again
      (local.set $a (i32x4.add (local.get $a) (local.get 0)))
      (local.set $b (v128.xor (local.get $b) (local.get $a)))
      (local.set $c (i32x4.sub (local.get $c) (local.get $b)))
      (local.set $d (i16x8.mul (local.get $d) (local.get $c)))
      (local.set $e (i8x16.add (local.get $e) (local.get $d)))
      (local.set $f (v128.or (local.get $f) (local.get 1)))
      (local.set $h (i64x2.add (local.get $h) (local.get $f)))
      (local.set $j (i32x4.add (local.get $j) (local.get $h)))
      (local.set $k (i32x4.add (local.get $k) (local.get $j)))
      (local.set $l (i32x4.add (local.get $l) (local.get $k)))
      (local.set $m (i32x4.add (local.get $m) (local.get $l)))
      (local.set $n (i32x4.add (local.get $n) (local.get $m)))
      (local.set $x (f32.add (local.get $x) (f32.const 1.5)))
      (local.set 0 (i32x4.add (local.get 0) (i32x4.trunc_sat_f32x4_s (f32x4.splat (local.get $x)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
    (i32x4.add (i32x4.add (local.get $a) (local.get $b)) (i32x4.add (i32x4.add (local.get $c) (local.get $d))
               (i32x4.add (local.get $e) (local.get $n))))
    (i32x4.add (local.get $m) (local.get 0)))
  (func (export "stack") (param v128 v128) (result v128 v128) (local $i i32) (local $p i32)
    (loop $again
      (v128.store (i32.mul (local.get $i) (i32.const 16))
        (i32x4.add (i32x4.mul (local.get 0) (local.get 1)) (i32x4.splat (i32.mul (local.get $i) (i32.const 3)))))
      (local.set 0 (call $sum (i32.mul (local.get $i) (local.get $i)) (i8x16.add (local.get 0) (local.get 1))
                              (i64.mul (i64.extend_i32_u (local.get $i)) (i64.const 7)) (local.get 1)))
      (local.set $p (i32.add (i32.mul (local.get $i) (local.get $p))
        (i32.mul (i32x4.extract_lane 2 (i32x4.sub (local.get 0) (local.get 1))) (local.get $i))))
      (local.set 1 (i8x16.add (local.get 1) (v128.load (i32.mul (local.get $i) (i32.const 16)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 12))))
    (i32x4.replace_lane 1 (local.get 0) (local.get $p)) (local.get 1))
  (func (export "divided") (param v128 v128) (result v128 v128) (local $i i32)
    (local.set $i (i32x4.extract_lane 0 (local.get 1)))
    (i32.mul (i32x4.extract_lane 1 (local.get 0)) (i32.const 3))
    (drop)
    (i32x4.add (local.get 0) (local.get 1))
    (i32x4.sub (local.get 0) (local.get 1))
    (i32x4.splat (i32.trunc_sat_f32_u (f32.convert_i32_s (i32.div_s (i32.const 1000) (local.get $i)))))
    (i32x4.add))
  (func (export "branches") (param v128 v128) (result v128 v128)
    (block $out (result v128 v128)
      (v128.xor (local.get 0) (local.get 1))
      (i32x4.add (local.get 0) (local.get 1))
      (br_if $out (v128.any_true (v128.and (local.get 0) (local.get 1))))
      (local.set 0) (local.set 1)
      (local.get 0) (local.get 1)))
  (func (export "caught") (param v128 v128) (result v128 v128)
    (block $handler (result v128 v128)
      (try_table (result v128 v128) (catch $e $handler)
        (v128.xor (local.get 0) (local.get 1)) (i32x4.add (local.get 0) (local.get 1))
        (i32x4.mul (local.get 0) (local.get 1))
        (throw $e))))
  (tag $e (param v128 v128))
))";

TEST(BaselineVectors, MoveAsInTheInterpreter) {
  const std::string text(moves);
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    EngineOptions options;
    options.tier = Tier::baseline;
    options.tier_seed = seed;
    const Engine engine(options);
    Guest ours(engine, text);
    Guest expected(interpreter(), text);
    for (const Val& a : vectors()) {
      for (const Val& b : vectors()) {
        for (const char* name :
             {"swap", "select", "globals", "constants", "many", "stack", "divided", "branches", "caught"}) {
          ASSERT_EQ(ours.call(Op::v128_or, name, {a, b}), expected.call(Op::v128_or, name, {a, b}))
              << name << " seed " << seed;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tenon
