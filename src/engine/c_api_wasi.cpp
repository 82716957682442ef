// What guests are given of WASI, in C.
#include "engine/c_api_component.hpp"
#include "tenon/wasi.hpp"

using tenon::c_api::text_of;

struct tenon_wasi_t {
  tenon::wasi::Config config;
};

namespace {

std::function<void(std::string_view)> to_sink(tenon_sink_t sink, void* data) {
  return [sink, data](std::string_view bytes) {
    if (sink != nullptr) sink(data, bytes.data(), bytes.size());
  };
}

}  // namespace

tenon_wasi_t* tenon_wasi_new() { return new tenon_wasi_t{}; }
void tenon_wasi_delete(tenon_wasi_t* wasi) { delete wasi; }

void tenon_wasi_add_argument(tenon_wasi_t* wasi, const char* value) {
  if (wasi != nullptr) wasi->config.arguments.emplace_back(text_of(value));
}
void tenon_wasi_add_variable(tenon_wasi_t* wasi, const char* name, const char* value) {
  if (wasi != nullptr) wasi->config.env(std::string(text_of(name)), std::string(text_of(value)));
}
void tenon_wasi_inherit_variables(tenon_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.inherit_env();
}
void tenon_wasi_inherit_stdio(tenon_wasi_t* wasi) {
  if (wasi != nullptr) wasi->config.inherit_stdio();
}
void tenon_wasi_set_input(tenon_wasi_t* wasi, const char* bytes, std::size_t size) {
  if (wasi != nullptr) wasi->config.stdin_bytes(bytes == nullptr ? std::string() : std::string(bytes, size));
}
void tenon_wasi_set_output(tenon_wasi_t* wasi, tenon_sink_t sink, void* data) {
  if (wasi != nullptr) wasi->config.stdout_to(to_sink(sink, data));
}
void tenon_wasi_set_errors(tenon_wasi_t* wasi, tenon_sink_t sink, void* data) {
  if (wasi != nullptr) wasi->config.stderr_to(to_sink(sink, data));
}
void tenon_wasi_add_directory(tenon_wasi_t* wasi, const char* host_path, const char* guest_path, bool may_write) {
  if (wasi == nullptr) return;
  wasi->config.dir(std::string(text_of(host_path)), std::string(text_of(guest_path)),
                   may_write ? tenon::wasi::Access::read_write : tenon::wasi::Access::read_only);
}
void tenon_wasi_allow_network(tenon_wasi_t* wasi, const char* pattern) {
  if (wasi != nullptr) wasi->config.allow_net(std::string(text_of(pattern)));
}

tenon_error_t* tenon_linker_define_wasi(tenon_linker_t* linker, const tenon_wasi_t* wasi) {
  if (linker == nullptr || wasi == nullptr) return tenon::c_api::missing("an argument");
  return tenon::c_api::give(tenon::wasi::add_to(linker->linker, wasi->config));
}
