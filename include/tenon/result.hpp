// Errors as values: `Error` says what went wrong, where, and what was expected; `Result<T>` is a value or an error.
//
// `Result` is interface-compatible with the part of `std::expected<T, Error>` that we use, and is a class of its own
// for two reasons: a class can be [[nodiscard]], and it has one layout in C++20 and C++23, so that a C++20 program can
// link to the library (docs/decisions/0001-result.md). Nothing here throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon {

enum class ErrorKind : std::uint8_t {
  malformed,   // bytes or text that do not parse
  invalid,     // parsed, but against the validation rules
  unlinkable,  // an import that is missing or has another type
  trap,        // the guest trapped
  exhausted,   // a named limit or the host's memory is used up
  io,          // a file, socket or clock refused
  usage,       // the caller misused the interface
  exit,        // the guest ended itself; `code()` is its exit code, 0 for success
};

std::string_view to_string(ErrorKind kind) noexcept;

// Where an error was found. Binary input has `offset` (bytes from the start of the outermost binary); text has `line`
// and `column` (both from 1, columns in bytes) as well as `offset` (bytes from the start of the text). 0 for line: no
// line.
struct ErrorPlace {
  static constexpr std::uint64_t no_offset = ~std::uint64_t{0};
  std::uint64_t offset = no_offset;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// An error; one pointer wide, cheap to move. A moved-from or default-constructed error has kind `usage` and no text.
class [[nodiscard]] Error {
 public:
  Error() noexcept = default;
  Error(ErrorKind kind, std::string_view message, ErrorPlace place = {}) noexcept;
  Error(Error&& other) noexcept : detail_(std::exchange(other.detail_, nullptr)) {}
  Error& operator=(Error&& other) noexcept {
    std::swap(detail_, other.detail_);
    return *this;
  }
  Error(const Error& other) noexcept;
  Error& operator=(const Error& other) noexcept {
    Error copy(other);
    std::swap(detail_, copy.detail_);
    return *this;
  }
  ~Error() {
    if (detail_ != nullptr) [[unlikely]]
      release();
  }

  ErrorKind kind() const noexcept;
  // What was expected and what was found; the official suites' text is a prefix of it where they have one.
  std::string_view message() const noexcept;
  ErrorPlace place() const noexcept;
  // What the place is part of ("function 12 $main", "export \"run\""), or the lines of a backtrace; may be empty.
  std::string_view context() const noexcept;
  // A number that goes with the kind: a trap's `Trap` (spec/traps.def), an exit code; 0 otherwise.
  std::uint32_t code() const noexcept;

  Error with_place(ErrorPlace place) && noexcept;
  Error with_context(std::string_view context) && noexcept;
  Error with_code(std::uint32_t code) && noexcept;

 private:
  struct Detail;
  void release() noexcept;
  Detail* detail_ = nullptr;
};

template <class T>
class [[nodiscard]] Result;

namespace detail {
// Called when `value()` is asked of an error: a bug of the caller. Prints the error and aborts where there is an OS.
[[noreturn]] void bad_result_access(const Error& error) noexcept;
template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<Result<T>> : std::true_type {};
}  // namespace detail

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Error> &&
             !detail::is_result<std::remove_cvref_t<U>>::value)
  Result(U&& value) noexcept : has_value_(true) {  // NOLINT(google-explicit-constructor)
    std::construct_at(&value_, std::forward<U>(value));
  }
  Result(Error error) noexcept : has_value_(false) {  // NOLINT(google-explicit-constructor)
    std::construct_at(&error_, std::move(error));
  }
  Result(Result&& other) noexcept : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, std::move(other.value_));
    } else {
      std::construct_at(&error_, std::move(other.error_));
    }
  }
  Result& operator=(Result&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  Result(const Result& other)
    requires std::is_copy_constructible_v<T>
      : has_value_(other.has_value_) {
    if (has_value_) {
      std::construct_at(&value_, other.value_);
    } else {
      std::construct_at(&error_, other.error_);
    }
  }
  ~Result() {
    if (has_value_) {
      std::destroy_at(&value_);
    } else {
      std::destroy_at(&error_);
    }
  }

  bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  T& operator*() & noexcept { return value_; }
  const T& operator*() const& noexcept { return value_; }
  T&& operator*() && noexcept { return std::move(value_); }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }

  T& value() & noexcept { return check(), value_; }
  const T& value() const& noexcept { return check(), value_; }
  T&& value() && noexcept { return check(), std::move(value_); }
  template <class U>
  T value_or(U&& other) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  Error& error() & noexcept { return error_; }
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

  template <class F>
  auto and_then(F&& next) && -> std::invoke_result_t<F, T&&> {
    if (has_value_) return std::forward<F>(next)(std::move(value_));
    return std::move(error_);
  }
  template <class F>
  auto transform(F&& map) && -> Result<std::invoke_result_t<F, T&&>> {
    if (has_value_) return std::forward<F>(map)(std::move(value_));
    return std::move(error_);
  }

 private:
  void check() const noexcept {
    if (!has_value_) detail::bad_result_access(error_);
  }
  union {
    T value_;
    Error error_;
  };
  bool has_value_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() noexcept : ok_(true) {}
  Result(Error error) noexcept : error_(std::move(error)), ok_(false) {}  // NOLINT(google-explicit-constructor)
  bool has_value() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }
  void value() const noexcept {
    if (!ok_) detail::bad_result_access(error_);
  }
  Error& error() & noexcept { return error_; }
  const Error& error() const& noexcept { return error_; }
  Error&& error() && noexcept { return std::move(error_); }

 private:
  Error error_;
  bool ok_;
};

}  // namespace tenon
