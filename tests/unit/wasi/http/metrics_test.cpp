#include "wasi/http/metrics.hpp"

#include <gtest/gtest.h>

namespace tenon::wasi::http {
namespace {

using namespace std::chrono_literals;

TEST(Metrics, CountsByClassAndTime) {
  Metrics metrics;
  metrics.count({.method = "GET",
                 .target = "/",
                 .remote_address = "::1",
                 .status = 204,
                 .bytes_in = 3,
                 .bytes_out = 5,
                 .time = 2ms});
  metrics.count({.method = "GET", .target = "/", .remote_address = "::1", .time = 40s});
  metrics.count({.method = "GET", .target = "/", .remote_address = "::1", .status = 999, .time = 1ms});
  const std::string text = metrics.text();
  for (const char* line :
       {"tenon_http_responses_total{status=\"2xx\"} 1\n", "tenon_http_responses_total{status=\"none\"} 1\n",
        "tenon_http_responses_total{status=\"5xx\"} 1\n", "tenon_http_request_bytes_total 3\n",
        "tenon_http_response_bytes_total 5\n", "tenon_http_request_seconds_bucket{le=\"0.001\"} 1\n",
        "tenon_http_request_seconds_bucket{le=\"0.005\"} 2\n", "tenon_http_request_seconds_bucket{le=\"30\"} 2\n",
        "tenon_http_request_seconds_bucket{le=\"+Inf\"} 3\n", "tenon_http_request_seconds_count 3\n",
        "# TYPE tenon_http_request_seconds histogram\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace tenon::wasi::http
