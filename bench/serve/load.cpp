// A client for measuring HTTP servers: a number of keep-alive connections, each of which asks again as soon as it has
// its answer, until so many requests were answered or the time is over. Every answer is compared with the first.
//
//   load HOST PORT PATH CONNECTIONS SECONDS [REQUESTS]
//
// One line comes out: requests a second, and the time that half and 99 of 100 requests took at most, in milliseconds.
// With CONNECTIONS above 1,000, all are opened first and stay open.
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int descriptor = -1;
  std::string answer;
  Clock::time_point start;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int open_connection(const char* host, const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  inet_pton(AF_INET, host, &address.sin_addr);
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (descriptor < 0) give_up("socket");
  void* name = &address;
  if (connect(descriptor, static_cast<sockaddr*>(name), sizeof address) != 0) give_up("connect");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

// The size of the whole answer, once its head and its body are there; 0 before. Bodies have a length or are chunked.
std::size_t size_of(std::string_view answer) {
  const std::size_t head = answer.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t length = answer.find("ontent-length: ");
  if (length == std::string_view::npos) length = answer.find("ontent-Length: ");
  if (length < head) {
    const std::size_t size = head + 4 + static_cast<std::size_t>(std::atoll(answer.data() + length + 15));
    return answer.size() >= size ? size : 0;
  }
  return answer.ends_with("0\r\n\r\n") ? answer.size() : 0;
}

// Without the framing of chunks, for how a body is cut is nobody's promise.
std::string body_of(std::string_view answer) {
  const std::size_t head = answer.find("\r\n\r\n") + 4;
  std::string_view rest = answer.substr(head);
  if (answer.substr(0, head).find("hunked\r\n") == std::string_view::npos) return std::string(rest);
  std::string body;
  for (std::size_t size = 1; size != 0;) {
    size = std::strtoul(rest.data(), nullptr, 16);
    rest.remove_prefix(rest.find("\r\n") + 2);
    body += rest.substr(0, size);
    rest.remove_prefix(std::min(rest.size(), size + 2));
  }
  return body;
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fputs("usage: load HOST PORT PATH CONNECTIONS SECONDS [REQUESTS]\n", stderr);
    return 2;
  }
  raise_descriptor_limit();
  const std::string request = "GET " + std::string(argv[3]) + " HTTP/1.1\r\nhost: " + argv[1] + "\r\n\r\n";
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[4])));
  const long most = argc > 6 ? std::atol(argv[6]) : -1;
  const int poll = epoll_create1(0);
  for (std::size_t i = 0; i < connections.size(); ++i) {
    connections[i].descriptor = open_connection(argv[1], argv[2]);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].descriptor, &event);
  }
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::milliseconds(static_cast<int>(std::atof(argv[5]) * 1000));
  const auto ask = [&](Connection& connection) {
    connection.start = Clock::now();
    if (send(connection.descriptor, request.data(), request.size(), MSG_NOSIGNAL) < 0) give_up("send");
  };
  for (Connection& connection : connections) ask(connection);
  std::string first;
  std::vector<float> times;
  long answered = 0;
  std::vector<epoll_event> events(1024);
  std::string buffer(1 << 18, '\0');
  while (Clock::now() < end && (most < 0 || answered < most)) {
    const int ready = epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < ready; ++i) {
      Connection& connection = connections[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t got = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
      if (got <= 0) give_up("the server closed a connection");
      connection.answer.append(buffer, 0, static_cast<std::size_t>(got));
      if (size_of(connection.answer) == 0) continue;
      if (!connection.answer.starts_with("HTTP/1.1 200")) {
        std::fprintf(stderr, "not a 200: %s\n", connection.answer.c_str());
        return 1;
      }
      const std::string body = body_of(connection.answer);
      if (first.empty()) first = body;
      if (body != first) {
        std::fputs("an answer differs from the first\n", stderr);
        return 1;
      }
      ++answered;
      times.push_back(std::chrono::duration<float, std::milli>(Clock::now() - connection.start).count());
      connection.answer.clear();
      ask(connection);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times.empty() ? 0.F : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf("%.0f requests/s, half in %.2f ms, 99 of 100 in %.2f ms, %ld answers\n",
              static_cast<double>(answered) / seconds, at(0.5), at(0.99), answered);
  return 0;
}
