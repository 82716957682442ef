// wasi:http/types: fields.
#include <algorithm>

#include "wasi/http/interfaces.hpp"

namespace tenon::wasi::http {

using namespace p2;

namespace {

enum class HeaderError : std::uint32_t { invalid_syntax, forbidden, immutable };

// Of one set of fields; a server would not take more either.
constexpr std::size_t most_bytes = std::size_t{256} << 10;

Answer refused(HeaderError error) { return one(Val::error(Val::enumeration(static_cast<std::uint32_t>(error)))); }
Answer ok() { return one(Val::ok()); }

std::string bytes_as_text(const Val& value) {
  const auto bytes = value.packed_bytes();
  return {bytes.begin(), bytes.end()};
}

std::optional<HeaderError> wrong_with(std::string_view name) {
  if (!is_token(name)) return HeaderError::invalid_syntax;
  if (is_forbidden_name(name)) return HeaderError::forbidden;
  return std::nullopt;
}

std::size_t size_of(const HttpFields& fields) {
  std::size_t size = 0;
  for (const auto& [name, value] : fields) size += name.size() + value.size() + 32;
  return size;
}

Result<void> check_size(const HttpFields& fields) {
  if (size_of(fields) <= most_bytes) return {};
  return Error(ErrorKind::trap, "fields of more than 256 KiB");
}

void remove(HttpFields& fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& field) { return is_same_name(field.first, name); });
}

Fields& fields_of(Host& host, Values values) { return host.fields[number_of(values[0])]; }

Answer make(Host& host, Values) { return one(handle(host.fields.insert({.list = std::make_shared<HttpFields>()}))); }

Answer from_list(Host& host, Values values) {
  auto list = std::make_shared<HttpFields>();
  for (const Val& entry : values[0].items()) {
    std::string name(entry.fields()[0].string());
    std::string value = bytes_as_text(entry.fields()[1]);
    if (const auto wrong = wrong_with(name)) return refused(*wrong);
    if (!is_field_value(value)) return refused(HeaderError::invalid_syntax);
    list->emplace_back(std::move(name), std::move(value));
  }
  if (auto fits = check_size(*list); !fits) return std::move(fits).error();
  return one(Val::ok(handle(host.fields.insert({.list = std::move(list)}))));
}

Val value_of(const std::string& text) {
  return Val::packed(std::span(static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()));
}

Answer get(Host& host, Values values) {
  std::vector<Val> found;
  for (const auto& [name, value] : *fields_of(host, values).list) {
    if (is_same_name(name, values[1].string())) found.push_back(value_of(value));
  }
  return one(Val::list(found));
}

Answer has(Host& host, Values values) {
  const HttpFields& list = *fields_of(host, values).list;
  return one(Val::boolean(
      std::ranges::any_of(list, [&](const auto& field) { return is_same_name(field.first, values[1].string()); })));
}

Answer set(Host& host, Values values) {
  Fields& fields = fields_of(host, values);
  const std::string name(values[1].string());
  if (fields.is_immutable) return refused(HeaderError::immutable);
  if (const auto wrong = wrong_with(name)) return refused(*wrong);
  HttpFields added;
  for (const Val& value : values[2].items()) added.emplace_back(name, bytes_as_text(value));
  if (!std::ranges::all_of(added, [](const auto& field) { return is_field_value(field.second); })) {
    return refused(HeaderError::invalid_syntax);
  }
  remove(*fields.list, name);
  fields.list->insert(fields.list->end(), added.begin(), added.end());
  if (auto fits = check_size(*fields.list); !fits) return std::move(fits).error();
  return ok();
}

Answer remove(Host& host, Values values) {
  Fields& fields = fields_of(host, values);
  if (fields.is_immutable) return refused(HeaderError::immutable);
  if (const auto wrong = wrong_with(values[1].string())) return refused(*wrong);
  remove(*fields.list, values[1].string());
  return ok();
}

Answer append(Host& host, Values values) {
  Fields& fields = fields_of(host, values);
  std::string value = bytes_as_text(values[2]);
  if (fields.is_immutable) return refused(HeaderError::immutable);
  if (const auto wrong = wrong_with(values[1].string())) return refused(*wrong);
  if (!is_field_value(value)) return refused(HeaderError::invalid_syntax);
  fields.list->emplace_back(values[1].string(), std::move(value));
  if (auto fits = check_size(*fields.list); !fits) return std::move(fits).error();
  return ok();
}

Answer entries(Host& host, Values values) {
  std::vector<Val> all;
  for (const auto& [name, value] : *fields_of(host, values).list) {
    all.push_back(record({Val::string(name), value_of(value)}));
  }
  return one(Val::list(all));
}

Answer clone(Host& host, Values values) {
  return one(handle(host.fields.insert({.list = std::make_shared<HttpFields>(*fields_of(host, values).list)})));
}

constexpr Function functions[] = {
    {"[constructor]fields", make},     {"[static]fields.from-list", from_list},
    {"[method]fields.get", get},       {"[method]fields.has", has},
    {"[method]fields.set", set},       {"[method]fields.delete", remove},
    {"[method]fields.append", append}, {"[method]fields.entries", entries},
    {"[method]fields.clone", clone},
};

}  // namespace

}  // namespace tenon::wasi::http

namespace tenon::wasi::p2 {

const Interface http_fields{"wasi:http/types", http::functions};

}  // namespace tenon::wasi::p2
