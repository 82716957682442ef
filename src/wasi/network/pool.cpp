#include "wasi/network/pool.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "wasi/network/http2_client.hpp"

namespace tenon::wasi::network {

namespace {

constexpr std::size_t most_kept = 64;
constexpr std::size_t most_of_one_place = 16;
constexpr std::chrono::seconds longest_idle{15};

std::string place_of(const host::HttpTarget& target) {
  return (target.is_tls ? "https://" : "http://") + target.host + ":" + std::to_string(target.port);
}

// Nothing to read: neither the end, nor bytes that nobody asked for.
bool is_quiet(ClientConnection& connection) {
  char byte = 0;
  const auto got = ::recv(connection.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

std::shared_ptr<ClientConnection> Pool::take(const host::HttpTarget& target) {
  const std::string place = place_of(target);
  // The one that was used last is the least likely to be closed.
  for (auto at = kept_.end(); at != kept_.begin();) {
    --at;
    if (at->place != place) continue;
    std::shared_ptr<ClientConnection> connection = std::move(at->connection);
    at = kept_.erase(at);
    if (is_quiet(*connection)) return connection;
  }
  return nullptr;
}

void Pool::keep(std::shared_ptr<ClientConnection> connection, const host::HttpTarget& target) {
  std::string place = place_of(target);
  const auto is_there = [&](const Kept& one) { return one.place == place; };
  if (std::ranges::count_if(kept_, is_there) >= static_cast<std::ptrdiff_t>(most_of_one_place)) return;
  if (kept_.size() == most_kept) kept_.pop_front();
  kept_.push_back({std::move(place), Clock::now() + longest_idle, std::move(connection)});
  if (!is_timed_) drop_old();
}

std::shared_ptr<Http2Client> Pool::shared(const host::HttpTarget& target, bool is_repeatable) {
  const std::string place = place_of(target);
  // What nobody has read yet on an idle connection may be its end.
  const auto can_serve = [&](const Shared& one) {
    if (one.place != place || !one.client->has_room()) return false;
    return is_repeatable || !one.client->is_idle() || is_quiet(one.client->connection());
  };
  const auto found = std::ranges::find_if(shared_, can_serve);
  return found == shared_.end() ? nullptr : found->client;
}

void Pool::share(std::shared_ptr<Http2Client> client, const host::HttpTarget& target) {
  shared_.push_back({place_of(target), std::move(client)});
  if (!is_timed_) drop_old();
}

void Pool::drop_old() {
  const Clock::time_point now = Clock::now();
  while (!kept_.empty() && kept_.front().until <= now) kept_.pop_front();
  Clock::time_point next = kept_.empty() ? now + longest_idle : kept_.front().until;
  std::erase_if(shared_, [&](const Shared& one) {
    Http2Client& client = *one.client;
    if (client.is_idle() && client.idle_since() + longest_idle <= now) client.close();
    if (client.is_idle()) next = std::min(next, client.idle_since() + longest_idle);
    return client.is_closed();
  });
  is_timed_ = !kept_.empty() || !shared_.empty();
  if (!is_timed_) return;
  timer_.expires_at(next);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) drop_old();
  });
}

}  // namespace tenon::wasi::network
