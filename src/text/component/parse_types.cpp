// Types nest in the text, but hardly in the model: each type inside another one is defined before it. `drafts` holds
// the members of all types that are open, the innermost ones last.
#include "text/component/parse_types.hpp"

#include "text/component/parse_fields.hpp"
#include "text/core/parse_types.hpp"

namespace tenon::component {

namespace {

constexpr std::uint32_t last_type_index = (1U << 31) - 1;  // that a ValType can hold

std::optional<Primitive> primitive_of(const Token& token) noexcept {
  if (token.kind != TokenKind::keyword) return std::nullopt;
  switch (token.word) {
#define TENON_CORE_SORT(name, code, text)
#define TENON_SORT(name, code, text, feature)
#define TENON_PRIMITIVE(name, code, text, size, feature) \
  case Word::primitive_##name: return Primitive::name;
#include "spec/component_types.def"
#undef TENON_CORE_SORT
#undef TENON_SORT
#undef TENON_PRIMITIVE
    case Word::f32:  // a word of core types first
    case Word::float32: return Primitive::f32;
    case Word::f64:
    case Word::float64: return Primitive::f64;
    default: return std::nullopt;
  }
}

void check_count(ParseContext& context, std::size_t count) {
  if (count <= limits::max_type_members) return;
  TokenCursor& in = context.in;
  in.fail_with(fail(ErrorKind::exhausted, in.place(in.last_end()), "too many members of a type: the limit is ",
                    limits::max_type_members));
}

// The members of a type being read: all drafts from where it began.
class Members {
 public:
  explicit Members(ParseContext& context) : context_(context), begin_(context.drafts.size()) {}
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;
  ~Members() {
    context_.drafts.erase(context_.drafts.begin() + static_cast<std::ptrdiff_t>(begin_), context_.drafts.end());
  }

  std::size_t size() const noexcept { return context_.drafts.size() - begin_; }
  void add(const TypeDraft& draft) {
    context_.drafts.push_back(draft);
    check_count(context_, size());
  }
  std::optional<ValType> resolve(std::size_t i) const {
    return resolve_optional_type(context_, context_.drafts[begin_ + i]);
  }
  // The first `count`, with their labels.
  std::span<const Labelled> resolve_labelled(std::size_t count) const {
    const std::span<Labelled> members = context_.arena().make_array<Labelled>(count);
    for (std::size_t i = 0; i < count; ++i) members[i] = {context_.drafts[begin_ + i].label, resolve(i)};
    return members;
  }
  std::span<const ValType> resolve_types() const {
    const std::span<ValType> members = context_.arena().make_array<ValType>(size());
    for (std::size_t i = 0; i < members.size(); ++i) members[i] = *resolve(i);
    return members;
  }

 private:
  ParseContext& context_;
  std::size_t begin_;
};

TypeDraft absent() {
  TypeDraft draft;
  draft.is_present = false;
  return draft;
}

TypeDraft parse_optional_type(ParseContext& context) {
  return at_val_type(context) ? parse_val_type(context) : absent();
}

// (field "a" T)*, (param "a" T)*.
void parse_labelled(ParseContext& context, Members& members, Word word) {
  TokenCursor& in = context.in;
  while (in.accept_open(word)) {
    const std::string_view label = in.expect_name();
    TypeDraft draft = parse_val_type(context);
    draft.label = label;
    members.add(draft);
    in.expect_close();
  }
}

// (case $id? "a" T?)*. The identifier serves nothing but documentation.
void parse_cases(ParseContext& context, Members& members) {
  TokenCursor& in = context.in;
  while (in.accept_open(Word::case_)) {
    in.accept_id();
    const std::string_view label = in.expect_name();
    TypeDraft draft = parse_optional_type(context);
    draft.label = label;
    members.add(draft);
    in.expect_close();
  }
}

std::span<const std::string_view> parse_labels(ParseContext& context) {
  ArenaVector<std::string_view> labels;
  while (context.in.at(TokenKind::string)) {
    labels.push_back(context.arena(), context.in.expect_name());
    check_count(context, labels.size());
  }
  return labels.span();
}

void parse_list(ParseContext& context, Type& type) {
  const TypeDraft element = parse_val_type(context);
  type.kind = TypeKind::list;
  if (context.in.at(TokenKind::natural)) {
    type.kind = TypeKind::fixed_length_list;
    type.length = context.in.expect_u32();
  }
  type.element = resolve_val_type(context, element);
}

void parse_result(ParseContext& context, Type& type) {
  TokenCursor& in = context.in;
  const TypeDraft ok = parse_optional_type(context);
  TypeDraft error = absent();
  if (in.accept_open(Word::error)) {
    error = parse_val_type(context);
    in.expect_close();
  }
  type.element = resolve_optional_type(context, ok);
  type.second = resolve_optional_type(context, error);
}

void parse_map(ParseContext& context, Type& type) {
  const TypeDraft key = parse_val_type(context);
  const TypeDraft value = parse_val_type(context);
  type.second = resolve_val_type(context, key);
  type.element = resolve_val_type(context, value);
}

// The kinds of value types that stand in parentheses.
std::optional<TypeKind> value_kind_of(const Token& token) noexcept {
  if (token.kind != TokenKind::keyword) return std::nullopt;
  switch (token.word) {
    case Word::type_record: return TypeKind::record;
    case Word::type_variant: return TypeKind::variant;
    case Word::type_list: return TypeKind::list;
    case Word::type_tuple: return TypeKind::tuple;
    case Word::type_flags: return TypeKind::flags;
    case Word::type_enum_: return TypeKind::enum_;
    case Word::type_option: return TypeKind::option;
    case Word::result: return TypeKind::result;
    case Word::type_own: return TypeKind::own;
    case Word::type_borrow: return TypeKind::borrow;
    case Word::type_stream: return TypeKind::stream;
    case Word::type_future: return TypeKind::future;
    case Word::type_map: return TypeKind::map;
    default: return std::nullopt;
  }
}

// Behind the kind's keyword.
void parse_value_content(ParseContext& context, Type& type) {
  Members members(context);
  switch (type.kind) {
    case TypeKind::record:
      parse_labelled(context, members, Word::field);
      type.fields = members.resolve_labelled(members.size());
      return;
    case TypeKind::variant:
      parse_cases(context, members);
      type.fields = members.resolve_labelled(members.size());
      return;
    case TypeKind::tuple:
      while (at_val_type(context)) members.add(parse_val_type(context));
      type.types = members.resolve_types();
      return;
    case TypeKind::flags:
    case TypeKind::enum_: type.labels = parse_labels(context); return;
    case TypeKind::own:
    case TypeKind::borrow: type.resource = TypeIdx(resolve(context, parse_reference(context, Sort::type))); return;
    case TypeKind::list: return parse_list(context, type);
    case TypeKind::option: type.element = resolve_val_type(context, parse_val_type(context)); return;
    case TypeKind::result: return parse_result(context, type);
    case TypeKind::stream:
    case TypeKind::future: type.element = resolve_optional_type(context, parse_optional_type(context)); return;
    case TypeKind::map: return parse_map(context, type);
    default: return;
  }
}

// async? (param ...)* (result ...)?, up to the parenthesis.
FuncType parse_func_type(ParseContext& context) {
  TokenCursor& in = context.in;
  FuncType type;
  type.is_async = in.accept(Word::async);
  Members members(context);
  parse_labelled(context, members, Word::param);
  const std::size_t params = members.size();
  if (in.accept_open(Word::result)) {
    members.add(parse_val_type(context));
    in.expect_close();
  }
  type.params = members.resolve_labelled(params);
  if (members.size() != params) type.result = members.resolve(params);
  return type;
}

ResourceType parse_resource(ParseContext& context) {
  TokenCursor& in = context.in;
  ResourceType type;
  if (!in.accept_open(Word::rep)) in.unexpected("`(rep`");
  type.rep = core::parse_val_type(context.core);
  in.expect_close();
  if (in.accept_open(Word::dtor)) {
    type.destructor = CoreFuncIdx(resolve(context, parse_reference(context, Sort::core_func)));
    in.expect_close();
  }
  return type;
}

void parse_declaration(ParseContext& context, ScopeKind kind) {
  TokenCursor& in = context.in;
  const std::uint32_t offset = in.peek().offset;
  in.expect_open();
  if (in.accept(Word::core)) {
    if (in.accept(Word::type)) return parse_core_type(context, offset);
    if (in.accept(Word::rec)) return parse_core_rec(context, offset);
    return in.unexpected("`type` or `rec`");
  }
  if (in.accept(Word::type)) return parse_type(context, offset);
  if (in.accept(Word::alias)) return parse_alias(context, offset);
  if (in.accept(Word::export_)) return parse_export_declaration(context, offset);
  if (kind == ScopeKind::component_type && in.accept(Word::import)) return parse_import(context, offset);
  in.unexpected(kind == ScopeKind::component_type ? "a declaration: core type, type, alias, import or export"
                                                  : "a declaration: core type, type, alias or export");
}

std::span<const Definition> parse_declarations(ParseContext& context, ScopeKind kind, std::string_view id) {
  TokenCursor& in = context.in;
  const Nesting nesting(context);
  open_scope(context, kind, id);
  while (in.ok() && !in.at_close()) {
    parse_declaration(context, kind);
    in.expect_close();
  }
  return keep(context, close_scope(context).definitions);
}

std::uint32_t define_type(ParseContext& context, const Type& type, const Head& head, std::uint32_t offset) {
  return define_item(context, DefinitionKind::type, &Definition::type, type, Sort::type, head, offset);
}

// What a type definition defines: a primitive type, or one in parentheses. `id` names the scope that it may open.
Type parse_defined_type(ParseContext& context, std::string_view id) {
  TokenCursor& in = context.in;
  Type type;
  type.offset = in.peek().offset;
  if (const auto primitive = primitive_of(in.peek())) {
    in.next();
    type.primitive = *primitive;
    return type;
  }
  const Nesting nesting(context);
  in.expect_open();
  if (const auto kind = value_kind_of(in.peek())) {
    in.next();
    type.kind = *kind;
    parse_value_content(context, type);
  } else if (in.accept(Word::func)) {
    type.kind = TypeKind::func;
    type.func = parse_func_type(context);
  } else if (in.accept(Word::component)) {
    type.kind = TypeKind::component;
    type.declarations = parse_declarations(context, ScopeKind::component_type, id);
  } else if (in.accept(Word::instance)) {
    type.kind = TypeKind::instance;
    type.declarations = parse_declarations(context, ScopeKind::instance_type, id);
  } else if (in.accept(Word::type_resource)) {
    type.kind = TypeKind::resource;
    type.resource_type = parse_resource(context);
  } else {
    in.unexpected("a type");
  }
  in.expect_close();
  return type;
}

// `(type x)`: a reference to a type, where the definition of a type inside of a type may stand too.
std::optional<Reference> accept_type_reference(ParseContext& context, Sort sort) {
  TokenCursor& in = context.in;
  const std::uint32_t begin = in.peek().offset;
  if (!in.accept_open(Word::type)) return std::nullopt;
  if (at_index(context)) {
    const Reference reference = parse_index_and_names(context, sort);
    if (in.accept(TokenKind::right_paren)) return reference;
  }
  in.rewind(begin);
  return std::nullopt;
}

}  // namespace

bool at_val_type(ParseContext& context) noexcept {
  TokenCursor& in = context.in;
  if (at_index(context) || primitive_of(in.peek())) return true;
  return in.at(TokenKind::left_paren) && (value_kind_of(in.peek_next()) || in.at_open(Word::type));
}

TypeDraft parse_val_type(ParseContext& context) {
  TokenCursor& in = context.in;
  TypeDraft draft;
  if (const auto primitive = primitive_of(in.peek())) {
    in.next();
    draft.type = *primitive;
  } else if (at_index(context) || in.at_open(Word::type)) {
    draft.reference = parse_reference(context, Sort::type);
  } else if (in.at(TokenKind::left_paren) && value_kind_of(in.peek_next())) {
    const std::uint32_t offset = in.peek().offset;
    const Type type = parse_defined_type(context, {});
    draft.type = TypeIdx(define_type(context, type, {}, offset));
  } else if (in.at(TokenKind::left_paren)) {
    in.unexpected(in.peek_next(), "a value type");
  } else {
    in.unexpected("a value type");
  }
  return draft;
}

ValType resolve_val_type(ParseContext& context, const TypeDraft& draft) {
  if (!draft.reference) return draft.type;
  const std::uint32_t index = resolve(context, *draft.reference);
  if (index > last_type_index) {
    context.in.fault_at(draft.reference->offset, "i32 constant out of range: found ", index,
                        ", the greatest index of a type is ", last_type_index);
    return {};
  }
  return TypeIdx(index);
}

Reference parse_type_use(ParseContext& context, Sort sort) {
  const Sort type_sort = sort == Sort::core_module ? Sort::core_type : Sort::type;
  if (const auto reference = accept_type_reference(context, type_sort)) return *reference;
  const std::uint32_t offset = context.in.peek().offset;
  Reference defined{.sort = type_sort, .offset = offset, .id = {}, .names = {}};
  if (sort == Sort::core_module) {
    const CoreType type = parse_module_type(context, {}, offset);
    defined.index =
        define_item(context, DefinitionKind::core_type, &Definition::core_type, type, type_sort, {}, offset);
    return defined;
  }
  Type type;
  type.offset = offset;
  if (sort == Sort::func) {
    type.kind = TypeKind::func;
    type.func = parse_func_type(context);
  } else {
    const bool is_component = sort == Sort::component;
    type.kind = is_component ? TypeKind::component : TypeKind::instance;
    type.declarations =
        parse_declarations(context, is_component ? ScopeKind::component_type : ScopeKind::instance_type, {});
  }
  defined.index = define_type(context, type, {}, offset);
  return defined;
}

void parse_type(ParseContext& context, std::uint32_t offset) {
  const Head head = parse_head(context);
  const std::size_t exports = parse_inline_exports(context);
  std::optional<std::uint32_t> index = accept_inline_alias(context, Sort::type, head, offset);
  if (!index) index = define_type(context, parse_defined_type(context, head.id), head, offset);
  finish_inline_exports(context, exports, {Sort::type, *index});
}

ExternTypeDraft parse_extern_type(ParseContext& context) {
  TokenCursor& in = context.in;
  ExternTypeDraft draft;
  in.expect_open();
  const std::optional<Sort> sort = accept_sort(context);
  if (!sort || (is_core(*sort) && *sort != Sort::core_module)) {
    in.unexpected("the type of an import or export: core module, func, value, type, component or instance");
    return draft;
  }
  draft.type.sort = *sort;
  draft.head = parse_head(context);
  parse_extern_type_content(context, draft);
  in.expect_close();
  return draft;
}

void parse_extern_type_content(ParseContext& context, ExternTypeDraft& draft) {
  TokenCursor& in = context.in;
  const bool is_eq = in.at_open(Word::heap_eq);
  if (draft.type.sort == Sort::type) {
    if (in.accept_open(Word::sub)) {
      draft.type.type_bound = TypeBound::sub_resource;
      if (!in.accept(Word::type_resource)) in.unexpected("`resource`");
    } else if (in.accept_open(Word::heap_eq)) {
      draft.index = parse_reference(context, Sort::type);
    } else {
      in.unexpected("a bound: `(eq` or `(sub resource)`");
    }
    in.expect_close();
  } else if (draft.type.sort == Sort::value) {
    draft.type.value_bound = is_eq ? ValueBound::eq : ValueBound::type;
    if (in.accept_open(Word::heap_eq)) {
      draft.index = parse_reference(context, Sort::value);
      in.expect_close();
    } else {
      draft.value = parse_val_type(context);
    }
  } else {
    draft.index = parse_type_use(context, draft.type.sort);
  }
}

ExternType resolve_extern_type(ParseContext& context, const ExternTypeDraft& draft) {
  ExternType type = draft.type;
  if (draft.index) type.index = resolve(context, *draft.index);
  if (type.sort == Sort::value && !draft.index) type.value_type = resolve_val_type(context, draft.value);
  return type;
}

}  // namespace tenon::component
