#include "spec/semantics.hpp"

#include <gtest/gtest.h>

#include "unit/spec/semantics_table.hpp"

namespace tenon::semantics {
namespace {

bool is_ordinary(const InstructionInfo& info) {
  const bool operands_only = info.immediates == Immediates::none || info.immediates == Immediates::lane ||
                             info.immediates == Immediates::lanes16;
  return operands_only && info.signature != "*" && info.feature != Feature::gc;
}

bool accesses_memory(const InstructionInfo& info) { return info.width != 0 && !info.mnemonic.starts_with("memory."); }

TEST(Semantics, EveryOrdinaryInstructionHasOneFunction) {
  for (std::size_t i = 0; i < op_count; ++i) {
    const InstructionInfo& row = instruction_infos[i];
    EXPECT_EQ(test::table[i].is_present, is_ordinary(row) || accesses_memory(row)) << row.mnemonic;
  }
}

}  // namespace
}  // namespace tenon::semantics
