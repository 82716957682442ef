#include "wasi/http/metrics.hpp"

#include <algorithm>
#include <string_view>

namespace tenon::wasi::http {

namespace {

void begin(std::string& out, std::string_view name, std::string_view kind, std::string_view help) {
  out += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " " +
         std::string(kind) + "\n";
}

void line(std::string& out, std::string_view name, std::string_view labels, const std::string& value) {
  out += std::string(name) + std::string(labels) + " " + value + "\n";
}

std::string shortest(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

void Metrics::count(const host::HttpRecord& record) noexcept {
  ++responses[std::min<std::size_t>(record.status / 100, responses.size() - 1)];
  bytes_in += record.bytes_in;
  bytes_out += record.bytes_out;
  const auto time = static_cast<std::uint64_t>(record.time.count());
  nanoseconds += time;
  const double seconds = static_cast<double>(time) / 1e9;
  const auto* bound = std::ranges::lower_bound(bounds, seconds);
  ++times[static_cast<std::size_t>(bound - bounds.begin())];
}

std::string Metrics::text() const {
  std::string out;
  begin(out, "tenon_http_responses_total", "counter", "Responses by the class of their status; none: the client went.");
  static constexpr std::array<std::string_view, 6> classes = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    line(out, "tenon_http_responses_total", "{status=\"" + std::string(classes[i]) + "\"}",
         std::to_string(responses[i]));
  }
  struct Row {
    std::string_view name, kind, help;
    const Counter& value;
  };
  const Row rows[] = {
      {"tenon_http_request_bytes_total", "counter", "Bytes of requests' bodies.", bytes_in},
      {"tenon_http_response_bytes_total", "counter", "Bytes of responses' bodies.", bytes_out},
      {"tenon_http_requests_refused_total", "counter", "Requests answered with 503, for there were too many.", refused},
      {"tenon_http_requests_running", "gauge", "Requests that a guest works on.", requests_under_way},
      {"tenon_http_requests_waiting", "gauge", "Requests that wait for an instance.", requests_waiting},
      {"tenon_instances", "gauge", "Instances of the component.", instances},
      {"tenon_instances_made_total", "counter", "Instances ever made.", instances_made},
      {"tenon_guest_failures_total", "counter", "Guests that trapped, or ended without a response.", failures},
  };
  for (const Row& row : rows) {
    begin(out, row.name, row.kind, row.help);
    line(out, row.name, "", std::to_string(row.value));
  }
  constexpr std::string_view name = "tenon_http_request_seconds";
  begin(out, name, "histogram", "Time from a request's first byte to its response's last.");
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    sum += times[i];
    const std::string bound = i < bounds.size() ? shortest(bounds[i]) : "+Inf";
    line(out, name, "_bucket{le=\"" + bound + "\"}", std::to_string(sum));
  }
  line(out, name, "_sum", std::to_string(static_cast<double>(nanoseconds) / 1e9));
  line(out, name, "_count", std::to_string(sum));
  return out;
}

}  // namespace tenon::wasi::http
