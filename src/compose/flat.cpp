#include "compose/flat.hpp"

#include <algorithm>

namespace tenon::compose {

using wit::Type;
using wit::TypeDef;
using wit::TypeKind;

namespace {

constexpr std::size_t max_flat_params = 16;
constexpr std::size_t max_flat_async_params = 4;
constexpr std::size_t max_flat_results = 1;
constexpr std::size_t max_streams = 1000;  // of one function that can be named by their number

core::ValType join(core::ValType left, core::ValType right) {
  if (left == right) return left;
  const auto is_word = [](core::ValType type) { return type == core::i32 || type == core::f32; };
  return is_word(left) && is_word(right) ? core::i32 : core::i64;
}

std::span<const core::ValType> flat_primitive(wit::Primitive type) {
  static constexpr core::ValType word[] = {core::i32};
  static constexpr core::ValType long_word[] = {core::i64};
  static constexpr core::ValType single[] = {core::f32};
  static constexpr core::ValType double_[] = {core::f64};
  static constexpr core::ValType string[] = {core::i32, core::i32};
  switch (type) {
    case wit::Primitive::s64:
    case wit::Primitive::u64: return long_word;
    case wit::Primitive::f32: return single;
    case wit::Primitive::f64: return double_;
    case wit::Primitive::string: return string;
    default: return word;
  }
}

bool is_export(FlatContext context) { return context >= FlatContext::export_; }

}  // namespace

FlatTypes::FlatTypes(const wit::Resolve& resolve) {
  facts_.reserve(resolve.types.size());
  for (const TypeDef& type : resolve.types) {
    Facts facts = of(type);
    const bool is_stream = type.kind == TypeKind::future || type.kind == TypeKind::stream;
    if (is_stream && facts.streams.size() < max_streams) facts.streams.emplace_back(facts_.size());
    facts_.push_back(std::move(facts));
  }
}

void FlatTypes::add_part(Facts& out, const Type& part) const {
  if (part.is_none()) return;
  if (!append(out.flat, part, max_flat_params)) out.is_too_long = true;
  if (!part.is_defined()) {
    if (part.primitive == wit::Primitive::string) out.has_string = true;
    return;
  }
  const Facts& inner = facts(part);
  out.has_string |= inner.has_string;
  out.has_list |= inner.has_list;
  for (const wit::TypeIdx stream : inner.streams) {
    if (out.streams.size() < max_streams) out.streams.push_back(stream);
  }
}

void FlatTypes::add_case(Facts& out, Flat& joined, const Type& payload) const {
  Facts one;
  add_part(one, payload);
  out.is_too_long |= one.is_too_long;
  out.has_string |= one.has_string;
  out.has_list |= one.has_list;
  out.streams.insert(out.streams.end(), one.streams.begin(), one.streams.end());
  out.streams.resize(std::min(out.streams.size(), max_streams));
  for (std::size_t i = 0; i < one.flat.size(); ++i) {
    if (i < joined.size()) {
      joined[i] = join(joined[i], one.flat[i]);
    } else {
      joined.push_back(one.flat[i]);
    }
  }
}

FlatTypes::Facts FlatTypes::of(const TypeDef& type) const {
  Facts out;
  switch (type.kind) {
    case TypeKind::resource:
    case TypeKind::own:
    case TypeKind::borrow:
    case TypeKind::enum_: out.flat = {core::i32}; break;
    case TypeKind::flags: out.flat.assign(std::max<std::size_t>(1, (type.members.size() + 31) / 32), core::i32); break;
    case TypeKind::future:
    case TypeKind::stream:
      add_part(out, type.first);
      out.has_string = out.has_list = out.is_too_long = false;  // the payload does not go along with the handle
      out.flat = {core::i32};
      break;
    case TypeKind::list:
    case TypeKind::map:
      add_part(out, type.first);
      add_part(out, type.second);
      out.has_list = true;
      out.is_too_long = false;
      out.flat = {core::i32, core::i32};
      break;
    case TypeKind::variant:
    case TypeKind::option:
    case TypeKind::result: {
      Flat joined;
      for (const wit::Member& member : type.members) add_case(out, joined, member.type);
      add_case(out, joined, type.first);
      add_case(out, joined, type.second);
      out.flat = {core::i32};
      out.flat.insert(out.flat.end(), joined.begin(), joined.end());
      break;
    }
    case TypeKind::fixed_length_list: {
      add_part(out, type.first);
      const Flat one = out.flat;
      const std::size_t length = std::min<std::size_t>(type.length, max_flat_params + 1);
      for (std::size_t i = 1; i < length && out.flat.size() <= max_flat_params; ++i) {
        out.flat.insert(out.flat.end(), one.begin(), one.end());
      }
      break;
    }
    case TypeKind::alias: add_part(out, type.first); break;
    case TypeKind::record:
    case TypeKind::tuple:
      for (const wit::Member& member : type.members) add_part(out, member.type);
      for (const Type& element : type.elements) add_part(out, element);
      break;
  }
  if (out.flat.size() > max_flat_params) out.is_too_long = true;
  return out;
}

// False when there are more values than `limit`, or the type alone has more than can be passed.
bool FlatTypes::append(Flat& out, const Type& type, std::size_t limit) const {
  if (type.is_none()) return true;
  if (type.is_defined() && facts(type).is_too_long) return false;
  const std::span<const core::ValType> flat =
      type.is_defined() ? std::span<const core::ValType>(facts(type).flat) : flat_primitive(type.primitive);
  if (flat.size() > limit - std::min(limit, out.size())) return false;
  out.insert(out.end(), flat.begin(), flat.end());
  return true;
}

FlatSignature FlatTypes::signature(const wit::Function& function, FlatContext context) const {
  FlatSignature out;
  const std::size_t limit = context == FlatContext::import_async ? max_flat_async_params : max_flat_params;
  for (const wit::Param& param : function.params) {
    if (append(out.params, param.type, limit)) continue;
    out.is_indirect = true;
    out.params = {core::i32};
    break;
  }
  switch (context) {
    case FlatContext::import:
    case FlatContext::export_:
      if (append(out.results, function.result, max_flat_results)) break;
      out.returns_pointer = true;
      out.results.clear();
      (context == FlatContext::import ? out.params : out.results).push_back(core::i32);
      break;
    case FlatContext::import_async:
      if (!function.result.is_none()) {
        out.params.push_back(core::i32);
        out.returns_pointer = true;
      }
      out.results = {core::i32};
      break;
    case FlatContext::export_async: out.results = {core::i32}; break;
    case FlatContext::export_async_stackful: break;
  }
  return out;
}

void FlatTypes::add_lift(const Type& type, NeededOptions& out) const {
  if (type.is_none()) return;
  const bool has_string = type.is_defined() ? facts(type).has_string : type.primitive == wit::Primitive::string;
  if (has_string) out.encoding = true;
  if (has_string || (type.is_defined() && facts(type).has_list)) out.memory = true;
}

// Lowering what lies in memory allocates it there.
void FlatTypes::add_lower(const Type& type, NeededOptions& out) const {
  NeededOptions lifted;
  add_lift(type, lifted);
  out.memory |= lifted.memory;
  out.encoding |= lifted.encoding;
  out.realloc |= lifted.memory;
}

NeededOptions FlatTypes::options(const wit::Function& function, FlatContext context) const {
  const FlatSignature flat = signature(function, context);
  NeededOptions out;
  for (const wit::Param& param : function.params) {
    is_export(context) ? add_lower(param.type, out) : add_lift(param.type, out);
  }
  is_export(context) ? add_lift(function.result, out) : add_lower(function.result, out);
  if (flat.is_indirect || flat.returns_pointer) out.memory = true;
  if (is_export(context) && flat.is_indirect) out.realloc = true;
  const bool returns_later = context == FlatContext::export_async || context == FlatContext::export_async_stackful;
  out.is_async = returns_later || context == FlatContext::import_async;
  if (returns_later) {
    const NeededOptions later = return_options(function);
    out.memory |= later.memory;
    out.encoding |= later.encoding;
  }
  return out;
}

NeededOptions FlatTypes::return_options(const wit::Function& function) const {
  NeededOptions out = options(function, FlatContext::import);
  out.realloc = false;  // the option does not exist there
  return out;
}

NeededOptions FlatTypes::payload_options(const Type& payload, bool reads, bool is_async) const {
  NeededOptions out;
  reads ? add_lower(payload, out) : add_lift(payload, out);
  out.memory = true;
  out.is_async = is_async;
  return out;
}

std::vector<wit::TypeIdx> FlatTypes::streams_and_futures(const wit::Function& function) const {
  std::vector<wit::TypeIdx> out;
  const auto add = [&](const Type& type) {
    if (!type.is_defined()) return;
    const std::vector<wit::TypeIdx>& streams = facts(type).streams;
    out.insert(out.end(), streams.begin(), streams.end());
    out.resize(std::min(out.size(), max_streams));
  };
  for (const wit::Param& param : function.params) add(param.type);
  add(function.result);
  return out;
}

}  // namespace tenon::compose
