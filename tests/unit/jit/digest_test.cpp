#include "jit/digest.hpp"

#include <gtest/gtest.h>
#include <string>

namespace tenon::jit {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// As Python's hashlib.blake2b(..., digest_size=32) gives them.
TEST(Digest, IsBlake2bWith256Bits) {
  EXPECT_EQ(hex(digest_of({})), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(hex(digest_of(as_bytes("abc"))), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Digest, DoesNotDependOnThePieces) {
  const std::string text(1000, 'x');
  for (const std::size_t piece : {1U, 127U, 128U, 129U, 256U, 999U}) {
    Hasher hasher;
    for (std::size_t at = 0; at < text.size(); at += piece)
      hasher.add(as_bytes(std::string_view(text).substr(at, piece)));
    EXPECT_EQ(hasher.finish(), digest_of(as_bytes(text))) << piece;
  }
}

}  // namespace
}  // namespace tenon::jit
