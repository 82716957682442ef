// wasi:config/store and wasi:keyvalue: what the embedder configured, and values that outlive the guest.
#include "tenon/keyvalue.hpp"

#include <algorithm>

#include "wasi/p2/host.hpp"

namespace tenon::wasi::p2 {

namespace {

constexpr std::size_t most_keys = 1'000;  // of one call

// --- config

Answer config_get(Host& host, Values values) {
  const auto& settings = host.grants->settings;
  // The last setting of a name holds, as in a command line.
  const auto found = std::find_if(settings.rbegin(), settings.rend(),
                                  [&](const auto& setting) { return setting.first == values[0].string(); });
  return one(Val::ok(found == settings.rend() ? Val::none() : Val::some(Val::string(found->second))));
}

Answer config_get_all(Host& host, Values) {
  std::vector<Val> all;
  for (const auto& [name, value] : host.grants->settings)
    all.push_back(record({Val::string(name), Val::string(value)}));
  return one(Val::ok(Val::list(all)));
}

// --- keyvalue

enum class StoreError : std::uint32_t { no_such_store, access_denied, other };

Answer failed(const Error& error) {
  return one(Val::error(Val::variant(static_cast<std::uint32_t>(StoreError::other), Val::string(error.message()))));
}
template <class T>
Answer failed(const Result<T>& result) {
  return failed(result.error());
}

const std::string& bucket_of(Host& host, Values values) { return host.buckets[number_of(values[0])]; }
std::string key_of(Values values) { return std::string(values[1].string()); }

Answer open_bucket(Host& host, Values values) {
  if (host.grants->key_values == nullptr) {
    return one(Val::error(Val::variant(static_cast<std::uint32_t>(StoreError::no_such_store))));
  }
  return ok(handle(host.buckets.insert(std::string(values[0].string()))));
}

Answer bucket_get(Host& host, Values values) {
  const auto found = host.grants->key_values->get(bucket_of(host, values), key_of(values));
  if (!found) return failed(found);
  return ok(*found ? Val::some(bytes(**found)) : Val::none());
}

Answer bucket_set(Host& host, Values values) {
  const auto done = host.grants->key_values->set(bucket_of(host, values), key_of(values), bindings::text_of(values[2]));
  return done ? ok() : failed(done);
}

Answer bucket_delete(Host& host, Values values) {
  const auto done = host.grants->key_values->remove(bucket_of(host, values), key_of(values));
  return done ? ok() : failed(done);
}

Answer bucket_exists(Host& host, Values values) {
  const auto found = host.grants->key_values->get(bucket_of(host, values), key_of(values));
  return found ? ok(Val::boolean(found->has_value())) : failed(found);
}

// The cursor is how many keys were listed before.
Answer bucket_list_keys(Host& host, Values values) {
  const std::uint64_t skipped = values[1].index() == 1 ? values[1].payload().unsigned_integer() : 0;
  const auto keys = host.grants->key_values->keys(bucket_of(host, values), skipped, most_keys);
  if (!keys) return failed(keys);
  std::vector<Val> names;
  for (const std::string& key : *keys) names.push_back(Val::string(key));
  const Val next = keys->size() == most_keys ? Val::some(Val::u64(skipped + most_keys)) : Val::none();
  return ok(record({Val::list(names), next}));
}

Answer increment(Host& host, Values values) {
  const auto sum =
      host.grants->key_values->increment(bucket_of(host, values), key_of(values), values[2].unsigned_integer());
  return sum ? ok(Val::u64(*sum)) : failed(sum);
}

Answer get_many(Host& host, Values values) {
  std::vector<Val> found;
  for (const Val& key : values[1].items()) {
    const auto value = host.grants->key_values->get(bucket_of(host, values), std::string(key.string()));
    if (!value) return failed(value);
    found.push_back(*value ? Val::some(record({key, bytes(**value)})) : Val::none());
  }
  return ok(Val::list(found));
}

Answer set_many(Host& host, Values values) {
  for (const Val& entry : values[1].items()) {
    const auto fields = entry.fields();
    const auto done = host.grants->key_values->set(bucket_of(host, values), std::string(fields[0].string()),
                                                   bindings::text_of(fields[1]));
    if (!done) return failed(done);
  }
  return ok();
}

Answer delete_many(Host& host, Values values) {
  for (const Val& key : values[1].items()) {
    const auto done = host.grants->key_values->remove(bucket_of(host, values), std::string(key.string()));
    if (!done) return failed(done);
  }
  return ok();
}

constexpr Function config_functions[] = {{"get", config_get}, {"get-all", config_get_all}};
constexpr Function store_functions[] = {
    {"open", open_bucket},
    {"[method]bucket.get", bucket_get},
    {"[method]bucket.set", bucket_set},
    {"[method]bucket.delete", bucket_delete},
    {"[method]bucket.exists", bucket_exists},
    {"[method]bucket.list-keys", bucket_list_keys},
};
constexpr Function atomics_functions[] = {{"increment", increment}};
constexpr Function batch_functions[] = {{"get-many", get_many}, {"set-many", set_many}, {"delete-many", delete_many}};

}  // namespace

const Interface config_store{"wasi:config/store", config_functions, nullptr, config_version};
const Interface keyvalue_store{"wasi:keyvalue/store", store_functions, nullptr, keyvalue_version};
const Interface keyvalue_atomics{"wasi:keyvalue/atomics", atomics_functions, nullptr, keyvalue_version};
const Interface keyvalue_batch{"wasi:keyvalue/batch", batch_functions, nullptr, keyvalue_version};

}  // namespace tenon::wasi::p2
