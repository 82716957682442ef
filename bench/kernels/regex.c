// A backtracking matcher over patterns with ., *, +, ?, ^ and $.
#include "kernel.h"

static const char *const patterns[] = {"^a.*b.*c$", "colou?r", "x+y+z", "e.t", "th.s* i?s", ".*end$"};
static const char *const texts[] = {
    "this is a line of text with several words in it and an end",
    "a long time ago b was before c",
    "the colour of the sky, the color of the sea",
    "xxxxxxyyyyyyyyyyz and xxyyx",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbc",
};

static u32 here(const char *pattern, const char *text);

static u32 star(char c, const char *pattern, const char *text) {
  do {
    if (here(pattern, text)) return 1;
  } while (*text != 0 && (*text++ == c || c == '.'));
  return 0;
}

static u32 here(const char *pattern, const char *text) {
  for (;;) {
    if (pattern[0] == 0) return 1;
    if (pattern[0] == '$' && pattern[1] == 0) return *text == 0;
    const u32 matches = *text != 0 && (pattern[0] == '.' || pattern[0] == *text);
    if (pattern[1] == '*') return star(pattern[0], pattern + 2, text);
    if (pattern[1] == '+') return matches && star(pattern[0], pattern + 2, text + 1);
    if (pattern[1] == '?') {
      if (matches && here(pattern + 2, text + 1)) return 1;
      pattern += 2;
      continue;
    }
    if (!matches) return 0;
    ++pattern;
    ++text;
  }
}

static u32 match(const char *pattern, const char *text) {
  if (pattern[0] == '^') return here(pattern + 1, text);
  do {
    if (here(pattern, text)) return 1;
  } while (*text++ != 0);
  return 0;
}

u32 run(u32 rounds) {
  u32 found = 0;
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 p = 0; p < sizeof(patterns) / sizeof(patterns[0]); ++p) {
      for (u32 t = 0; t < sizeof(texts) / sizeof(texts[0]); ++t) found = found * 3 + match(patterns[p], texts[t]);
    }
  }
  return found;
}
