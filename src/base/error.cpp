#include <cstring>
#include <new>

#include "base/error_memory.hpp"
#include "tenon/result.hpp"

namespace tenon {

// The texts lie behind the struct in the same allocation.
struct Error::Detail {
  ErrorPlace place;
  std::uint32_t code;
  std::uint32_t message_size;
  std::uint32_t context_size;
  ErrorKind kind;
  const char* text;

  static Detail* make(ErrorKind kind, ErrorPlace place, std::uint32_t code, std::string_view message,
                      std::string_view context) noexcept;
  static Detail out_of_memory;
};

// What an error is that finds no room for itself. Shared by all of them, so never written to.
constinit Error::Detail Error::Detail::out_of_memory = [] {
  constexpr std::string_view message = "the host has no memory left, not even to say what went wrong";
  return Detail{{}, 0, message.size(), 0, ErrorKind::exhausted, message.data()};
}();

Error::Detail* Error::Detail::make(ErrorKind kind, ErrorPlace place, std::uint32_t code, std::string_view message,
                                   std::string_view context) noexcept {
  auto* memory = static_cast<std::byte*>(error_allocate(sizeof(Detail) + message.size() + context.size()));
  if (memory == nullptr) return &out_of_memory;
  auto* text = reinterpret_cast<char*>(memory + sizeof(Detail));
  if (!message.empty()) std::memcpy(text, message.data(), message.size());
  if (!context.empty()) std::memcpy(text + message.size(), context.data(), context.size());
  return ::new (memory) Detail{
      place, code, static_cast<std::uint32_t>(message.size()), static_cast<std::uint32_t>(context.size()), kind, text};
}

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::invalid: return "invalid";
    case ErrorKind::unlinkable: return "unlinkable";
    case ErrorKind::trap: return "trap";
    case ErrorKind::exhausted: return "exhausted";
    case ErrorKind::io: return "io";
    case ErrorKind::usage: return "usage";
    case ErrorKind::exit: return "exit";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, std::string_view message, ErrorPlace place) noexcept
    : detail_(Detail::make(kind, place, 0, message, {})) {}

Error::Error(const Error& other) noexcept
    : detail_(other.detail_ == nullptr
                  ? nullptr
                  : Detail::make(other.kind(), other.place(), other.code(), other.message(), other.context())) {}

void Error::release() noexcept {
  if (detail_ != nullptr && detail_ != &Detail::out_of_memory) error_free(detail_);
  detail_ = nullptr;
}

ErrorKind Error::kind() const noexcept { return detail_ == nullptr ? ErrorKind::usage : detail_->kind; }
std::string_view Error::message() const noexcept {
  return detail_ == nullptr ? std::string_view{} : std::string_view(detail_->text, detail_->message_size);
}
ErrorPlace Error::place() const noexcept { return detail_ == nullptr ? ErrorPlace{} : detail_->place; }
std::string_view Error::context() const noexcept {
  return detail_ == nullptr ? std::string_view{}
                            : std::string_view(detail_->text + detail_->message_size, detail_->context_size);
}
std::uint32_t Error::code() const noexcept { return detail_ == nullptr ? 0 : detail_->code; }

Error Error::with_place(ErrorPlace place) && noexcept {
  if (detail_ != nullptr && detail_ != &Detail::out_of_memory) detail_->place = place;
  return std::move(*this);
}

Error Error::with_context(std::string_view context) && noexcept {
  Error result;
  result.detail_ = Detail::make(kind(), place(), code(), message(), context);
  // What went wrong is worth more than where.
  return result.detail_ == &Detail::out_of_memory ? std::move(*this) : std::move(result);
}

Error Error::with_code(std::uint32_t code) && noexcept {
  if (detail_ != nullptr && detail_ != &Detail::out_of_memory) detail_->code = code;
  return std::move(*this);
}

}  // namespace tenon
