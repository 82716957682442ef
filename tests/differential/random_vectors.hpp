// The instructions of vectors that random modules choose from, by what they take and give.
#pragma once

#include <cstdint>
#include <string>

namespace tenon::differential::vectors {

// Whose lanes may be NaNs of which the bits are not determined.
enum class Nans : std::uint8_t { none, f32, f64 };

// Instructions with adjacent codes.
struct Row {
  unsigned first;
  unsigned last;
  Nans nans = Nans::none;
  unsigned lanes = 0;  // how many a lane is chosen from
};

inline constexpr unsigned constant = 0x0C;
inline constexpr unsigned shuffle = 0x0D;
inline constexpr unsigned f32x4_eq = 0x41;
inline constexpr unsigned f64x2_eq = 0x47;
inline constexpr unsigned bitselect = 0x52;

// Signatures v:v, vv:v, vvv:v, vi:v.
inline constexpr Row unary[] = {{0x4D, 0x4D},
                                {0x60, 0x62},
                                {0x7C, 0x7F},
                                {0x80, 0x81},
                                {0x87, 0x8A},
                                {0xA0, 0xA1},
                                {0xA7, 0xAA},
                                {0xC0, 0xC1},
                                {0xC7, 0xCA},
                                {0xE0, 0xE1},
                                {0xEC, 0xED},
                                {0xF8, 0xF9},
                                {0xFC, 0xFD},
                                {0x101, 0x104},
                                {0x67, 0x6A, Nans::f32},
                                {0xE3, 0xE3, Nans::f32},
                                {0xFA, 0xFB, Nans::f32},
                                {0x5E, 0x5E, Nans::f32},
                                {0x74, 0x75, Nans::f64},
                                {0x7A, 0x7A, Nans::f64},
                                {0x94, 0x94, Nans::f64},
                                {0xEF, 0xEF, Nans::f64},
                                {0xFE, 0xFF, Nans::f64},
                                {0x5F, 0x5F, Nans::f64}};
inline constexpr Row binary[] = {{0x0E, 0x0E},
                                 {0x23, 0x4C},
                                 {0x4E, 0x51},
                                 {0x65, 0x66},
                                 {0x6E, 0x73},
                                 {0x76, 0x79},
                                 {0x7B, 0x7B},
                                 {0x82, 0x82},
                                 {0x85, 0x86},
                                 {0x8E, 0x93},
                                 {0x95, 0x99},
                                 {0x9B, 0x9F},
                                 {0xAE, 0xAE},
                                 {0xB1, 0xB1},
                                 {0xB5, 0xBA},
                                 {0xBC, 0xBF},
                                 {0xCE, 0xCE},
                                 {0xD1, 0xD1},
                                 {0xD5, 0xDF},
                                 {0x100, 0x100},
                                 {0x111, 0x112},
                                 {0xE4, 0xEB, Nans::f32},
                                 {0x10D, 0x10E, Nans::f32},
                                 {0xF0, 0xF7, Nans::f64},
                                 {0x10F, 0x110, Nans::f64}};
inline constexpr Row ternary[] = {
    {0x52, 0x52}, {0x109, 0x10C}, {0x113, 0x113}, {0x105, 0x106, Nans::f32}, {0x107, 0x108, Nans::f64}};
inline constexpr Row shifts[] = {{0x6B, 0x6D}, {0x8B, 0x8D}, {0xAB, 0xAD}, {0xCB, 0xCD}};
// v:i, some with a lane.
inline constexpr Row to_i32[] = {{0x53, 0x53},
                                 {0x63, 0x64},
                                 {0x83, 0x84},
                                 {0xA3, 0xA4},
                                 {0xC3, 0xC4},
                                 {0x15, 0x16, Nans::none, 16},
                                 {0x18, 0x19, Nans::none, 8},
                                 {0x1B, 0x1B, Nans::none, 4}};
// From an address; those with a lane take a vector too.
inline constexpr Row loads[] = {{0x00, 0x0A},
                                {0x5C, 0x5D},
                                {0x54, 0x54, Nans::none, 16},
                                {0x55, 0x55, Nans::none, 8},
                                {0x56, 0x56, Nans::none, 4},
                                {0x57, 0x57, Nans::none, 2}};
inline constexpr Row stores[] = {{0x0B, 0x0B},
                                 {0x58, 0x58, Nans::none, 16},
                                 {0x59, 0x59, Nans::none, 8},
                                 {0x5A, 0x5A, Nans::none, 4},
                                 {0x5B, 0x5B, Nans::none, 2}};

// An instruction by its code, without immediates.
inline std::string instruction(unsigned code) {
  std::string out = "\xFD";
  for (; code >= 0x80; code >>= 7) out += static_cast<char>(0x80 | (code & 0x7F));
  return out + static_cast<char>(code);
}

}  // namespace tenon::differential::vectors
