// Reading and writing types. https://webassembly.github.io/spec/core/binary/types.html
//
// Readers fault in the cursor: "malformed ...", or the feature that is off. A type index is not looked up, only read:
// what it names is a question for validation.
#pragma once

#include "binary/core/byte_writer.hpp"
#include "binary/core/cursor.hpp"
#include "model/core/instruction.hpp"
#include "model/core/types.hpp"
#include "spec/features.hpp"

namespace tenon::core {

ValType read_val_type(Cursor& in, Features features);
// A reference type where tables and element segments have one: `funcref` there is older than the other references.
ValType read_ref_type(Cursor& in, Features features);
HeapType read_heap_type(Cursor& in, Features features);
inline constexpr std::uint8_t empty_block_code = 0x40;
BlockType read_block_type(Cursor& in, Features features);
// A composite type with its place in the subtype hierarchy, if that is said; its lists are made in `arena`.
inline constexpr std::uint8_t rec_code = 0x4E;  // in front of a group: a count, and so many sub types
inline constexpr std::uint8_t sub_code = 0x50;  // the first byte of one that is not final
SubType read_sub_type(Cursor& in, Arena& arena, Features features);

void write_val_type(ByteWriter& out, ValType type);
void write_heap_type(ByteWriter& out, HeapType type);
void write_block_type(ByteWriter& out, const BlockType& type);
void write_sub_type(ByteWriter& out, const SubType& type);

}  // namespace tenon::core
