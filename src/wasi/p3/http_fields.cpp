// wasi:http/types: fields and request-options.
#include <algorithm>

#include "wasi/http/values.hpp"
#include "wasi/p3/host.hpp"

namespace tenon::wasi::p3 {

namespace {

// header-error, in its order.
enum class HeaderError : std::uint32_t { invalid_syntax, forbidden, immutable, size_exceeded };

// Of one set of fields; a server would not take more either.
constexpr std::size_t most_bytes = std::size_t{256} << 10;

Answer refused(HeaderError error) { return one(Val::error(Val::variant(static_cast<std::uint32_t>(error)))); }

std::string bytes_as_text(const Val& value) {
  const auto bytes = value.packed_bytes();
  return {bytes.begin(), bytes.end()};
}
Val value_of(const std::string& text) {
  const void* const bytes = text.data();
  return Val::packed(component::ValKind::u8, {static_cast<const std::uint8_t*>(bytes), text.size()});
}

std::optional<HeaderError> wrong_with(std::string_view name) {
  if (!http::is_token(name)) return HeaderError::invalid_syntax;
  if (http::is_forbidden_name(name)) return HeaderError::forbidden;
  return std::nullopt;
}

bool is_too_large(const HttpFields& fields) {
  std::size_t size = 0;
  for (const auto& [name, value] : fields) size += name.size() + value.size() + 32;
  return size > most_bytes;
}

HttpFieldList& fields_of(const Context& context, Values values) { return context.host->fields[number_of(values[0])]; }

// Names that are there already keep their letters.
std::string name_as_known(const HttpFields& fields, std::string_view name) {
  const auto known =
      std::ranges::find_if(fields, [&](const auto& field) { return http::is_same_name(field.first, name); });
  return known == fields.end() ? std::string(name) : known->first;
}

// Replaces the fields of a name, or adds to them; nothing changes where that is refused.
Answer change(HttpFieldList& fields, std::string_view name, std::span<const Val> values, bool replaces) {
  if (fields.is_immutable) return refused(HeaderError::immutable);
  if (const auto wrong = wrong_with(name)) return refused(*wrong);
  HttpFields changed = *fields.list;
  const std::string known = name_as_known(changed, name);
  if (replaces) std::erase_if(changed, [&](const auto& field) { return http::is_same_name(field.first, name); });
  for (const Val& value : values) {
    std::string text = bytes_as_text(value);
    if (!http::is_field_value(text)) return refused(HeaderError::invalid_syntax);
    changed.emplace_back(replaces ? std::string(name) : known, std::move(text));
  }
  if (is_too_large(changed)) return refused(HeaderError::size_exceeded);
  *fields.list = std::move(changed);
  return one(Val::ok());
}

std::vector<Val> items_of(const Val& list) {
  std::vector<Val> items;
  for (std::size_t i = 0; i < list.size(); ++i) items.push_back(list[i]);
  return items;
}

Answer make(const Context& context, Values) { return one(handle(context.host->fields.insert({}))); }

Answer from_list(const Context& context, Values values) {
  HttpFieldList fields;
  for (const Val& entry : items_of(values[0])) {
    const Val value = entry.fields()[1];
    Answer added = change(fields, entry.fields()[0].string(), {&value, 1}, false);
    if (!added || added->front().index() != 0) return added;
  }
  return one(Val::ok(handle(context.host->fields.insert(std::move(fields)))));
}

std::vector<Val> values_of(const HttpFields& fields, std::string_view name) {
  std::vector<Val> found;
  for (const auto& [known, value] : fields) {
    if (http::is_same_name(known, name)) found.push_back(value_of(value));
  }
  return found;
}

Answer get(const Context& context, Values values) {
  return one(Val::list(values_of(*fields_of(context, values).list, values[1].string())));
}
Answer has(const Context& context, Values values) {
  return one(Val::boolean(!values_of(*fields_of(context, values).list, values[1].string()).empty()));
}
Answer set(const Context& context, Values values) {
  return change(fields_of(context, values), values[1].string(), items_of(values[2]), true);
}
Answer append(const Context& context, Values values) {
  return change(fields_of(context, values), values[1].string(), {&values[2], 1}, false);
}
Answer remove(const Context& context, Values values) {
  return change(fields_of(context, values), values[1].string(), {}, true);
}
Answer get_and_delete(const Context& context, Values values) {
  HttpFieldList& fields = fields_of(context, values);
  const std::vector<Val> found = values_of(*fields.list, values[1].string());
  Answer removed = change(fields, values[1].string(), {}, true);
  if (!removed || removed->front().index() != 0) return removed;
  return one(Val::ok(Val::list(found)));
}

Answer copy_all(const Context& context, Values values) {
  std::vector<Val> all;
  for (const auto& [name, value] : *fields_of(context, values).list) {
    all.push_back(record({Val::string(name), value_of(value)}));
  }
  return one(Val::list(all));
}

Answer clone(const Context& context, Values values) {
  auto list = std::make_shared<HttpFields>(*fields_of(context, values).list);
  return one(handle(context.host->fields.insert({.list = std::move(list)})));
}

// --- request-options

using Timeout = std::optional<std::uint64_t> HttpOptions::*;

HttpOptions& options_of(const Context& context, Values values) {
  return context.host->request_options[number_of(values[0])];
}

Answer make_options(const Context& context, Values) { return one(handle(context.host->request_options.insert({}))); }

template <Timeout timeout>
Answer get_timeout(const Context& context, Values values) {
  const auto& time = options_of(context, values).*timeout;
  return one(time ? Val::some(Val::u64(*time)) : Val::none());
}
template <Timeout timeout>
Answer set_timeout(const Context& context, Values values) {
  HttpOptions& options = options_of(context, values);
  enum : std::uint32_t { not_supported, immutable };
  if (options.is_immutable) return one(Val::error(Val::variant(immutable)));
  (options.*timeout).reset();
  if (values[1].has_payload()) options.*timeout = values[1].payload().unsigned_integer();
  return one(Val::ok());
}

Answer clone_options(const Context& context, Values values) {
  HttpOptions options = options_of(context, values);
  options.is_immutable = false;
  return one(handle(context.host->request_options.insert(options)));
}

constexpr Function functions[] = {
    {"[constructor]fields", make},
    {"[static]fields.from-list", from_list},
    {"[method]fields.get", get},
    {"[method]fields.has", has},
    {"[method]fields.set", set},
    {"[method]fields.delete", remove},
    {"[method]fields.get-and-delete", get_and_delete},
    {"[method]fields.append", append},
    {"[method]fields.copy-all", copy_all},
    {"[method]fields.clone", clone},
    {"[constructor]request-options", make_options},
    {"[method]request-options.get-connect-timeout", get_timeout<&HttpOptions::connect_timeout>},
    {"[method]request-options.set-connect-timeout", set_timeout<&HttpOptions::connect_timeout>},
    {"[method]request-options.get-first-byte-timeout", get_timeout<&HttpOptions::first_byte_timeout>},
    {"[method]request-options.set-first-byte-timeout", set_timeout<&HttpOptions::first_byte_timeout>},
    {"[method]request-options.get-between-bytes-timeout", get_timeout<&HttpOptions::between_bytes_timeout>},
    {"[method]request-options.set-between-bytes-timeout", set_timeout<&HttpOptions::between_bytes_timeout>},
    {"[method]request-options.clone", clone_options},
};

}  // namespace

const Interface http_fields{"wasi:http/types", functions};

std::shared_ptr<HttpFields> visible_fields(const HttpFields& fields) {
  auto visible = std::make_shared<HttpFields>(fields);
  std::erase_if(*visible, [](const auto& field) { return http::is_forbidden_name(field.first); });
  return visible;
}

}  // namespace tenon::wasi::p3
