#include "wasi/component/http.hpp"

#include <algorithm>

#include "wasi/component/host.hpp"
#include "wasi/http/values.hpp"

namespace tenon::wasi::inline bindings {

using host::HttpError;
using host::HttpFailure;
using host::HttpFields;

namespace {

// --- fields

// Of one set of fields; a server would not take more either.
constexpr std::size_t most_bytes = std::size_t{256} << 10;

std::size_t size_of(std::string_view name, std::string_view value) { return name.size() + value.size() + 32; }
std::size_t size_of(const HttpFields& fields) {
  std::size_t size = 0;
  for (const auto& [name, value] : fields) size += size_of(name, value);
  return size;
}

std::optional<HeaderError> wrong_with(std::string_view name) {
  if (!http::is_token(name)) return HeaderError::invalid_syntax;
  if (http::is_forbidden_name(name)) return HeaderError::forbidden;
  return std::nullopt;
}

Fields& fields_of(CommonHost& host, Values values) { return host.fields[number_of(values[0])]; }

auto is_named(std::string_view name) {
  return [name](const auto& field) { return http::is_same_name(field.first, name); };
}

// Names that are there already keep their letters.
std::string name_as_known(const HttpFields& fields, std::string_view name) {
  const auto known = std::ranges::find_if(fields, is_named(name));
  return known == fields.end() ? std::string(name) : known->first;
}

// Replaces the fields of a name, or adds to them, but for what is wrong with that: then nothing changes.
std::optional<HeaderError> change(Fields& fields, std::string_view name, std::span<const Val> values, bool replaces) {
  if (fields.is_immutable) return HeaderError::immutable;
  if (const auto wrong = wrong_with(name)) return wrong;
  HttpFields added;
  const std::string known = replaces ? std::string(name) : name_as_known(*fields.list, name);
  for (const Val& value : values) {
    if (!http::is_field_value(text_of(value))) return HeaderError::invalid_syntax;
    added.emplace_back(known, text_of(value));
  }
  HttpFields& list = *fields.list;
  std::size_t size = size_of(list) + size_of(added);
  if (replaces) {
    for (const auto& [old, value] : list) size -= http::is_same_name(old, name) ? size_of(old, value) : 0;
  }
  if (size > most_bytes) return HeaderError::size_exceeded;
  if (replaces) std::erase_if(list, is_named(name));
  list.insert(list.end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
  return std::nullopt;
}

Answer change_answer(CommonHost& host, Values values, std::span<const Val> changes, bool replaces) {
  const auto wrong = change(fields_of(host, values), values[1].string(), changes, replaces);
  return wrong ? host.dialect.header_error(*wrong) : ok();
}

Answer make(CommonHost& host, Values) { return one(handle(host.fields.insert({}))); }

Answer from_list(CommonHost& host, Values values) {
  Fields fields;
  std::size_t size = 0;
  for (const Val& entry : values[0].items()) {
    const auto pair = entry.fields();
    const std::string_view name = pair[0].string();
    if (const auto wrong = wrong_with(name)) return host.dialect.header_error(*wrong);
    if (!http::is_field_value(text_of(pair[1]))) return host.dialect.header_error(HeaderError::invalid_syntax);
    size += size_of(name, text_of(pair[1]));
    if (size > most_bytes) return host.dialect.header_error(HeaderError::size_exceeded);
    fields.list->emplace_back(name_as_known(*fields.list, name), text_of(pair[1]));
  }
  return ok(handle(host.fields.insert(std::move(fields))));
}

std::vector<Val> values_of(const HttpFields& fields, std::string_view name) {
  std::vector<Val> found;
  for (const auto& [known, value] : fields) {
    if (http::is_same_name(known, name)) found.push_back(bytes(value));
  }
  return found;
}

Answer get(CommonHost& host, Values values) {
  return one(Val::list(values_of(*fields_of(host, values).list, values[1].string())));
}
Answer has(CommonHost& host, Values values) {
  return one(Val::boolean(std::ranges::any_of(*fields_of(host, values).list, is_named(values[1].string()))));
}
Answer set(CommonHost& host, Values values) { return change_answer(host, values, values[2].items(), true); }
Answer append(CommonHost& host, Values values) { return change_answer(host, values, values.subspan(2, 1), false); }
Answer remove(CommonHost& host, Values values) { return change_answer(host, values, {}, true); }

Answer clone(CommonHost& host, Values values) {
  return one(handle(host.fields.insert({.list = std::make_shared<HttpFields>(*fields_of(host, values).list)})));
}

constexpr CommonFunction fields[] = {
    {"[constructor]fields", make},     {"[static]fields.from-list", from_list},
    {"[method]fields.get", get},       {"[method]fields.has", has},
    {"[method]fields.set", set},       {"[method]fields.delete", remove},
    {"[method]fields.append", append}, {"[method]fields.clone", clone},
};

// --- request-options

using Timeout = std::optional<std::uint64_t> RequestOptions::*;

RequestOptions& options_of(CommonHost& host, Values values) { return host.request_options[number_of(values[0])]; }

Answer make_options(CommonHost& host, Values) { return one(handle(host.request_options.insert({}))); }

Answer get_timeout(CommonHost& host, Values values, Timeout timeout) {
  const auto& time = options_of(host, values).*timeout;
  return one(time ? Val::some(Val::u64(*time)) : Val::none());
}
template <Timeout timeout>
Answer set_timeout(CommonHost& host, Values values) {
  RequestOptions& options = options_of(host, values);
  enum : std::uint32_t { not_supported, immutable };
  if (options.is_immutable) return one(Val::error(Val::variant(immutable)));
  (options.*timeout).reset();
  if (values[1].has_payload()) options.*timeout = values[1].payload().unsigned_integer();
  return ok();
}

constexpr CommonFunction options[] = {
    {"[constructor]request-options", make_options},
    {"[method]request-options.set-connect-timeout", set_timeout<&RequestOptions::connect_timeout>},
    {"[method]request-options.set-first-byte-timeout", set_timeout<&RequestOptions::first_byte_timeout>},
    {"[method]request-options.set-between-bytes-timeout", set_timeout<&RequestOptions::between_bytes_timeout>},
};

void apply(const std::optional<std::uint64_t>& from, std::chrono::nanoseconds& to) {
  if (from) to = std::chrono::nanoseconds(std::min<std::uint64_t>(*from, INT64_MAX));
}

}  // namespace

const CommonFunctions fields_functions = fields;
const CommonFunctions options_functions = options;

Answer all_fields(CommonHost& host, Values values) {
  std::vector<Val> all;
  for (const auto& [name, value] : *fields_of(host, values).list) {
    all.push_back(record({Val::string(name), bytes(value)}));
  }
  return one(Val::list(all));
}

Answer get_and_delete_fields(CommonHost& host, Values values) {
  const std::vector<Val> found = values_of(*fields_of(host, values).list, values[1].string());
  const auto wrong = change(fields_of(host, values), values[1].string(), {}, true);
  return wrong ? host.dialect.header_error(*wrong) : ok(Val::list(found));
}

Answer get_connect_timeout(CommonHost& host, Values values) {
  return get_timeout(host, values, &RequestOptions::connect_timeout);
}
Answer get_first_byte_timeout(CommonHost& host, Values values) {
  return get_timeout(host, values, &RequestOptions::first_byte_timeout);
}
Answer get_between_bytes_timeout(CommonHost& host, Values values) {
  return get_timeout(host, values, &RequestOptions::between_bytes_timeout);
}

Val immutable_fields(CommonHost& host, const std::shared_ptr<HttpFields>& list) {
  return handle(host.fields.insert({.list = list, .is_immutable = true}));
}

std::shared_ptr<HttpFields> visible_fields(HttpFields fields) {
  std::erase_if(fields, [](const auto& field) { return http::is_forbidden_name(field.first); });
  return std::make_shared<HttpFields>(std::move(fields));
}

std::expected<host::HttpTarget, HttpFailure> target_of(const std::optional<std::string>& scheme,
                                                       const std::optional<std::string>& authority,
                                                       const RequestOptions& options) {
  const std::string protocol = scheme.value_or("https");
  const bool is_http = protocol == "http" || protocol == "https";
  host::HttpTarget target;
  target.is_tls = protocol == "https";
  const auto place = http::split_authority(is_http ? authority.value_or("") : "", target.is_tls ? 443 : 80);
  if (!place) return std::unexpected(HttpFailure{.code = HttpError::http_request_uri_invalid});
  target.host = place->first;
  target.port = place->second;
  apply(options.connect_timeout, target.connect_time);
  apply(options.first_byte_timeout, target.first_byte_time);
  apply(options.between_bytes_timeout, target.between_bytes_time);
  return target;
}

}  // namespace tenon::wasi::inline bindings
