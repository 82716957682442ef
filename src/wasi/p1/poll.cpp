// poll_oneoff: waiting for clocks and descriptors at once.
#include <algorithm>

#include "wasi/host/clocks.hpp"
#include "wasi/p1/process.hpp"

namespace tenon::wasi::p1 {

namespace {

constexpr std::uint32_t subscription_size = 48;
constexpr std::uint32_t event_size = 32;
constexpr std::uint16_t clock_is_absolute = 1;
constexpr std::uint16_t event_hangup = 1;

enum class EventType : std::uint8_t { clock, fd_read, fd_write };

struct Subscription {
  std::uint64_t user_data;
  std::uint8_t type;
  std::uint32_t clock_or_fd;
  std::uint64_t timeout;
  std::uint16_t clock_flags;
};

struct Event {
  std::uint64_t user_data;
  Errno error = Errno::success;
  std::uint8_t type;
  std::uint64_t available = 0;
  bool is_hung_up = false;
};

Subscription read_subscription(const Region& list, std::size_t at) {
  return {.user_data = list.get<std::uint64_t>(at),
          .type = list.get<std::uint8_t>(at + 8),
          .clock_or_fd = list.get<std::uint32_t>(at + 16),
          .timeout = list.get<std::uint64_t>(at + 24),
          .clock_flags = list.get<std::uint16_t>(at + 40)};
}

void put_event(const Region& list, std::size_t at, const Event& event) {
  list.put<std::uint64_t>(at, event.user_data);
  list.put<std::uint16_t>(at + 8, static_cast<std::uint16_t>(event.error));
  list.put<std::uint16_t>(at + 10, event.type);  // one byte, and padding
  list.put<std::uint32_t>(at + 12, 0);
  list.put<std::uint64_t>(at + 16, event.available);
  list.put<std::uint64_t>(at + 24, event.is_hung_up ? event_hangup : 0);
}

// How long from now until a clock's subscription is due.
Outcome<std::uint64_t> time_left(const Subscription& subscription) {
  if (subscription.clock_or_fd >= host::clock_count || subscription.clock_flags > clock_is_absolute) {
    return refuse(Errno::inval);
  }
  const auto clock = static_cast<host::Clock>(subscription.clock_or_fd);
  if (clock != host::Clock::realtime && clock != host::Clock::monotonic) return refuse(Errno::notsup);
  if (subscription.clock_flags == 0) return subscription.timeout;
  const auto time = host::now(clock);
  if (!time) return refuse(time.error());
  return subscription.timeout - std::min(subscription.timeout, *time);
}

// One subscription while it is waited for: its place among the waits, or its time.
struct Pending {
  Subscription subscription;
  std::optional<std::size_t> wait{};
  std::uint64_t time = 0;
  Errno error = Errno::success;
};

}  // namespace

namespace {

int descriptor_of(const Entry& entry) {
  if (const auto* stream = std::get_if<std::shared_ptr<host::ByteStream>>(&entry.what)) return (*stream)->descriptor();
  if (const auto* listener = std::get_if<Listener>(&entry.what)) return listener->descriptor.number();
  if (const auto* connection = std::get_if<Connection>(&entry.what)) return connection->descriptor.number();
  return std::get<host::File>(entry.what).descriptor.number();
}

// Files of these types make nobody wait.
bool is_plain(const Entry& entry) {
  const auto* file = std::get_if<host::File>(&entry.what);
  return file != nullptr && (file->type == host::FileType::regular_file || file->type == host::FileType::directory);
}

}  // namespace

Outcome<void> Process::wait_until_ready(Caller caller, const Entry& entry, bool to_write) {
  const int descriptor = descriptor_of(entry);
  if (descriptor < 0 || is_plain(entry) || host::is_nonblock(descriptor).value_or(true)) return {};
  return host::wait(descriptor, to_write, [caller] { return caller.is_interrupted(); });
}

host::Wait Process::wait_for(Fd fd, bool to_write) {
  host::Wait wait{.to_write = to_write};
  if (const auto entry = find(fd, right::poll_fd_readwrite)) {
    wait.descriptor = descriptor_of(**entry);
  } else {
    wait.error = entry.error();
  }
  return wait;
}

Errno Process::poll_oneoff(Caller caller, GuestMemory memory, Pointer subscriptions, Pointer events,
                           std::uint32_t count, Out<std::uint32_t> happened) {
  if (count == 0) return Errno::inval;
  const auto input = memory.region(subscriptions.address, count, subscription_size);
  const auto output = memory.region(events.address, count, event_size);
  if (!input || !output) return Errno::fault;

  std::vector<Pending> pending;
  std::vector<host::Wait> waits;
  std::optional<std::uint64_t> shortest;
  const auto due_at = [&](std::uint64_t time) { shortest = std::min(shortest.value_or(time), time); };
  for (std::uint32_t i = 0; i < count; ++i) {
    Pending one{read_subscription(*input, std::size_t{i} * subscription_size)};
    if (one.subscription.type > static_cast<std::uint8_t>(EventType::fd_write)) return Errno::inval;
    if (one.subscription.type == static_cast<std::uint8_t>(EventType::clock)) {
      const auto left = time_left(one.subscription);
      one.time = left.value_or(0);
      one.error = left ? Errno::success : left.error();
      due_at(one.time);
    } else {
      const bool to_write = one.subscription.type == static_cast<std::uint8_t>(EventType::fd_write);
      host::Wait wait = wait_for({one.subscription.clock_or_fd}, to_write);
      one.error = wait.error;
      one.wait = waits.size();
      waits.push_back(wait);
    }
    pending.push_back(one);
  }

  const std::uint64_t start = host::now(host::Clock::monotonic).value_or(0);
  if (const auto waited = host::wait(waits, shortest, [caller] { return caller.is_interrupted(); }); !waited)
    return waited.error();
  const std::uint64_t passed = host::now(host::Clock::monotonic).value_or(start) - start;

  std::uint32_t stored = 0;
  for (const Pending& one : pending) {
    Event event{.user_data = one.subscription.user_data, .error = one.error, .type = one.subscription.type};
    if (one.wait) {
      const host::Wait& wait = waits[*one.wait];
      if (!wait.is_ready) continue;
      if (event.error == Errno::success) event.error = wait.error;
      event.available = wait.available;
      event.is_hung_up = wait.is_hung_up;
    } else if (one.time > passed) {
      continue;
    }
    put_event(*output, std::size_t{stored++} * event_size, event);
  }
  happened.set(stored);
  return Errno::success;
}

}  // namespace tenon::wasi::p1
