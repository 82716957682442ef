// The component that makes a page of primes, which it gets from another component. It is freestanding, and calls the
// canonical ABI itself: results that are no single number are written where `area` is.
typedef unsigned char u8;
typedef unsigned u32;
typedef long long i64;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))
#define TYPES "wasi:http/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

typedef struct {
  const char *at;
  u32 size;
} Text;
typedef struct {
  const u32 *at;
  u32 length;
} Numbers;

IMPORT("demo:primes/sieve", "below") void primes_below(u32 limit, Numbers *out);
IMPORT(TYPES, "[constructor]fields") u32 fields_new(void);
IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_path(u32 self, u32 *out);
IMPORT(TYPES, "[resource-drop]incoming-request") void request_drop(u32 self);
IMPORT(TYPES, "[constructor]outgoing-response") u32 response_new(u32 headers);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(u32 self, u32 *out);
IMPORT(TYPES, "[method]outgoing-body.write") void body_write(u32 self, u32 *out);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_finish(u32 self, u32 is_some, u32 trailers, u32 *out);
IMPORT(TYPES, "[static]response-outparam.set")
void outparam_set(u32 self, u32 is_error, u32 value, u32 p0, i64 p1, u32 p2, u32 p3, u32 p4, u32 p5);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush") void stream_write(u32 self, const char *data, u32 size, u32 *out);
IMPORT(STREAMS, "[resource-drop]output-stream") void stream_drop(u32 self);

// What is allocated goes with the next call from outside.
extern u8 __heap_base;
static u8 *heap;
EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 old_size, u32 alignment, u32 size) {
  heap = (u8 *)(((u32)heap + alignment - 1) & ~(alignment - 1));
  u8 *result = heap;
  heap += size;
  u32 pages = __builtin_wasm_memory_size(0);
  u32 needed = ((u32)heap + 0xFFFF) >> 16;
  if (needed > pages && __builtin_wasm_memory_grow(0, needed - pages) == (u32)-1) __builtin_trap();
  for (u32 i = 0; i < old_size && i < size; ++i) result[i] = ((u8 *)old)[i];
  return result;
}

static char text[65536];
static u32 used;
static void say(const char *words) {
  while (*words && used < sizeof text) text[used++] = *words++;
}
static void say_number(u32 value) {
  char digits[12];
  u32 at = 11;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  say(digits + at);
}

static void write_page(u32 limit) {
  Numbers primes;
  primes_below(limit, &primes);
  used = 0;
  say_number(primes.length);
  say(" primes below ");
  say_number(limit);
  say(":");
  for (u32 i = 0; i < primes.length; ++i) {
    say(" ");
    say_number(primes.at[i]);
  }
  say("\n");
}

EXPORT("render") Text *render(u32 limit) {
  static Text result;
  heap = &__heap_base;
  write_page(limit);
  result = (Text){text, used};
  return &result;
}

// The number in "/NUMBER", or 30.
static u32 wanted_limit(u32 request) {
  u32 area[3];
  request_path(request, area);
  u32 limit = 0;
  for (u32 i = 1; area[0] && i < area[2] && i < 6; ++i) {
    u32 digit = ((const u8 *)area[1])[i] - (u32)'0';
    if (digit > 9) break;
    limit = limit * 10 + digit;
  }
  return limit ? limit : 30;
}

EXPORT("wasi:http/incoming-handler@0.2.0#handle") void handle(u32 request, u32 outparam) {
  u32 area[16];
  heap = &__heap_base;
  write_page(wanted_limit(request));
  request_drop(request);
  u32 response = response_new(fields_new());
  response_body(response, area);
  u32 body = area[1];
  outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(body, area);
  u32 stream = area[1];
  for (u32 at = 0; at < used; at += 4096) stream_write(stream, text + at, used - at < 4096 ? used - at : 4096, area);
  stream_drop(stream);
  body_finish(body, 0, 0, area);
}
