// From the parameters that a function of preview1 has in core Wasm to those that its member function of `Process` has.
//
// A member function states what it takes: numbers, a descriptor, a path, lists of buffers, places for results. Each
// such type is one or two core parameters, which `Parameter` takes from the guest's call and checks: what points
// outside of the guest's memory is `fault` before the function does anything. So no function has to look at an address
// itself.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tenon/tenon.hpp"
#include "wasi/host/errno.hpp"
#include "wasi/host/filesystem.hpp"
#include "wasi/p1/memory.hpp"

namespace tenon::wasi::p1 {

class Process;
using host::Errno;

// A number of a descriptor.
struct Fd {
  std::uint32_t number;
};
// A path, copied; a longer one than any system takes is cut one byte after that.
struct Path {
  std::string text;
};
// Places for one result: a number, or a record with `size` bytes.
template <std::integral T>
struct Out {
  Region region;
  void set(T value) const noexcept { region.put<T>(0, value); }
};
template <std::uint32_t size>
struct Record {
  Region region;
};
// Bytes to fill, or an address and a count that the function makes sense of itself.
struct Bytes {
  std::span<std::uint8_t> bytes;
};
struct Pointer {
  std::uint32_t address;
};
// A list of buffers: as many as one call looks at, and no more than a size can tell.
template <class Byte>
struct BufferList {
  std::array<std::span<Byte>, host::most_buffers> items;
  std::size_t count = 0;
  std::span<const std::span<Byte>> buffers() const noexcept { return std::span(items).first(count); }
};
using ReadList = BufferList<std::uint8_t>;
using WriteList = BufferList<const std::uint8_t>;

// The core arguments of one call, taken one after the other.
struct Arguments {
  Caller caller;
  GuestMemory memory;
  const std::uint64_t* next;
  bool is_faulty = false;

  std::uint32_t take() noexcept { return static_cast<std::uint32_t>(*next++); }
  Region take_region(std::uint32_t address, std::uint32_t count, std::uint32_t size = 1) noexcept {
    const auto region = memory.region(address, count, size);
    if (!region) is_faulty = true;
    return region.value_or(Region{});
  }
};

template <class T>
struct Parameter;

template <class T>
  requires std::is_integral_v<T>
struct Parameter<T> {
  using Core = std::tuple<T>;
  static T take(Arguments& arguments) noexcept { return static_cast<T>(*arguments.next++); }
};
template <>
struct Parameter<GuestMemory> {
  using Core = std::tuple<>;
  static GuestMemory take(Arguments& arguments) noexcept { return arguments.memory; }
};
template <>
struct Parameter<Caller> {
  using Core = std::tuple<>;
  static Caller take(Arguments& arguments) noexcept { return arguments.caller; }
};
template <>
struct Parameter<Fd> {
  using Core = std::tuple<std::uint32_t>;
  static Fd take(Arguments& arguments) noexcept { return {arguments.take()}; }
};
template <>
struct Parameter<Pointer> {
  using Core = std::tuple<std::uint32_t>;
  static Pointer take(Arguments& arguments) noexcept { return {arguments.take()}; }
};
template <std::integral T>
struct Parameter<Out<T>> {
  using Core = std::tuple<std::uint32_t>;
  static Out<T> take(Arguments& arguments) noexcept { return {arguments.take_region(arguments.take(), sizeof(T))}; }
};
template <std::uint32_t size>
struct Parameter<Record<size>> {
  using Core = std::tuple<std::uint32_t>;
  static Record<size> take(Arguments& arguments) noexcept { return {arguments.take_region(arguments.take(), size)}; }
};
template <>
struct Parameter<Bytes> {
  using Core = std::tuple<std::uint32_t, std::uint32_t>;
  static Bytes take(Arguments& arguments) noexcept {
    const std::uint32_t address = arguments.take();
    return {arguments.take_region(address, arguments.take()).bytes};
  }
};
template <>
struct Parameter<Path> {
  using Core = std::tuple<std::uint32_t, std::uint32_t>;
  static Path take(Arguments& arguments);
};
template <class Byte>
struct Parameter<BufferList<Byte>> {
  using Core = std::tuple<std::uint32_t, std::uint32_t>;
  static BufferList<Byte> take(Arguments& arguments) noexcept {
    constexpr std::uint32_t most_bytes = 0x7FFF'FFFF;
    const std::uint32_t address = arguments.take();
    const Region list = arguments.take_region(address, arguments.take(), 8);
    BufferList<Byte> result;
    std::uint32_t total = 0;
    for (std::size_t at = 0; at < list.bytes.size() && result.count < result.items.size(); at += 8) {
      const Region buffer = arguments.take_region(list.get<std::uint32_t>(at), list.get<std::uint32_t>(at + 4));
      if (buffer.bytes.size() > most_bytes - total) break;
      total += static_cast<std::uint32_t>(buffer.bytes.size());
      if (!buffer.bytes.empty()) result.items[result.count++] = buffer.bytes;
    }
    return result;
  }
};

template <auto function, class Taken, class Core>
struct Bound;

// What the linker is given: a callable with the core parameters.
template <auto function, class... Taken, class... Core>
struct Bound<function, std::tuple<Taken...>, std::tuple<Core...>> {
  std::shared_ptr<Process> process;

  std::uint32_t operator()(Caller caller, Core... core) const {
    const std::array<std::uint64_t, sizeof...(Core) + 1> flat{static_cast<std::uint64_t>(core)..., 0};
    Arguments arguments{caller, GuestMemory(caller.memory()), flat.data()};
    std::tuple<Taken...> taken{Parameter<Taken>::take(arguments)...};  // braces: from left to right
    if (arguments.is_faulty) return static_cast<std::uint32_t>(Errno::fault);
    const Errno error =
        std::apply([this](Taken&... each) { return (process.get()->*function)(std::move(each)...); }, taken);
    return static_cast<std::uint32_t>(error);
  }
};

template <auto function, class... Taken>
auto bind_members(std::shared_ptr<Process> process, Errno (Process::*)(Taken...)) {
  using Core = decltype(std::tuple_cat(std::declval<typename Parameter<Taken>::Core>()...));
  return Bound<function, std::tuple<Taken...>, Core>{std::move(process)};
}
template <auto function>
auto bind(std::shared_ptr<Process> process) {
  return bind_members<function>(std::move(process), function);
}

}  // namespace tenon::wasi::p1
