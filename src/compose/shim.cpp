#include "compose/shim.hpp"

#include "binary/core/instructions.hpp"
#include "binary/core/module.hpp"
#include "model/core/module.hpp"

namespace tenon::compose {

namespace {

// A module under construction; texts and code go into its arena.
class ModuleBuilder {
 public:
  explicit ModuleBuilder(std::pmr::memory_resource& memory) : module_(memory) {}

  core::TypeIdx type(const ShimFunction& function) {
    core::SubType type;
    type.func.params = module_.arena.copy(std::span<const core::ValType>(function.params));
    type.func.results = module_.arena.copy(std::span<const core::ValType>(function.results));
    const core::TypeIdx index = module_.types.next_index();
    module_.types.push_back(module_.arena, type);
    core::RecGroup group;
    group.first = index;
    module_.rec_groups.push_back(module_.arena, group);
    return index;
  }
  void import(std::string_view name, const core::ExternType& type) {
    module_.imports.push_back(module_.arena, {"", copy(name), type, 0});
  }
  void import_function(std::string_view name, core::TypeIdx type) {
    core::ExternType imported;
    imported.func = type;
    import(name, imported);
    module_.funcs.push_back(module_.arena, {type, {}, 0});
    ++module_.imported_funcs;
  }
  void import_table(std::string_view name, const core::TableType& type) {
    core::ExternType imported;
    imported.kind = core::ExternKind::table;
    imported.table = type;
    import(name, imported);
    module_.tables.push_back(module_.arena, {type, {}});
    ++module_.imported_tables;
  }
  void function(core::TypeIdx type, Bytes body) { module_.funcs.push_back(module_.arena, {type, body, 0}); }
  void export_(std::string_view name, core::ExternKind kind, std::uint32_t index) {
    module_.exports.push_back(module_.arena, {copy(name), kind, index, 0});
  }
  std::string_view copy(std::string_view text) { return module_.arena.copy(text); }
  core::Module& module() noexcept { return module_; }

  void write(ByteWriter& out) {
    using Id = SectionId;
    for (const Id id :
         {Id::type, Id::import, Id::function, Id::table, Id::memory, Id::export_, Id::start, Id::element, Id::code}) {
      module_.mark_changed(id);
    }
    core::write_module(module_, out);
  }

 private:
  core::Module module_;
};

core::TableType table_of(std::size_t size) {
  core::TableType type;
  type.element = core::funcref;
  type.limits.min = size;
  type.limits.max = size;
  return type;
}

// Passes its parameters on to the function in the table's place of its number.
Bytes stand_in(Arena& arena, const ShimFunction& function, std::uint32_t number, core::TypeIdx type) {
  ByteWriter body(arena);
  core::write_locals(body, {});
  core::Instruction each;
  each.op = Op::local_get;
  for (each.index = 0; each.index < function.params.size(); ++each.index) core::write_instruction(body, each);
  core::Instruction place;
  place.op = Op::i32_const;
  place.bits = number;
  core::write_instruction(body, place);
  core::Instruction call;
  call.op = Op::call_indirect;
  call.index = type.value;
  call.second = 0;
  core::write_instruction(body, call);
  core::Instruction end;
  end.op = Op::end;
  core::write_instruction(body, end);
  return body.view();
}

}  // namespace

void write_shim_module(std::span<const ShimFunction> functions, const core::MemoryType* memory, ByteWriter& out) {
  ModuleBuilder builder(out.arena().upstream());
  core::Module& module = builder.module();
  for (std::uint32_t i = 0; i < functions.size(); ++i) {
    const core::TypeIdx type = builder.type(functions[i]);
    builder.function(type, stand_in(module.arena, functions[i], i, type));
    builder.export_(std::to_string(i), core::ExternKind::func, i);
  }
  if (!functions.empty()) {
    module.tables.push_back(module.arena, {table_of(functions.size()), {}});
    builder.export_(shim_table_name, core::ExternKind::table, 0);
  }
  if (memory != nullptr) {
    module.memories.push_back(module.arena, *memory);
    builder.export_(shim_memory_name, core::ExternKind::memory, 0);
  }
  builder.write(out);
}

void write_fixup_module(std::span<const ShimFunction> functions, bool has_start, ByteWriter& out) {
  ModuleBuilder builder(out.arena().upstream());
  core::Module& module = builder.module();
  for (std::uint32_t i = 0; i < functions.size(); ++i) {
    builder.import_function(std::to_string(i), builder.type(functions[i]));
  }
  if (has_start) {
    module.start = core::FuncIdx(module.funcs.size());
    builder.import_function(fixup_start_name, builder.type({}));
  }
  if (!functions.empty()) {
    builder.import_table(shim_table_name, table_of(functions.size()));
    core::Elem segment;
    segment.mode = core::SegmentMode::active;
    segment.table = core::TableIdx(0U);
    static constexpr std::uint8_t zero[] = {0x41, 0x00, 0x0B};  // i32.const 0, end
    segment.table_offset.bytes = zero;
    const auto all = module.arena.make_array<core::FuncIdx>(functions.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = core::FuncIdx(i);
    segment.functions = all;
    module.elems.push_back(module.arena, segment);
  }
  builder.write(out);
}

}  // namespace tenon::compose
