// A recursive-descent parser over text with a switch on characters: JSON-like.
#include "kernel.h"

static u8 text[16384];
static u32 length;
static u32 at;
static u32 numbers, strings, depth;

static void put(const char *piece) {
  while (*piece) text[length++] = (u8)*piece++;
}
static void put_number(u32 n) {
  u8 digits[10];
  u32 count = 0;
  do digits[count++] = (u8)('0' + n % 10);
  while ((n /= 10) != 0);
  while (count > 0) text[length++] = digits[--count];
}

static void make_text(void) {
  u32 seed = 4242;
  length = 0;
  put("[");
  for (u32 i = 0; i < 96; ++i) {
    if (i != 0) put(", ");
    put("{\"id\": ");
    put_number(next_random(&seed));
    put(", \"name\": \"item ");
    put_number(i);
    put("\\n\", \"tags\": [true, false, null, \"x\"], \"at\": {\"x\": ");
    put_number(next_random(&seed) % 1000);
    put(", \"y\": [[], {}, 12]}}");
  }
  put("]");
}

static void space(void) {
  while (text[at] == ' ' || text[at] == '\n' || text[at] == '\t') ++at;
}

static void string(void) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
    strings = strings * 33 + text[at];
  }
  ++at;
}

static void value(void) {
  space();
  switch (text[at]) {
    case '{':
      ++depth;
      ++at;
      for (space(); text[at] != '}'; space()) {
        if (text[at] == ',') ++at;
        space();
        string();
        space();
        ++at;
        value();
      }
      ++at;
      break;
    case '[':
      ++depth;
      ++at;
      for (space(); text[at] != ']'; space()) {
        if (text[at] == ',') ++at;
        value();
      }
      ++at;
      break;
    case '"': string(); break;
    case 't':
    case 'n': at += 4; break;
    case 'f': at += 5; break;
    default: {
      u32 n = 0;
      for (; text[at] >= '0' && text[at] <= '9'; ++at) n = n * 10 + (text[at] - '0');
      numbers += n;
    }
  }
}

u32 run(u32 rounds) {
  make_text();
  numbers = strings = depth = 0;
  for (u32 round = 0; round < rounds; ++round) {
    at = 0;
    value();
  }
  return numbers ^ strings ^ depth;
}
