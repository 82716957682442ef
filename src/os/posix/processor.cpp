#include "os/processor.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace tenon::os {

namespace {

struct Name {
  std::size_t word;
  unsigned bit;
  const char* name;
};

#if defined(__x86_64__)

struct Registers {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
};
Registers ask(unsigned leaf, unsigned subleaf = 0) noexcept {
  Registers r;
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

constexpr unsigned os_keeps_state = 1U << 27;  // in ecx of leaf 1

// The parts of a processor's state that the system keeps for each thread.
unsigned kept_state(const Registers& basic) noexcept {
  if ((basic.ecx & os_keeps_state) == 0) return 0;
  unsigned low = 0;
  unsigned high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

ProcessorFeatures read_features() noexcept {
  const Registers basic = ask(1);
  const Registers more = ask(7);
  const Registers newest = ask(7, 1);
  const Registers extended = ask(0x8000'0001);
  return {basic.ecx,       basic.edx,        more.ebx,     more.ecx,     more.edx,
          newest.eax,      newest.edx,       extended.ecx, extended.edx, ask(0x8000'0008).ebx,
          ask(0xD, 1).eax, kept_state(basic)};
}

std::uint64_t read_model() noexcept {
  const Registers vendor = ask(0);
  return (std::uint64_t{vendor.ebx ^ vendor.ecx} << 32) | (ask(1).eax & ~0xFU);  // without the stepping
}

constexpr Name names[] = {{0, 0, "sse3"},      {0, 9, "ssse3"},     {0, 12, "fma"},       {0, 19, "sse4.1"},
                          {0, 20, "sse4.2"},   {0, 22, "movbe"},    {0, 23, "popcnt"},    {0, 25, "aes"},
                          {0, 28, "avx"},      {0, 29, "f16c"},     {2, 3, "bmi"},        {2, 5, "avx2"},
                          {2, 8, "bmi2"},      {2, 16, "avx512f"},  {2, 17, "avx512dq"},  {2, 29, "sha"},
                          {2, 30, "avx512bw"}, {2, 31, "avx512vl"}, {3, 1, "avx512vbmi"}, {3, 8, "gfni"},
                          {3, 9, "vaes"},      {7, 5, "lzcnt"},     {7, 6, "sse4a"}};

#else

ProcessorFeatures read_features() noexcept {
  const unsigned long first = ::getauxval(AT_HWCAP);
  const unsigned long second = ::getauxval(AT_HWCAP2);
  return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(std::uint64_t{first} >> 32),
          static_cast<std::uint32_t>(second), static_cast<std::uint32_t>(std::uint64_t{second} >> 32)};
}
std::uint64_t read_model() noexcept { return 0; }
constexpr Name names[] = {{0, 1, "asimd"},    {0, 3, "aes"},       {0, 4, "pmull"},   {0, 5, "sha1"},
                          {0, 6, "sha2"},     {0, 7, "crc32"},     {0, 8, "atomics"}, {0, 9, "fphp"},
                          {0, 10, "asimdhp"}, {0, 12, "asimdrdm"}, {0, 15, "lrcpc"},  {0, 20, "asimddp"},
                          {0, 22, "sve"}};

#endif

}  // namespace

const ProcessorFeatures& processor_features() noexcept {
  static const ProcessorFeatures features = read_features();
  return features;
}

std::uint64_t processor_model() noexcept {
  static const std::uint64_t model = read_model();
  return model;
}

std::string missing_features(const ProcessorFeatures& features) {
  std::string missing;
  bool has_nameless = false;
  const ProcessorFeatures& own = processor_features();
  for (std::size_t word = 0; word < features.size(); ++word) {
    std::uint32_t lacking = features[word] & ~own[word];
    for (const Name& feature : names) {
      if (feature.word != word || (lacking >> feature.bit & 1) == 0) continue;
      missing += (missing.empty() ? "" : ", ") + std::string(feature.name);
      lacking &= ~(1U << feature.bit);
    }
    has_nameless = has_nameless || lacking != 0;
  }
  if (has_nameless) missing += missing.empty() ? "some" : ", and others";
  return missing;
}

}  // namespace tenon::os
