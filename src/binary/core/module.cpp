// Modules: the header, the order of sections, what holds between sections, and reading in pieces.
//
// Whole and incremental reading share everything but the question whether a section is complete. What a truncated input
// is told differs from what a complete one is (its last section is out of bounds, whatever it holds), so a fault inside
// a section is certain only when all of the section is there. The incremental reader therefore collects one section at
// a time, and looks at a section's id and size as soon as it has them. A declared size is never allocated in advance.
#include "binary/core/module.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>

#include "binary/core/sections.hpp"
#include "spec/limits.hpp"
#include "spec/needs_feature.hpp"

namespace tenon::core {

namespace {

constexpr std::size_t header_size = 8;
constexpr std::array<std::uint8_t, 4> magic = {0x00, 0x61, 0x73, 0x6D};
constexpr std::uint32_t module_version = 1;
constexpr std::uint32_t component_layer = 0x1'0000;

void read_header(Cursor& in) {
  const std::uint64_t start = in.offset();
  const Bytes found = in.bytes(magic.size());
  if (!in.ok()) return;
  if (!std::ranges::equal(found, magic)) return in.fault(ErrorKind::malformed, start, "magic header not detected");
  const std::uint64_t version_offset = in.offset();
  const auto version = in.fixed<std::uint32_t>();
  if (in.ok() && version != module_version) {
    in.fault(ErrorKind::malformed, version_offset, "unknown binary version: ", Hex{version},
             version >= component_layer ? " (a component, not a core module)" : "");
  }
}

void check_section_feature(Cursor& in, std::uint64_t offset, SectionId id, Features features) {
  const auto require = [&](Feature feature) {
    if (features.has(feature)) return;
    TextBuffer what;
    what.append("the ");
    what.append(section_title(id));
    what.append(" section");
    in.fault(ErrorKind::malformed, offset, "malformed section id: ", NeedsFeature{what.view(), feature});
  };
  if (id == SectionId::data_count) require(Feature::bulk_memory);
  if (id == SectionId::tag && !features.has(Feature::legacy_exceptions)) require(Feature::exceptions);
}

SectionId read_section_id(Cursor& in, const SectionReader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint8_t byte = in.u8();
  if (byte > last_section_id) {
    in.fault(ErrorKind::malformed, start, "malformed section id: ", byte, " is none");
    return SectionId::custom;
  }
  const auto id = static_cast<SectionId>(byte);
  check_section_feature(in, start, id, reader.features);
  if (id != SectionId::custom && section_order(id) <= section_order(reader.previous)) {
    in.fault(ErrorKind::malformed, start, "unexpected content after last section: the ", section_title(id),
             " section may not stand after the ", section_title(reader.previous), " section");
  }
  return id;
}

// The size of a section, which may be more than what is left; the module as a whole has a limit.
std::uint32_t read_section_size(Cursor& in, const SectionReader& reader) {
  const std::uint64_t start = in.offset();
  const std::uint32_t size = in.u32();
  if (in.ok() && in.offset() + size - reader.module.base_offset > limits::max_module_size) {
    in.fault(ErrorKind::exhausted, start, "module too large: the limit is ", limits::max_module_size, " bytes");
  }
  return size;
}

void read_payload(Cursor& in, SectionReader& reader) {
  switch (reader.section->id) {
#define TENON_SECTION(name, id, order, title) \
  case SectionId::name: return read_payload<SectionId::name>(in, reader);
#include "spec/sections.def"
#undef TENON_SECTION
  }
}

void write_payload(const SectionWriter& writer) {
  switch (writer.section.id) {
#define TENON_SECTION(name, id, order, title) \
  case SectionId::name: return write_payload<SectionId::name>(writer);
#include "spec/sections.def"
#undef TENON_SECTION
  }
}

void read_section(Cursor& in, SectionReader& reader) {
  const std::uint8_t* begin = in.position();
  Section section;
  section.id = read_section_id(in, reader);
  const std::uint64_t size_offset = in.offset();
  const std::uint32_t size = read_section_size(in, reader);
  if (size > in.remaining()) {
    in.fault(ErrorKind::malformed, size_offset, "length out of bounds: a section of ", size, " bytes, and only ",
             in.remaining(), " are left");
  }
  section.offset = in.offset();
  section.payload = in.bytes(size);
  section.raw = Bytes(begin, in.position());
  section.lookahead = in.remaining();
  if (!in.ok()) return;

  reader.module.sections.push_back(reader.module.arena, section);
  reader.section = &reader.module.sections.back();
  if (section.id != SectionId::custom) reader.previous = section.id;
  Cursor payload(section.payload, section.offset, section.lookahead);
  read_payload(payload, reader);
  if (!payload.ok()) return in.fault(payload.take_error());
  if (!payload.at_end()) {
    in.fault(ErrorKind::malformed, payload.offset(), "section size mismatch: ", payload.remaining(),
             " bytes are left in the ", section_title(section.id), " section");
  }
}

const Section* find_section(const Module& module, SectionId id) {
  for (const Section& section : module.sections) {
    if (section.id == id) return &section;
  }
  return nullptr;
}

// What can be said only after the last section.
void check_counts(Cursor& in, const SectionReader& reader) {
  const Module& module = reader.module;
  const auto offset_of = [&](SectionId id) {
    const Section* section = find_section(module, id);
    return section != nullptr ? section->offset : in.offset();
  };
  const std::size_t functions = module.funcs.size() - module.imported_funcs;
  if (functions != reader.bodies) {
    in.fault(ErrorKind::malformed, offset_of(SectionId::code),
             "function and code section have inconsistent lengths: ", functions, " functions and ", reader.bodies,
             " bodies");
  }
  if (module.data_count && *module.data_count != module.datas.size()) {
    in.fault(ErrorKind::malformed, offset_of(SectionId::data),
             "data count and data section have inconsistent lengths: ", *module.data_count, " announced and ",
             module.datas.size(), " found");
  }
}

// Bodies are read on demand, so that a fault behind the code section is found before one inside it. Of both the earlier
// is the one to report: what follows a body of the wrong size is mostly its rest.
Error earliest_fault(Error found, const SectionReader& reader) {
  if (reader.bodies == 0) return found;
  Result<void> bodies = check_bodies(reader.module, reader.features);
  return bodies ? std::move(found) : std::move(bodies.error());
}

}  // namespace

Result<Module> read_module(Bytes bytes, std::pmr::memory_resource& memory, const ReadOptions& options) {
  Module module(memory);
  module.base_offset = options.base_offset;
  module.size = bytes.size();
  SectionReader reader(module, options.features, memory);
  Cursor in(bytes, options.base_offset);
  read_header(in);
  // From here on these are the bytes of a module of a known version.
  while (in.ok() && !in.at_end()) read_section(in, reader);
  // From here on every section stands in its order, and has been read to its last byte.
  if (in.ok()) check_counts(in, reader);
  if (!in.ok()) return earliest_fault(in.take_error(), reader);
  return module;
}

struct ModuleReader::State {
  State(std::pmr::memory_resource& resource, const ReadOptions& options)
      : memory(&resource),
        module(resource),
        reader(module, options.features, resource),
        pending(&resource),
        offset(options.base_offset) {
    module.base_offset = options.base_offset;
  }
  Bytes available() const noexcept { return Bytes(pending).subspan(done); }
  // Reads what is complete; faults in the result.
  Result<void> advance();
  // The whole size of the section at the front, if all of it is there, and what the cursor may have to look at behind
  // it; faults in `in` as soon as they are certain.
  std::optional<std::size_t> complete_section(Cursor& in) const;
  void take(std::size_t size) noexcept {
    done += size;
    offset += size;
  }
  Error failed_with(Error found) {
    error = earliest_fault(std::move(found), reader);
    return *error;
  }

  std::pmr::memory_resource* memory;
  Module module;
  SectionReader reader;
  std::pmr::vector<std::uint8_t> pending;  // what has not been read yet begins at `done`
  std::size_t done = 0;
  std::uint64_t offset;  // of the first byte that has not been read yet
  bool has_header = false;
  std::optional<Error> error;
};

std::optional<std::size_t> ModuleReader::State::complete_section(Cursor& in) const {
  if (in.at_end()) return {};
  read_section_id(in, reader);
  const Bytes rest(in.position(), in.remaining());
  const auto continues = [](std::uint8_t byte) { return byte >= 0x80; };
  if (in.ok() && rest.size() < max_leb32_size && std::ranges::all_of(rest, continues)) return {};
  const std::uint32_t size = read_section_size(in, reader);
  if (!in.ok() || size + Cursor::max_lookahead > in.remaining()) return {};
  return available().size() - in.remaining() + size;
}

Result<void> ModuleReader::State::advance() {
  if (!has_header) {
    if (available().size() < header_size) return {};
    Cursor in(available().first(header_size), offset);
    read_header(in);
    if (!in.ok()) return failed_with(in.take_error());
    has_header = true;
    take(header_size);
  }
  for (;;) {
    Cursor look(available(), offset);
    const std::optional<std::size_t> size = complete_section(look);
    if (!look.ok()) return failed_with(look.take_error());
    if (!size) return {};
    Cursor in(module.arena.copy<std::uint8_t>(available().first(*size + Cursor::max_lookahead)), offset);
    read_section(in, reader);
    if (!in.ok()) return failed_with(in.take_error());
    take(*size);
  }
}

ModuleReader::ModuleReader(std::pmr::memory_resource& memory, const ReadOptions& options)
    : state_(::new(memory.allocate(sizeof(State), alignof(State))) State(memory, options)) {}

ModuleReader::~ModuleReader() {
  std::pmr::memory_resource* memory = state_->memory;
  std::destroy_at(state_);
  memory->deallocate(state_, sizeof(State), alignof(State));
}

Result<void> ModuleReader::feed(Bytes piece) {
  State& state = *state_;
  if (state.error) return *state.error;
  if (state.done != 0) {
    state.pending.erase(state.pending.begin(), state.pending.begin() + static_cast<std::ptrdiff_t>(state.done));
    state.done = 0;
  }
  state.pending.insert(state.pending.end(), piece.begin(), piece.end());
  return state.advance();
}

Result<Module> ModuleReader::finish() {
  State& state = *state_;
  if (state.error) return *state.error;
  // What is left is one section that waited for lookahead, or what is no complete header or section: that is read as it
  // stands, to be refused for what it is.
  const Bytes rest = state.module.arena.copy<std::uint8_t>(state.available());
  Cursor in(rest, state.offset);
  if (!state.has_header) read_header(in);
  while (in.ok() && !in.at_end()) read_section(in, state.reader);
  if (in.ok()) check_counts(in, state.reader);
  if (!in.ok()) return state.failed_with(in.take_error());
  state.take(rest.size());
  state.module.size = state.offset - state.module.base_offset;
  return std::move(state.module);
}

namespace {

// A body whose type is unknown has no parameters: that it is unknown is for validation to say.
std::uint32_t parameters_of(const Module& module, FuncIdx func) {
  const TypeIdx type = module.funcs[func].type;
  return module.types.contains(type) ? static_cast<std::uint32_t>(module.types[type].func.params.size()) : 0;
}

// Reads one body. Where its bytes end too early, the fault is at the end of the body, and named without looking
// further.
void scan_body(Cursor& in, const Module& module, FuncIdx func, ExpressionScanner& expressions,
               std::pmr::vector<LocalRun>& locals, Features features) {
  read_locals(in, locals, parameters_of(module, func), features);
  if (!expressions.scan(in, module.data_count.has_value())) in.u8();
  if (in.ok() && !in.at_end()) {
    in.fault(ErrorKind::malformed, in.offset(), "section size mismatch: ", in.remaining(),
             " bytes are left after the end of the function");
  }
}

Result<void> check_body(const Module& module, FuncIdx func, ExpressionScanner& expressions,
                        std::pmr::vector<LocalRun>& locals, Features features) {
  const Func& body = module.funcs[func];
  Cursor in(body.body, body.offset);
  scan_body(in, module, func, expressions, locals, features);
  if (in.ok()) return {};
  Error error = in.take_error();
  if (error.place().offset == body.offset + body.body.size()) error = early_end(module, func, features);
  TextBuffer context;
  context.append("function ");
  context.append_number(func.value);
  return std::move(error).with_context(context.view());
}

Result<void> check_expression(const Expr& expr, ExpressionScanner& expressions) {
  Cursor in(expr.bytes, expr.offset);
  expressions.read(in);
  if (!in.ok()) return in.take_error();
  return {};
}

Result<void> check_segments_and_globals(const Module& module, ExpressionScanner& expressions) {
  Result<void> result;
  const auto check = [&](const Expr& expr) { return (result = check_expression(expr, expressions)).has_value(); };
  for (const Table& table : module.tables) {
    if (table.init && !check(*table.init)) return result;
  }
  for (const Global& global : module.globals.span().subspan(module.imported_globals)) {
    if (!check(global.init)) return result;
  }
  for (const Elem& elem : module.elems) {
    if (elem.mode == SegmentMode::active && !check(elem.table_offset)) return result;
    for (const Expr& item : elem.items) {
      if (!check(item)) return result;
    }
  }
  for (const Data& data : module.datas) {
    if (data.mode == SegmentMode::active && !check(data.memory_offset)) return result;
  }
  return result;
}

}  // namespace

Result<void> check_bodies(const Module& module, Features features) {
  ExpressionScanner expressions(features, module.arena.upstream());
  std::pmr::vector<LocalRun> locals(&module.arena.upstream());
  if (Result<void> result = check_segments_and_globals(module, expressions); !result) return result;
  for (std::size_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    if (module.funcs[FuncIdx(i)].body.data() == nullptr) continue;  // there are fewer bodies than functions
    if (Result<void> result = check_body(module, FuncIdx(i), expressions, locals, features); !result) return result;
  }
  return {};
}

Error early_end(const Module& module, FuncIdx func, Features features) {
  const Func& body = module.funcs[func];
  const std::uint64_t end = body.offset + body.body.size();
  const Section* code = find_section(module, SectionId::code);
  // Bodies that a changed section will hold have nothing behind them.
  if (code == nullptr || code->changed)
    return fail(ErrorKind::malformed, at_offset(end), "unexpected end of section or function");
  const std::uint64_t code_end = code->offset + code->payload.size();
  ExpressionScanner expressions(features, module.arena.upstream());
  std::pmr::vector<LocalRun> locals(&module.arena.upstream());
  Cursor in(body.body, body.offset, static_cast<std::size_t>(code_end - end) + code->lookahead);
  read_locals(in, locals, parameters_of(module, func), features);
  if (!expressions.scan(in, module.data_count.has_value()) && end != code_end) {
    in.fault(ErrorKind::malformed, end, "END opcode expected, found the end of the body");
  } else if (code->lookahead != 0) {
    in.fault(ErrorKind::malformed, end, "section size mismatch: the code section ends before its last body");
  }
  in.fault(ErrorKind::malformed, end, "unexpected end of section or function");
  return in.take_error();
}

void write_module(const Module& module, ByteWriter& out) {
  out.bytes(magic);
  out.fixed(module_version);
  Arena scratch(out.arena().upstream());
  ByteWriter payload(scratch);
  for (const Section& section : module.sections) {
    if (!section.changed && !section.raw.empty()) {
      out.bytes(section.raw);
      continue;
    }
    payload.clear();
    write_payload({.module = module, .section = section, .out = payload});
    if (payload.size() == 0) continue;
    out.u8(static_cast<std::uint8_t>(section.id));
    out.sized(payload.view());
  }
}

}  // namespace tenon::core
