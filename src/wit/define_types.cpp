// The meaning of types and functions. Recursion is as deep as the parser let types be nested.

#include "wit/names.hpp"
#include "wit/package.hpp"

namespace tenon::wit {

namespace {

constexpr std::size_t max_flags = 32;  // the canonical ABI's: https://github.com/WebAssembly/component-model

std::string_view noun(TypeKind kind) noexcept {
  switch (kind) {
    case TypeKind::record: return "field";
    case TypeKind::flags: return "flag";
    default: return "case";
  }
}

void append_key(std::string& key, const Type& type) {
  const std::uint32_t value = type.is_defined() ? type.index.value : static_cast<std::uint32_t>(type.primitive);
  key += static_cast<char>(type.form);
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(value >> shift);
}

}  // namespace

const TypeDef& PackageResolver::type_at(TypeIdx index) const {
  return index.value < first_type_ ? out_.types[index] : types_[index.value - first_type_];
}

// A name that is gated away may be a resource: only what is gated too can mention it.
bool PackageResolver::is_resource(TypeIdx index) const {
  if (index.is_none()) return true;
  return index.value < first_type_ ? state_.is_resource[index.value] : type_is_resource_[index.value - first_type_];
}

TypeIdx PackageResolver::draft_type(const TypeDef& type) {
  const bool is_alias = type.kind == TypeKind::alias && type.first.is_defined();
  type_is_resource_.push_back(type.kind == TypeKind::resource || (is_alias && is_resource(type.first.index)));
  types_.push_back(type);
  state_.count_item(type.span);
  return TypeIdx(first_type_ + types_.size() - 1);
}

TypeIdx PackageResolver::find_type(const ast::Id& id) {
  if (const auto found = lookup_.find(id.name); found != lookup_.end()) return found->second;
  std::vector<std::string_view> known;
  for (const NamedType& named : named_) known.push_back(named.name);
  state_.invalid(id.span, "expected a type in scope, found `", id.name, "`",
                 type_suggestion(id.name, std::move(known)));
  return {};
}

TypeIdx PackageResolver::find_resource(const ast::Id& id) {
  const TypeIdx type = find_type(id);
  if (!state_.failed && !is_resource(type)) {
    state_.invalid(id.span, "expected a resource in a handle, found the type `", id.name, "`");
  }
  return type;
}

TypeDef PackageResolver::definition(const ast::TypeExpr& expr, const Stability& stability) {
  TypeDef type;
  type.span = expr.span;
  if (expr.form != ast::ExprForm::constructed) {
    type.kind = TypeKind::alias;
    type.first = expr.form == ast::ExprForm::primitive ? Type::of(expr.primitive) : Type::of(find_type(expr.id));
    return type;
  }
  type.kind = expr.kind;
  type.length = expr.length;
  switch (expr.kind) {
    case TypeKind::own:
    case TypeKind::borrow: type.resource = find_resource(expr.id); break;
    case TypeKind::tuple:
      if (expr.arguments.empty()) state_.invalid(expr.span, "expected a type in a tuple, found none");
      for (const ast::TypeExpr* argument : expr.arguments) {
        type.elements.push_back(out_.arena, mention(argument, stability));
      }
      break;
    case TypeKind::record:
    case TypeKind::flags:
    case TypeKind::variant:
    case TypeKind::enum_: define_members(type, expr, stability); break;
    default:
      if (!expr.arguments.empty()) type.first = mention(expr.arguments[0], stability);
      if (expr.arguments.size() > 1) type.second = mention(expr.arguments[1], stability);
      break;
  }
  if (expr.kind == TypeKind::map) {
    const bool is_key = type.first.form == TypeForm::primitive && type.first.primitive != Primitive::f32 &&
                        type.first.primitive != Primitive::f64 && type.first.primitive != Primitive::error_context;
    if (!is_key) {
      state_.invalid(expr.arguments[0]->span,
                     "expected bool, char, string or an integer type as the key of a map, found another type");
    }
  }
  return type;
}

void PackageResolver::define_members(TypeDef& type, const ast::TypeExpr& expr, const Stability& stability) {
  if (expr.members.empty()) state_.invalid(expr.span, "expected at least one ", noun(expr.kind), ", found none");
  if (expr.kind == TypeKind::flags && expr.members.size() > max_flags) {
    state_.invalid(expr.members[max_flags].id.span, "expected at most 32 flags, found ", expr.members.size());
  }
  UniqueNames names;
  type.members.reserve(out_.arena, expr.members.size());
  for (const ast::MemberExpr& member : expr.members) {
    if (state_.failed) return;
    if (const std::string_view taken = names.add(member.id.name); !taken.empty()) {
      return state_.invalid(member.id.span, noun(expr.kind), " `", member.id.name, "` ",
                            conflict(member.id.name, taken));
    }
    type.members.push_back(out_.arena, {member.id.name, mention(member.type, stability), member.docs, member.id.span});
  }
}

// A type where it is mentioned: what has no name of its own is interned.
Type PackageResolver::mention(const ast::TypeExpr* expr, const Stability& stability) {
  if (expr == nullptr || state_.failed) return {};
  if (expr->form == ast::ExprForm::primitive) return Type::of(expr->primitive);
  if (expr->form == ast::ExprForm::name) return Type::of(find_type(expr->id));
  TypeDef type = definition(*expr, stability);
  if (state_.failed) return {};
  type.stability = inherited(type, stability);
  return intern(type);
}

// `own<r>` is how `r` is written where it is a value: they are one type.
Type PackageResolver::intern(const TypeDef& type) {
  if (type.kind == TypeKind::own) return Type::of(type.resource);
  std::string key(1, static_cast<char>(type.kind));
  append_key(key, type.first);
  append_key(key, type.second);
  append_key(key, Type::of(type.resource));
  append_key(key, Type::of(TypeIdx(type.length)));
  for (const Type& element : type.elements) append_key(key, element);
  const auto found = anonymous_.find(key);
  if (found != anonymous_.end()) return Type::of(found->second);
  const TypeIdx index = draft_type(type);
  anonymous_.emplace(std::move(key), index);
  return Type::of(index);
}

// A type without a name has the gates of what it is made for, or else of the first gated type in it.
Stability PackageResolver::inherited(const TypeDef& type, const Stability& stability) const {
  if (!stability.is_unknown()) return stability;
  const auto of = [&](const Type& part) {
    return part.is_defined() && !part.index.is_none() ? type_at(part.index).stability : Stability{};
  };
  if (type.kind == TypeKind::borrow) return of(Type::of(type.resource));
  for (const Type& element : type.elements) {
    if (const Stability found = of(element); !found.is_unknown()) return found;
  }
  if (const Stability found = of(type.first); !found.is_unknown()) return found;
  return of(type.second);
}

Function PackageResolver::function(const ast::Func& func, TypeIdx resource, std::string_view resource_name) {
  Function result;
  result.kind = func.kind;
  result.is_async = func.is_async;
  result.resource = resource;
  result.docs = func.docs;
  result.stability = stability(func.attributes);
  result.external_id = func.attributes.external_id;
  result.span = func.id.span;
  std::string name;
  switch (func.kind) {
    case FunctionKind::freestanding: break;
    case FunctionKind::constructor: name.append("[constructor]").append(resource_name); break;
    case FunctionKind::method: name.append("[method]").append(resource_name).append(1, '.').append(func.id.name); break;
    case FunctionKind::static_:
      name.append("[static]").append(resource_name).append(1, '.').append(func.id.name);
      break;
  }
  result.name = name.empty() ? func.id.name : out_.arena.copy(std::string_view(name));
  function_params(result, func);
  if (!state_.failed) function_result(result, func);
  return result;
}

void PackageResolver::function_params(Function& result, const ast::Func& func) {
  UniqueNames names;
  if (func.kind == FunctionKind::method) {
    TypeDef borrow;
    borrow.kind = TypeKind::borrow;
    borrow.resource = result.resource;
    borrow.span = func.id.span;
    borrow.stability = inherited(borrow, {});
    names.add("self");
    result.params.push_back(out_.arena, {"self", intern(borrow), func.id.span});
  }
  for (const ast::MemberExpr& param : func.params) {
    if (const std::string_view taken = names.add(param.id.name); !taken.empty()) {
      return state_.invalid(param.id.span, "parameter `", param.id.name, "` ", conflict(param.id.name, taken));
    }
    result.params.push_back(out_.arena, {param.id.name, mention(param.type, {}), param.id.span});
    if (state_.failed) return;
  }
}

// A constructor gives its resource, or a `result` of it.
void PackageResolver::function_result(Function& result, const ast::Func& func) {
  result.result = mention(func.result, {});
  if (func.kind != FunctionKind::constructor || state_.failed) return;
  if (func.result == nullptr) {
    result.result = Type::of(result.resource);
    return;
  }
  const bool is_result = result.result.is_defined() && type_at(result.result.index).kind == TypeKind::result;
  if (!is_result || type_at(result.result.index).first != Type::of(result.resource)) {
    state_.invalid(func.result->span, "expected `result<", type_at(result.resource).name,
                   ", ...>`, or nothing, as what a constructor gives, found another type");
  }
}

}  // namespace tenon::wit
