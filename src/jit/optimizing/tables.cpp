#include "jit/optimizing/tables.hpp"

#include <algorithm>
#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/DebugInfo/DWARF/DWARFDebugFrame.h>
#include <llvm/DebugInfo/DWARF/DWARFDebugLine.h>
#include <llvm/Support/DataExtractor.h>
#include <tuple>

#include "base/concat.hpp"

namespace tenon::jit {

std::optional<std::uint64_t> place_of(const Object& object, const llvm::object::SymbolRef& symbol) {
  auto section = symbol.getSection();
  auto value = symbol.getValue();
  if (!section || !value || *section == object.file.section_end()) return std::nullopt;
  const auto found = object.sections.find((*section)->getIndex());
  if (found == object.sections.end()) return std::nullopt;
  return found->second + *value;
}

void CodeTables::sort() {
  std::ranges::sort(unwind, {}, &FrameRow::begin);
  std::ranges::sort(pads, {}, &LandingPad::begin);
  // Of the rows for a place the last one counts, and any before those that say nothing.
  std::vector<std::tuple<std::uint32_t, bool, std::size_t>> order;
  order.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    order.emplace_back(places[i].begin, places[i].site != not_compiled, i);
  }
  std::ranges::sort(order);
  std::vector<CodePlace> kept;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const CodePlace& place = places[std::get<2>(order[i])];
    if (i + 1 < order.size() && std::get<0>(order[i + 1]) == place.begin) continue;
    if (kept.empty() || kept.back().site != place.site) kept.push_back(place);
  }
  places = std::move(kept);
}

namespace {

Error internal(std::string_view what) { return fail(ErrorKind::usage, {}, "the compiler's object file has ", what); }

// The numbers of DWARF for the registers that are kept, in the order of `UnwindRow::saved`.
constexpr unsigned kept_on_x86_64[] = {3, 6, 12, 13, 14, 15};
constexpr unsigned kept_on_aarch64[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 72, 73, 74, 75, 76, 77, 78, 79};
static_assert(std::size(kept_on_x86_64) == x86_64.saved_registers);
static_assert(std::size(kept_on_aarch64) == aarch64.saved_registers);
struct DwarfNumbers {
  explicit DwarfNumbers(const Machine& machine) {
    if (machine.kind == MachineKind::aarch64) {
      kept = kept_on_aarch64;
      stack_pointer = 31;
    } else {
      kept = kept_on_x86_64;
      stack_pointer = 7;
    }
    frame_pointer = kept[machine.frame_pointer];
  }
  llvm::ArrayRef<unsigned> kept;
  unsigned stack_pointer;
  unsigned frame_pointer;
};

// Of an entry of .eh_frame: behind its length and the offset of its kind; and behind the function's size and the size
// of what is added.
constexpr std::uint64_t function_at = 8;
constexpr std::uint64_t pads_at = 17;

class Reader {
 public:
  Reader(const Object& object, const Machine& machine, CodeTables& tables)
      : object_(object),
        machine_(machine),
        numbers_(machine),
        tables_(tables),
        context_(llvm::DWARFContext::create(object.file)) {}

  Result<void> read() {
    if (auto done = read_frames(); !done) return done;
    read_lines();
    return {};
  }

 private:
  // What the addresses in .eh_frame stand for, by their offset there: of functions, places in the image, and of tables
  // of pads, offsets in .gcc_except_table.
  void read_addresses() {
    for (const llvm::object::ELFSectionRef section : object_.file.sections()) {
      auto target = section.getRelocatedSection();
      if (!target || *target == object_.file.section_end()) continue;
      auto name = (*target)->getName();
      if (!name || *name != ".eh_frame") continue;
      for (const llvm::object::ELFRelocationRef relocation : section.relocations()) {
        auto addend = relocation.getAddend();
        const llvm::object::SymbolRef symbol = *relocation.getSymbol();
        auto value = symbol.getValue();
        auto within = symbol.getSection();
        if (!addend || !value || !within || *within == object_.file.section_end()) continue;
        if (const auto place = place_of(object_, symbol)) {
          functions_[relocation.getOffset()] = *place + static_cast<std::uint64_t>(*addend);
        } else if (auto of = (*within)->getName(); of && *of == ".gcc_except_table") {
          pads_[relocation.getOffset()] = *value + static_cast<std::uint64_t>(*addend);
        }
      }
    }
  }

  Result<void> read_frames() {
    auto frames = context_->getEHFrame();
    if (!frames) {
      llvm::consumeError(frames.takeError());
      return internal("frames that cannot be read");
    }
    read_addresses();
    for (const llvm::dwarf::FrameEntry& entry : (*frames)->entries()) {
      const auto* frame = llvm::dyn_cast<llvm::dwarf::FDE>(&entry);
      if (frame == nullptr) continue;
      const auto found = functions_.find(frame->getOffset() + function_at);
      if (found == functions_.end()) return internal("a frame of no function");
      if (auto done = read_frame(*frame, found->second); !done) return done;
      // Unless the lines say something else.
      tables_.places.push_back({static_cast<std::uint32_t>(found->second), not_compiled});
      if (const auto pads = pads_.find(frame->getOffset() + pads_at); pads != pads_.end()) {
        read_pads(pads->second, found->second, pushed_arguments(*frame));
      }
    }
    return {};
  }

  Result<void> read_frame(const llvm::dwarf::FDE& frame, std::uint64_t place) {
    auto table = llvm::dwarf::UnwindTable::create(&frame);
    if (!table) {
      llvm::consumeError(table.takeError());
      return internal("a frame that cannot be read");
    }
    for (const llvm::dwarf::UnwindRow& from : *table) {
      FrameRow row{.begin = static_cast<std::uint32_t>(place + from.getAddress() - frame.getInitialLocation()),
                   .saved = std::vector<std::uint32_t>(words_of_saved(machine_))};
      const llvm::dwarf::UnwindLocation& outer = from.getCFAValue();
      if (outer.getLocation() == llvm::dwarf::UnwindLocation::RegPlusOffset &&
          (outer.getRegister() == numbers_.stack_pointer || outer.getRegister() == numbers_.frame_pointer)) {
        row.frame = static_cast<std::uint32_t>(outer.getOffset());
        if (outer.getRegister() == numbers_.frame_pointer) row.frame |= from_frame_pointer;
      }
      for (unsigned i = 0; i < numbers_.kept.size(); ++i) {
        const auto where = from.getRegisterLocations().getRegisterLocation(numbers_.kept[i]);
        if (!where || where->getLocation() != llvm::dwarf::UnwindLocation::CFAPlusOffset) continue;
        const auto words = static_cast<std::uint32_t>(-where->getOffset() / 8);
        if (words >= 1U << machine_.saved_bits) return internal("a frame with registers far from its end");
        row.saved[i / saved_in_word(machine_)] |= words << saved_shift(machine_, i);
      }
      tables_.unwind.push_back(std::move(row));
    }
    return {};
  }

  // How many bytes of arguments lie on the stack that a handler does not expect there, by the place in the function
  // from which on that is so.
  using Pushed = std::map<std::uint64_t, std::uint32_t>;
  static Pushed pushed_arguments(const llvm::dwarf::FDE& frame) {
    Pushed pushed{{0, 0}};
    std::uint64_t place = 0;
    for (const llvm::dwarf::CFIProgram::Instruction& instruction : frame.cfis()) {
      switch (instruction.Opcode) {
        case llvm::dwarf::DW_CFA_advance_loc:
        case llvm::dwarf::DW_CFA_advance_loc1:
        case llvm::dwarf::DW_CFA_advance_loc2:
        case llvm::dwarf::DW_CFA_advance_loc4: place += instruction.Ops[0] * frame.cfis().codeAlign(); break;
        case llvm::dwarf::DW_CFA_GNU_args_size: pushed[place] = static_cast<std::uint32_t>(instruction.Ops[0]); break;
        default: break;
      }
    }
    return pushed;
  }

  // The calls in [begin, end) of the function.
  void add_pad(std::uint64_t function, std::uint64_t begin, std::uint64_t end, std::uint64_t pad,
               const Pushed& pushed) {
    for (auto next = pushed.upper_bound(begin); begin < end;) {
      const std::uint64_t until = next == pushed.end() ? end : std::min(end, next->first);
      tables_.pads.push_back({static_cast<std::uint32_t>(function + begin),
                              static_cast<std::uint32_t>(function + until), static_cast<std::uint32_t>(function + pad),
                              std::prev(next)->second});
      begin = until;
      if (next != pushed.end()) ++next;
    }
  }

  // https://itanium-cxx-abi.github.io/cxx-abi/exceptions.pdf, as LLVM writes it.
  void read_pads(std::uint64_t offset, std::uint64_t function, const Pushed& pushed) {
    llvm::StringRef bytes;
    for (const llvm::object::ELFSectionRef section : object_.file.sections()) {
      auto name = section.getName();
      auto contents = section.getContents();
      if (name && contents && *name == ".gcc_except_table") bytes = *contents;
    }
    const llvm::DataExtractor data(bytes, true, 8);
    llvm::DataExtractor::Cursor at(offset);
    constexpr std::uint8_t omitted = 0xFF;
    constexpr std::uint8_t as_leb = 0x01;
    data.getU8(at);  // pads are counted from the function's begin
    if (data.getU8(at) != omitted) data.getULEB128(at);
    const bool is_leb = data.getU8(at) == as_leb;
    const auto number = [&] { return is_leb ? data.getULEB128(at) : data.getU32(at); };
    const std::uint64_t size = data.getULEB128(at);
    const std::uint64_t end = at.tell() + size;
    while (at && at.tell() < end) {
      const std::uint64_t begin = number();
      const std::uint64_t length = number();
      const std::uint64_t pad = number();
      data.getULEB128(at);  // all pads catch all
      if (pad != 0) add_pad(function, begin, begin + length, pad, pushed);
    }
    llvm::consumeError(at.takeError());
  }

  void read_lines() {
    llvm::DILineInfoSpecifier wanted(llvm::DILineInfoSpecifier::FileLineInfoKind::RawValue,
                                     llvm::DILineInfoSpecifier::FunctionNameKind::ShortName);
    for (const auto& unit : context_->compile_units()) {
      const llvm::DWARFDebugLine::LineTable* lines = context_->getLineTableForUnit(unit.get());
      if (lines == nullptr) continue;
      for (const llvm::DWARFDebugLine::Row& row : lines->Rows) {
        const auto section = object_.sections.find(row.Address.SectionIndex);
        if (section == object_.sections.end()) continue;
        CodePlace place{static_cast<std::uint32_t>(section->second + row.Address.Address), not_compiled};
        if (row.EndSequence == 0) place.site = site_at(row, wanted);
        tables_.places.push_back(place);
      }
    }
  }

  // The site of a row, with those that it is inlined at.
  std::uint32_t site_at(const llvm::DWARFDebugLine::Row& row, const llvm::DILineInfoSpecifier& wanted) {
    const llvm::DIInliningInfo frames = context_->getInliningInfoForAddress(row.Address, wanted);
    std::uint32_t caller = not_compiled;
    for (std::uint32_t i = frames.getNumberOfFrames(); i-- > 0;) {
      const llvm::DILineInfo& frame = frames.getFrame(i);
      CodeSite site{.function = not_compiled, .offset = i == 0 ? row.Line : frame.Line, .caller = caller};
      const auto [module, function] = llvm::StringRef(frame.FunctionName).split(module_separator);
      if (module.getAsInteger(10, site.module) || function.getAsInteger(10, site.function)) {
        site.module = 0;
        site.function = not_compiled;
      }
      caller = add(site);
    }
    return caller;
  }

  std::uint32_t add(const CodeSite& site) {
    const auto [found, is_new] = known_.try_emplace({site.module, site.function, site.offset, site.caller},
                                                    static_cast<std::uint32_t>(tables_.sites.size()));
    if (is_new) tables_.sites.push_back(site);
    return found->second;
  }

  const Object& object_;
  const Machine& machine_;
  const DwarfNumbers numbers_;
  CodeTables& tables_;
  std::unique_ptr<llvm::DWARFContext> context_;
  std::map<std::uint64_t, std::uint64_t> functions_;
  std::map<std::uint64_t, std::uint64_t> pads_;
  std::map<std::array<std::uint32_t, 4>, std::uint32_t> known_;
};

}  // namespace

Result<void> read_tables(const Object& object, const Machine& machine, CodeTables& tables) {
  return Reader(object, machine, tables).read();
}

}  // namespace tenon::jit
