// A module chosen by a sequence of bytes, for holding the tiers against each other (fuzz/tiers.cpp, tiers.cpp).
//
// It has a few functions of expressions and statements of every kind that is compiled: arithmetic, vectors, memory,
// calls directly and through a table, blocks, branches and loops, among them such as are vectorized. It always ends:
// loops count down, and each call takes from a number of calls that the module has left. The results of floating-point
// operations go through a selection that leaves one NaN of each type, since which NaN an operation gives is not
// determined.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "random_vectors.hpp"
#include "tenon/tenon.hpp"

namespace tenon::differential {

// What a number is by its bits: of narrow ones, the upper half says nothing. Of a vector, a mixture of both halves.
inline std::uint64_t bits_of(const Val& value) {
  if (value.type() == ValType::v128()) {
    std::uint64_t halves[2];
    const Vector128 vector = value.v128();
    std::memcpy(halves, vector.bytes, sizeof halves);
    return halves[0] ^ halves[1] * 0x9E37'79B9'7F4A'7C15;
  }
  const bool is_narrow = value.type() == ValType::i32() || value.type() == ValType::f32();
  return is_narrow ? value.low_bits() & 0xFFFF'FFFF : value.low_bits();
}

enum Type : std::uint8_t { i32 = 0x7F, i64 = 0x7E, f32 = 0x7D, f64 = 0x7C, v128 = 0x7B };
inline constexpr Type types[] = {i32, i64, f32, f64, v128};
inline constexpr unsigned type_count = 5;

struct Signature {
  std::vector<Type> params;
  Type result;
};
inline const Signature signatures[] = {{{i32, i64}, i32}, {{i64, f64}, i64}, {{f32, i32}, f32},   {{f64}, f64},
                                       {{i32}, i32},      {{v128}, v128},    {{i32, v128}, v128}, {{v128, f64}, i64}};
inline constexpr unsigned locals_of_each = 2;
inline constexpr unsigned functions = 5;
inline constexpr unsigned calls_left = type_count;  // index of the global
inline constexpr unsigned globals = type_count + 1;

class RandomModule {
 public:
  RandomModule(const std::uint8_t* data, std::size_t size) : rest_(data), size_(size) {}

  std::string module() {
    std::string out("\0asm\1\0\0\0", 8);
    std::string section = number(std::size(signatures));
    for (const Signature& signature : signatures) {
      section += "\x60" + number(signature.params.size());
      for (const Type type : signature.params) section += static_cast<char>(type);
      section += std::string("\x01") + static_cast<char>(signature.result);
    }
    append(out, 1, section);
    section = number(functions);
    for (unsigned i = 0; i < functions; ++i) section += number(signature_[i] = choose(std::size(signatures)));
    append(out, 3, section);
    append(out, 4, std::string("\x01\x70\x00", 3) + number(functions + 1));
    append(out, 5, std::string("\x01\x01\x01\x02", 4));
    section = number(globals);
    for (const Type type : types) section += std::string{static_cast<char>(type), 1} + zero(type) + "\x0B";
    section += "\x7F\x01\x41" + signed_number(500) + "\x0B";
    append(out, 6, section);
    section = number(functions + 1 + globals);
    for (unsigned i = 0; i < functions; ++i) section += name("f" + std::to_string(i)) + '\0' + number(i);
    section += name("memory") + "\x02" + '\0';
    for (unsigned i = 0; i < globals; ++i) section += name("g" + std::to_string(i)) + "\x03" + number(i);
    append(out, 7, section);
    section = std::string("\x01\x00\x41\x00\x0B", 5) + number(functions);
    for (unsigned i = 0; i < functions; ++i) section += number(i);
    append(out, 9, section);
    section = number(functions);
    for (unsigned i = 0; i < functions; ++i) {
      const std::string body = function(i);
      section += number(body.size()) + body;
    }
    append(out, 10, section);
    return out;
  }

 private:
  std::uint8_t byte() { return size_ == 0 ? std::uint8_t{0} : (--size_, *rest_++); }
  unsigned choose(std::size_t count) { return byte() % static_cast<unsigned>(count); }

  static std::string number(std::uint64_t value) {
    std::string out;
    do {
      const auto low = static_cast<char>(value & 0x7F);
      value >>= 7;
      out += static_cast<char>(low | (value != 0 ? 0x80 : 0));
    } while (value != 0);
    return out;
  }
  static std::string signed_number(std::int64_t value) {
    std::string out;
    for (bool more = true; more;) {
      const auto low = static_cast<char>(value & 0x7F);
      value >>= 7;
      more = value != ((low & 0x40) != 0 ? -1 : 0);
      out += static_cast<char>(low | (more ? 0x80 : 0));
    }
    return out;
  }
  static std::string name(const std::string& text) { return number(text.size()) + text; }
  static void append(std::string& out, char id, const std::string& section) {
    out += id + number(section.size()) + section;
  }
  static std::string zero(Type type) {
    switch (type) {
      case i32: return std::string("\x41\0", 2);
      case i64: return std::string("\x42\0", 2);
      case f32: return std::string("\x43\0\0\0\0", 5);
      case f64: return std::string("\x44\0\0\0\0\0\0\0\0", 9);
      default: return vectors::instruction(vectors::constant) + std::string(16, '\0');
    }
  }

  std::string constant(Type type) {
    static constexpr std::int64_t numbers[] = {0,           1,
                                               -1,          2,
                                               7,           8,
                                               31,          32,
                                               63,          255,
                                               256,         4096,
                                               65535,       65532,
                                               65536,       131071,
                                               0x7FFF'FFFF, -0x8000'0000LL,
                                               3,           5,
                                               10,          100,
                                               1 << 20,     1 << 30,
                                               0x1234'5678, 0x7FFF'FFFF'FFFF'FFFF};
    static constexpr double reals[] = {0,
                                       -0.0,
                                       1,
                                       -1,
                                       0.5,
                                       1.5,
                                       1e10,
                                       -3e9,
                                       4294967296.0,
                                       9.3e18,
                                       1e-310,
                                       1e300,
                                       __builtin_inf(),
                                       -__builtin_inf(),
                                       __builtin_nan(""),
                                       3.25};
    const std::int64_t value = numbers[choose(std::size(numbers))];
    const double real = reals[choose(std::size(reals))];
    if (type == i32) return "\x41" + signed_number(static_cast<std::int32_t>(value));
    if (type == i64) return "\x42" + signed_number(value);
    if (type == f32) return "\x43" + bytes_of(static_cast<float>(real));
    if (type == f64) return "\x44" + bytes_of(real);
    return vectors::instruction(vectors::constant) + vector_bytes(value, real);
  }
  template <class T>
  static std::string bytes_of(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    return {bytes, sizeof bytes};
  }

  // Lanes of one kind, of any bits, or of a few.
  std::string vector_bytes(std::int64_t integer, double real) {
    const auto four = [](const std::string& bytes) { return bytes + bytes + bytes + bytes; };
    std::string bytes;
    switch (choose(5)) {
      case 0:
        for (unsigned i = 0; i < 16; ++i) bytes += static_cast<char>(byte());
        return bytes;
      case 1: return four(bytes_of(static_cast<float>(real)));
      case 2: return bytes_of(real) + bytes_of(static_cast<double>(integer));
      case 3: return bytes_of(integer) + bytes_of(real);
      default: return four(bytes_of(static_cast<std::int32_t>(integer)));
    }
  }

  // Locals: the parameters, two of each type, one of each type for NaNs, and one for each open loop.
  unsigned scratch(Type type) const { return first_local_ + type_count * locals_of_each + (i32 - type); }
  unsigned counter(unsigned loop) const { return first_local_ + type_count * (locals_of_each + 1) + loop; }
  unsigned local(Type type) { return first_local_ + (i32 - type) * locals_of_each + choose(locals_of_each); }

  std::string one_nan(Type type, const std::string& value) const {
    const std::string get = "\x20" + number(scratch(type));
    const std::string nan = type == f32 ? "\x43" + bytes_of(__builtin_nanf("")) : "\x44" + bytes_of(__builtin_nan(""));
    return value + "\x22" + number(scratch(type)) + nan + get + get + (type == f32 ? "\x5B" : "\x61") + "\x1B";
  }
  // The same for each lane of a vector.
  std::string one_nan_of_lanes(Type lane, const std::string& value) const {
    const std::string get = "\x20" + number(scratch(v128));
    const std::string nan =
        lane == f32 ? bytes_of(__builtin_nanf("")) + bytes_of(__builtin_nanf("")) : bytes_of(__builtin_nan(""));
    return value + "\x22" + number(scratch(v128)) + vectors::instruction(vectors::constant) + nan + nan + get + get +
           vectors::instruction(lane == f32 ? vectors::f32x4_eq : vectors::f64x2_eq) +
           vectors::instruction(vectors::bitselect);
  }
  std::string settle(Type type, vectors::Nans nans, const std::string& value) const {
    if (type == f32 || type == f64) return one_nan(type, value);
    if (type != v128 || nans == vectors::Nans::none) return value;
    return one_nan_of_lanes(nans == vectors::Nans::f32 ? f32 : f64, value);
  }

  std::string address(unsigned depth) {
    std::string value = expression(i32, depth);
    if (choose(8) != 0) value += "\x41" + signed_number(choose(2) == 0 ? 0xFFFF : 0x1FFFC) + "\x71";
    return value;
  }
  // Alignment and offset.
  std::string place() { return std::string{0} + number(choose(4) == 0 ? choose(256) * 16 : choose(8)); }
  std::string access(char op) { return std::string{op} + place(); }

  std::string call(unsigned callee, unsigned depth) {
    std::string out;
    for (const Type type : signatures[signature_[callee]].params) out += expression(type, depth);
    return out + "\x10" + number(callee);
  }

  std::string expression(Type type, unsigned depth) {
    if (depth == 0) return choose(3) == 0 ? constant(type) : "\x20" + number(local(type));
    --depth;
    switch (choose(10)) {
      case 0: return constant(type);
      case 1: return "\x20" + number(local(type));
      case 2: return "\x23" + number(i32 - type);
      case 3: {
        const std::string a = expression(type, depth);
        const std::string b = expression(type, depth);
        return a + b + expression(i32, depth) + "\x1B";
      }
      case 4: {
        if (type == v128) return load_vector(depth);
        static constexpr std::string_view loads[] = {"\x28\x2C\x2D\x2E\x2F", "\x29\x30\x31\x32\x33\x34\x35", "\x2A",
                                                     "\x2B"};
        const std::string_view ops = loads[i32 - type];
        return address(depth) + access(ops[choose(ops.size())]);
      }
      case 5: return some_call(type, depth);
      case 6: return convert(type, depth);
      default: return operate(type, depth);
    }
  }

  std::string some_call(Type type, unsigned depth) {
    const unsigned callee = choose(functions);
    const unsigned kind = signature_[callee];
    if (signatures[kind].result != type) return "\x20" + number(local(type));
    if (choose(3) != 0) return call(callee, depth);
    std::string out;
    for (const Type param : signatures[kind].params) out += expression(param, depth);
    return out + "\x41" + signed_number(choose(8) == 0 ? choose(8) : callee) + "\x11" + number(kind) + '\0';
  }

  template <std::size_t n>
  const vectors::Row& choose_row(const vectors::Row (&rows)[n], unsigned& code) {
    unsigned all = 0;
    for (const vectors::Row& row : rows) all += row.last - row.first + 1;
    unsigned chosen = (byte() | byte() << 8U) % all;
    for (const vectors::Row& row : rows) {
      const unsigned count = row.last - row.first + 1;
      code = row.first + chosen;
      if (chosen < count) return row;
      chosen -= count;
    }
    return rows[0];
  }

  std::string load_vector(unsigned depth) {
    unsigned code = 0;
    const vectors::Row& row = choose_row(vectors::loads, code);
    std::string out = address(depth);
    if (row.lanes != 0) out += expression(v128, depth);
    return out + vectors::instruction(code) + place() + lane(row);
  }
  std::string lane(const vectors::Row& row) {
    return row.lanes == 0 ? std::string() : std::string{static_cast<char>(choose(row.lanes))};
  }

  // A number from a vector.
  std::string extract(Type type, unsigned depth) {
    const std::string from = expression(v128, depth);
    unsigned code = 0;
    switch (type) {
      case i32: {
        const vectors::Row& row = choose_row(vectors::to_i32, code);
        return from + vectors::instruction(code) + lane(row);
      }
      case i64: return from + vectors::instruction(0x1D) + static_cast<char>(choose(2));
      case f32: return one_nan(f32, from + vectors::instruction(0x1F) + static_cast<char>(choose(4)));
      default: return one_nan(f64, from + vectors::instruction(0x21) + static_cast<char>(choose(2)));
    }
  }

  std::string make_vector(unsigned depth) {
    static constexpr Type lanes[] = {i32, i32, i32, i64, f32, f64};
    static constexpr unsigned replaces[] = {0x17, 0x1A, 0x1C, 0x1E, 0x20, 0x22};
    static constexpr unsigned counts[] = {16, 8, 4, 2, 4, 2};
    const unsigned shape = choose(6);
    if (choose(2) == 0) return expression(lanes[shape], depth) + vectors::instruction(0x0F + shape);
    const std::string vector = expression(v128, depth);
    return vector + expression(lanes[shape], depth) + vectors::instruction(replaces[shape]) +
           static_cast<char>(choose(counts[shape]));
  }

  std::string operate_vector(unsigned depth) {
    unsigned code = 0;
    const std::string first = expression(v128, depth);
    switch (choose(8)) {
      case 0: {
        const vectors::Row& row = choose_row(vectors::unary, code);
        return settle(v128, row.nans, first + vectors::instruction(code));
      }
      case 1: {
        choose_row(vectors::shifts, code);
        const std::string count = choose(2) == 0 ? "\x41" + signed_number(choose(70)) : expression(i32, depth);
        return first + count + vectors::instruction(code);
      }
      case 2: {
        std::string out = first + expression(v128, depth) + vectors::instruction(vectors::shuffle);
        const unsigned begin = choose(32);
        const bool is_any = choose(2) == 0;
        for (unsigned i = 0; i < 16; ++i) out += static_cast<char>(is_any ? choose(32) : (begin + i) % 32);
        return out;
      }
      case 3: {
        const vectors::Row& row = choose_row(vectors::ternary, code);
        const std::string second = expression(v128, depth);
        return settle(v128, row.nans, first + second + expression(v128, depth) + vectors::instruction(code));
      }
      default: {
        const vectors::Row& row = choose_row(vectors::binary, code);
        return settle(v128, row.nans, first + expression(v128, depth) + vectors::instruction(code));
      }
    }
  }

  std::string convert(Type type, unsigned depth) {
    if (type == v128) return make_vector(depth);
    if (choose(4) == 0) return extract(type, depth);
    switch (type) {
      case i32:
        switch (choose(5)) {
          case 0: return expression(i64, depth) + "\xA7";
          case 1: return expression(f32, depth) + static_cast<char>(0xA8 + choose(2));
          case 2: return expression(f64, depth) + "\xFC" + static_cast<char>(2 + choose(2));
          case 3: return one_nan(f32, expression(f32, depth)) + "\xBC";
          default: return expression(f32, depth) + "\xFC" + static_cast<char>(choose(2));
        }
      case i64:
        switch (choose(4)) {
          case 0: return expression(i32, depth) + static_cast<char>(0xAC + choose(2));
          case 1: return expression(f64, depth) + static_cast<char>(0xB0 + choose(2));
          case 2: return one_nan(f64, expression(f64, depth)) + "\xBD";
          default: return expression(f64, depth) + "\xFC" + static_cast<char>(6 + choose(2));
        }
      case f32:
        switch (choose(4)) {
          case 0: return expression(i32, depth) + static_cast<char>(0xB2 + choose(2));
          case 1: return expression(i64, depth) + static_cast<char>(0xB4 + choose(2));
          case 2: return expression(i32, depth) + "\xBE";
          default: return one_nan(f32, expression(f64, depth) + "\xB6");
        }
      default:
        switch (choose(4)) {
          case 0: return expression(i32, depth) + static_cast<char>(0xB7 + choose(2));
          case 1: return expression(i64, depth) + static_cast<char>(0xB9 + choose(2));
          case 2: return expression(i64, depth) + "\xBF";
          default: return one_nan(f64, expression(f32, depth) + "\xBB");
        }
    }
  }

  std::string operate(Type type, unsigned depth) {
    if (type == v128) return operate_vector(depth);
    const unsigned kind = choose(4);
    if (type == i32 && kind == 0) {
      const Type of = types[choose(4)];
      static constexpr unsigned first[] = {0x46, 0x51, 0x5B, 0x61};
      static constexpr unsigned count[] = {10, 10, 6, 6};
      const std::string a = expression(of, depth);
      const std::string b = expression(of, depth);
      return a + b + static_cast<char>(first[i32 - of] + choose(count[i32 - of]));
    }
    if (kind == 1) {
      static constexpr std::string_view unary[] = {"\x45\x67\x68\x69\xC0\xC1", "\x79\x7A\x7B\xC2\xC3\xC4",
                                                   "\x8B\x8C\x8D\x8E\x8F\x90\x91", "\x99\x9A\x9B\x9C\x9D\x9E\x9F"};
      const std::string_view ops = unary[i32 - type];
      const std::string out = expression(type, depth) + ops[choose(ops.size())];
      return type == f32 || type == f64 ? one_nan(type, out) : out;
    }
    static constexpr unsigned first[] = {0x6A, 0x7C, 0x92, 0xA0};
    static constexpr unsigned count[] = {15, 15, 7, 7};
    const std::string a = expression(type, depth);
    const std::string out =
        a + expression(type, depth) + static_cast<char>(first[i32 - type] + choose(count[i32 - type]));
    return type == f32 || type == f64 ? one_nan(type, out) : out;
  }

  // Of `depth` open labels, which are all without results but the outermost.
  std::string statement(unsigned depth, unsigned labels) {
    const Type type = types[choose(type_count)];
    switch (choose(depth == 0 ? 6 : 12)) {
      case 0:
      case 1: return expression(type, 3) + "\x21" + number(local(type));
      case 2: return expression(type, 2) + "\x24" + number(i32 - type);
      case 3: {
        if (type == v128) return store_vector();
        static constexpr std::string_view stores[] = {"\x36\x3A\x3B", "\x37\x3C\x3D\x3E", "\x38", "\x39"};
        const std::string_view ops = stores[i32 - type];
        const std::string to = address(2);
        const std::string value = expression(type, 2);
        return to + (type == f32 || type == f64 ? one_nan(type, value) : value) + access(ops[choose(ops.size())]);
      }
      case 4: return expression(type, 3) + "\x1A";
      case 5: return bulk();
      case 6:
        return expression(i32, 2) + "\x04\x40" + statements(depth - 1, labels + 1) + "\x05" +
               statements(depth - 1, labels + 1) + "\x0B";
      case 7:
        return "\x02\x40" + statements(depth - 1, labels + 1) + expression(i32, 2) + "\x0D" +
               number(choose(labels + 1)) + statements(depth - 1, labels + 1) + "\x0B";
      case 8: return copy_loop();
      case 9: {
        std::string out = "\x02\x40\x02\x40" + expression(i32, 2) + "\x0E\x02" + std::string("\0\1\0", 3) + "\x0B";
        return out + statements(depth - 1, labels + 1) + "\x0B";
      }
      default: {
        const std::string counter = number(this->counter(loops_));
        if (loops_ == 3) return "\x01";
        ++loops_;
        // A `br` to the loop's own label could go round for ever: inside, it is not among the labels.
        const std::string body = statements(depth - 1, 0);
        --loops_;
        return "\x41" + signed_number(1 + choose(20)) + "\x21" + counter + "\x03\x40" + body + "\x20" + counter +
               "\x41\x01\x6B\x22" + counter + "\x0D" + '\0' + "\x0B";
      }
    }
  }

  std::string store_vector() {
    unsigned code = 0;
    const vectors::Row& row = choose_row(vectors::stores, code);
    const std::string to = address(2);
    const std::string value = expression(v128, 2);
    return to + value + vectors::instruction(code) + place() + lane(row);
  }

  std::string bulk() {
    const std::string size = "\x41" + signed_number(choose(64));
    switch (choose(4)) {
      case 0: return address(1) + expression(i32, 1) + size + std::string("\xFC\x0B\0", 3);
      case 1: {
        const std::string to = address(1);
        return to + address(1) + size + std::string("\xFC\x0A\0\0", 4);
      }
      case 2: return std::string("\x3F\0\x21", 3) + number(local(i32));
      default: return "\x41" + signed_number(choose(2)) + std::string("\x40\0\x21", 3) + number(local(i32));
    }
  }

  // for (; count != 0; --count) { to[..] = from[..] op x; to += step; from += step }
  std::string copy_loop() {
    static constexpr int widths[] = {1, 2, 4, 8};
    const unsigned log = choose(4);
    const unsigned to = first_local_;
    const unsigned from = first_local_ + 1;
    const std::string counter = number(this->counter(3));
    const std::string step = "\x41" + signed_number(choose(4) == 0 ? -widths[log] : widths[log]) + "\x6A\x21";
    static constexpr char loads[] = {0x2D, 0x2F, 0x28, 0x29};
    static constexpr char stores[] = {0x3A, 0x3B, 0x36, 0x37};
    const Type type = log == 3 ? i64 : i32;
    std::string value = "\x20" + number(from) + access(loads[log]);
    if (choose(3) == 0) value = constant(type);
    if (choose(2) == 0) value += constant(type) + (type == i64 ? "\x7C" : "\x6A");
    return "\x41" + signed_number(1 + choose(256) * 8) + "\x21" + counter + "\x03\x40" + "\x20" + number(to) + value +
           access(stores[log]) + "\x20" + number(to) + step + number(to) + "\x20" + number(from) + step + number(from) +
           "\x20" + counter + "\x41\x01\x6B\x22" + counter + "\x0D" + '\0' + "\x0B";
  }

  std::string statements(unsigned depth, unsigned labels) {
    std::string out;
    for (unsigned i = 1 + choose(3); i > 0; --i) out += statement(depth, labels);
    return out;
  }

  std::string function(unsigned index) {
    const Signature& signature = signatures[signature_[index]];
    first_local_ = static_cast<unsigned>(signature.params.size());
    loops_ = 0;
    std::string out = number(2 * type_count + 1);
    for (const Type type : types) out += number(locals_of_each) + static_cast<char>(type);
    for (const Type type : types) out += std::string("\x01") + static_cast<char>(type);
    out += "\x04\x7F";
    // One call less is left; none left is a trap.
    const std::string left = number(calls_left);
    out += "\x23" + left + "\x45\x04\x40" + std::string("\0", 1) + "\x0B\x23" + left + "\x41\x01\x6B\x24" + left;
    for (unsigned i = 0; i < signature.params.size(); ++i) {
      out += "\x20" + number(i) + "\x21" + number(first_local_ + (i32 - signature.params[i]) * locals_of_each);
    }
    out += "\x02\x40";
    for (unsigned i = 1 + choose(5); i > 0; --i) out += statement(2, 0);
    out += "\x0B";
    const std::string result = expression(signature.result, 3);
    return out + settle(signature.result, vectors::Nans::none, result) + "\x0B";
  }

  const std::uint8_t* rest_;
  std::size_t size_;
  unsigned signature_[functions] = {};
  unsigned first_local_ = 0;
  unsigned loops_ = 0;
};

}  // namespace tenon::differential
