// What a `Config` grants, made ready once: streams and directories are open, and the patterns of addresses are read.
// All guests that are given the same share it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenon/wasi.hpp"
#include "wasi/host/filesystem.hpp"
#include "wasi/host/network.hpp"
#include "wasi/host/streams.hpp"

namespace tenon::wasi::inline bindings {

struct Grants {
  // Errors: io (a directory that cannot be opened), usage (what is no HOST:PORT).
  static Result<std::shared_ptr<const Grants>> make(const Config& config);

  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::shared_ptr<host::ByteStream> input, output, errors;
  std::vector<std::pair<std::shared_ptr<const host::File>, std::string>> directories;  // with the guest's names
  std::shared_ptr<host::Network> network;
  std::vector<std::pair<std::string, std::string>> settings;
  std::shared_ptr<KeyValues> key_values;
};

}  // namespace tenon::wasi::inline bindings
