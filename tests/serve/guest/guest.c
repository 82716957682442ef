// A guest for the tests of the server: what it does is in the request's path. It is freestanding, and calls the
// canonical ABI itself, so that all that is needed to make it is a compiler.
//
//   clang-19 --target=wasm32 -nostdlib -O2 -Wl,--no-entry -o guest.core.wasm guest.c
//   tenon component embed -w handler world.wit guest.core.wasm -o embedded.wasm && tenon component new embedded.wasm ...
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
typedef unsigned u32;
typedef __SIZE_TYPE__ Size;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define TYPES "wasi:http/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

IMPORT(TYPES, "[constructor]fields") i32 fields_new(void);
IMPORT(TYPES, "[static]fields.from-list") void fields_from_list(void *items, i32 count, void *out);
IMPORT(TYPES, "[method]fields.get") void fields_get(i32 self, const char *name, i32 size, void *out);
IMPORT(TYPES, "[method]fields.has") i32 fields_has(i32 self, const char *name, i32 size);
IMPORT(TYPES, "[method]fields.set") void fields_set(i32 self, const char *name, i32 size, void *values, i32 count, void *out);
IMPORT(TYPES, "[method]fields.delete") void fields_delete(i32 self, const char *name, i32 size, void *out);
IMPORT(TYPES, "[method]fields.append") void fields_append(i32 self, const char *name, i32 size, const void *value, i32 length, void *out);
IMPORT(TYPES, "[method]fields.entries") void fields_entries(i32 self, void *out);
IMPORT(TYPES, "[method]fields.clone") i32 fields_clone(i32 self);
IMPORT(TYPES, "[resource-drop]fields") void fields_drop(i32 self);
IMPORT(TYPES, "[method]incoming-request.method") void request_method(i32 self, void *out);
IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_target(i32 self, void *out);
IMPORT(TYPES, "[method]incoming-request.scheme") void request_scheme(i32 self, void *out);
IMPORT(TYPES, "[method]incoming-request.authority") void request_authority(i32 self, void *out);
IMPORT(TYPES, "[method]incoming-request.headers") i32 request_headers(i32 self);
IMPORT(TYPES, "[resource-drop]incoming-request") void request_drop(i32 self);
IMPORT(TYPES, "[method]incoming-request.consume") void request_consume(i32 self, void *out);
IMPORT(TYPES, "[constructor]outgoing-request") i32 outgoing_new(i32 headers);
IMPORT(TYPES, "[method]outgoing-request.body") void outgoing_body(i32 self, void *out);
IMPORT(TYPES, "[method]outgoing-request.set-method") i32 outgoing_set_method(i32 self, i32 index, const char *name, i32 size);
IMPORT(TYPES, "[method]outgoing-request.set-path-with-query") i32 outgoing_set_target(i32 self, i32 is_some, const char *text, i32 size);
IMPORT(TYPES, "[method]outgoing-request.set-scheme") i32 outgoing_set_scheme(i32 self, i32 is_some, i32 index, const char *text, i32 size);
IMPORT(TYPES, "[method]outgoing-request.set-authority") i32 outgoing_set_authority(i32 self, i32 is_some, const char *text, i32 size);
IMPORT(TYPES, "[constructor]request-options") i32 options_new(void);
IMPORT(TYPES, "[method]request-options.set-first-byte-timeout") i32 options_first_byte(i32 self, i32 is_some, i64 time);
IMPORT(TYPES, "[static]response-outparam.set")
void outparam_set(i32 self, i32 is_error, i32 value, i32 p0, i64 p1, i32 p2, i32 p3, i32 p4, i32 p5);
IMPORT(TYPES, "[method]incoming-response.status") i32 response_status(i32 self);
IMPORT(TYPES, "[method]incoming-response.headers") i32 response_headers(i32 self);
IMPORT(TYPES, "[method]incoming-response.consume") void response_consume(i32 self, void *out);
IMPORT(TYPES, "[method]incoming-body.stream") void body_stream(i32 self, void *out);
IMPORT(TYPES, "[static]incoming-body.finish") i32 body_finish(i32 self);
IMPORT(TYPES, "[method]future-trailers.subscribe") i32 trailers_subscribe(i32 self);
IMPORT(TYPES, "[method]future-trailers.get") void trailers_get(i32 self, void *out);
IMPORT(TYPES, "[constructor]outgoing-response") i32 response_new(i32 headers);
IMPORT(TYPES, "[method]outgoing-response.set-status-code") i32 response_set_status(i32 self, i32 status);
IMPORT(TYPES, "[method]outgoing-response.headers") i32 response_own_headers(i32 self);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(i32 self, void *out);
IMPORT(TYPES, "[method]outgoing-body.write") void body_write(i32 self, void *out);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_end(i32 self, i32 is_some, i32 trailers, void *out);
IMPORT(TYPES, "[resource-drop]outgoing-body") void body_drop(i32 self);
IMPORT(TYPES, "[method]future-incoming-response.subscribe") i32 future_subscribe(i32 self);
IMPORT(TYPES, "[method]future-incoming-response.get") void future_get(i32 self, void *out);
IMPORT(TYPES, "http-error-code") void http_error_code(i32 error, void *out);
IMPORT("wasi:http/outgoing-handler@0.2.0", "handle") void send_request(i32 request, i32 is_some, i32 options, void *out);
IMPORT(STREAMS, "[method]input-stream.blocking-read") void stream_read(i32 self, i64 size, void *out);
IMPORT(STREAMS, "[resource-drop]input-stream") void input_drop(i32 self);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush") void stream_write(i32 self, const void *data, i32 size, void *out);
IMPORT(STREAMS, "[method]output-stream.blocking-splice") void stream_splice(i32 self, i32 from, i64 size, void *out);
IMPORT(STREAMS, "[resource-drop]output-stream") void output_drop(i32 self);
IMPORT("wasi:io/poll@0.2.0", "[method]pollable.block") void pollable_block(i32 self);
IMPORT("wasi:io/poll@0.2.0", "[resource-drop]pollable") void pollable_drop(i32 self);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "subscribe-duration") i32 subscribe_duration(i64 time);

// --- Memory: what is allocated goes with the next request.
extern u8 __heap_base;
static u8 *heap;
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, u32 old_size, u32 alignment, u32 size) {
  if (heap == 0) heap = &__heap_base;
  heap = (u8 *)(((u32)heap + alignment - 1) & ~(alignment - 1));
  u8 *result = heap;
  heap += size;
  u32 pages = __builtin_wasm_memory_size(0);
  u32 needed = ((u32)heap + 0xFFFF) >> 16;
  if (needed > pages && __builtin_wasm_memory_grow(0, needed - pages) == (u32)-1) __builtin_trap();
  for (u32 i = 0; i < old_size && i < size; ++i) result[i] = ((u8 *)old)[i];
  return result;
}
void *memset(void *to, int byte, Size size) {
  for (Size i = 0; i < size; ++i) ((volatile u8 *)to)[i] = (u8)byte;
  return to;
}
void *memcpy(void *to, const void *from, Size size) {
  for (Size i = 0; i < size; ++i) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
  return to;
}

// --- Texts
typedef struct {
  const char *at;
  i32 size;
} Text;
static i32 size_of(const char *text) {
  i32 size = 0;
  while (text[size]) ++size;
  return size;
}
static i32 begins(Text text, const char *with) {
  i32 size = size_of(with);
  if (text.size < size) return 0;
  for (i32 i = 0; i < size; ++i)
    if (text.at[i] != with[i]) return 0;
  return 1;
}
static Text behind(Text text, i32 size) { return (Text){text.at + size, text.size - size}; }
static i32 number(Text text) {
  i32 value = 0;
  for (i32 i = 0; i < text.size && text.at[i] >= '0' && text.at[i] <= '9'; ++i) value = value * 10 + text.at[i] - '0';
  return value;
}
static char room[65536];
static i32 used;
static void put(const char *text, i32 size) {
  for (i32 i = 0; i < size && used < (i32)sizeof room; ++i) room[used++] = text[i];
}
static void say(const char *text) { put(text, size_of(text)); }
static void say_number(u32 value) {
  char digits[12];
  i32 at = 12;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put(digits + at, 12 - at);
}

// Where results are written that are no single number.
static union {
  u8 bytes[128];
  i32 words[32];
} area;

static i32 taken(void) { return area.bytes[0] == 0 ? area.words[1] : -1; }
static void block_on(i32 pollable) {
  pollable_block(pollable);
  pollable_drop(pollable);
}

// --- Responses
static void give_error(i32 outparam, i32 code) { outparam_set(outparam, 1, code, 0, 0, 0, 0, 0, 0); }
static i32 start_response(i32 outparam, i32 status, i32 fields) {
  i32 response = response_new(fields);
  response_set_status(response, status);
  response_body(response, &area);
  i32 body = taken();
  outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  return body;
}
static i32 open_stream(i32 body) {
  body_write(body, &area);
  return taken();
}
// 0: done.
static i32 write(i32 stream, const char *data, i32 size) {
  while (size > 0) {
    i32 piece = size < 4096 ? size : 4096;
    stream_write(stream, data, piece, &area);
    if (area.bytes[0]) return 1;
    data += piece;
    size -= piece;
  }
  return 0;
}
static i32 finish(i32 body, i32 stream) {
  output_drop(stream);
  body_end(body, 0, 0, &area);
  return area.bytes[0];
}
static void respond(i32 outparam, i32 status, const char *text, i32 size) {
  i32 body = start_response(outparam, status, fields_new());
  i32 stream = open_stream(body);
  write(stream, text, size);
  finish(body, stream);
}

// --- What there is to do
static void echo(i32 request, i32 outparam) {
  request_consume(request, &area);
  i32 incoming = taken();
  body_stream(incoming, &area);
  i32 from = taken();
  i32 body = start_response(outparam, 200, fields_new());
  i32 to = open_stream(body);
  u8 *mark = heap;
  for (;;) {
    heap = mark;
    stream_read(from, 16384, &area);
    if (area.bytes[0]) break;
    if (write(to, (const char *)area.words[1], area.words[2])) return;
  }
  i32 failed = area.bytes[4] == 0;  // not closed, but an error
  input_drop(from);
  output_drop(to);
  if (failed) {
    body_drop(body);
    return;
  }
  i32 future = body_finish(incoming);
  block_on(trailers_subscribe(future));
  trailers_get(future, &area);
  i32 trailers = area.bytes[8] == 0 && area.bytes[16] == 0 && area.bytes[24] == 1 ? area.words[7] : -1;
  i32 own = trailers >= 0 ? fields_clone(trailers) : 0;
  body_end(body, trailers >= 0, own, &area);
}

static void info(i32 request, i32 outparam) {
  static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  used = 0;
  request_method(request, &area);
  if (area.bytes[0] < 9) say(methods[area.bytes[0]]);
  else put((char *)area.words[1], area.words[2]);
  say(" ");
  request_target(request, &area);
  put((char *)area.words[1], area.words[2]);
  say(" ");
  request_scheme(request, &area);
  say(area.bytes[0] != 1 || area.bytes[4] > 1 ? "? " : area.bytes[4] == 0 ? "http " : "https ");
  request_authority(request, &area);
  if (area.bytes[0]) put((char *)area.words[1], area.words[2]);
  say("\n");
  fields_entries(request_headers(request), &area);
  i32 *entry = (i32 *)area.words[0];
  for (i32 i = area.words[1]; i > 0; --i, entry += 4) {
    put((char *)entry[0], entry[1]);
    say(": ");
    put((char *)entry[2], entry[3]);
    say("\n");
  }
  respond(outparam, 200, room, used);
}

static void stream(Text argument, i32 outparam) {
  static char piece[1024];
  for (i32 i = 0; i < 1024; ++i) piece[i] = (char)('a' + i % 26);
  i32 body = start_response(outparam, 200, fields_new());
  i32 to = open_stream(body);
  for (i32 i = number(argument); i > 0; --i)
    if (write(to, piece, 1024)) return;
  finish(body, to);
}

// Pieces with time between them.
static void drip(Text argument, i32 outparam) {
  i32 body = start_response(outparam, 200, fields_new());
  i32 to = open_stream(body);
  for (i32 i = number(argument); i > 0; --i) {
    block_on(subscribe_duration(20000000));
    used = 0;
    say_number((u32)i);
    say("\n");
    if (write(to, room, used)) return;
  }
  finish(body, to);
}

static void header_result(const char *what) {
  static const char *const errors[] = {"invalid-syntax", "forbidden", "immutable"};
  say(what);
  say(area.bytes[0] ? errors[area.bytes[1]] : "ok");
  say("\n");
}
#define NAME(text) text, sizeof text - 1
static void fields(i32 request, i32 outparam) {
  used = 0;
  i32 own = fields_new();
  fields_append(own, NAME("X-One"), NAME("1"), &area);
  header_result("append: ");
  fields_append(own, NAME("x-one"), NAME("2"), &area);
  fields_append(own, NAME("bad name"), NAME("1"), &area);
  header_result("bad name: ");
  fields_append(own, NAME("x-two"), NAME("a\nb"), &area);
  header_result("bad value: ");
  fields_append(own, NAME("Transfer-Encoding"), NAME("chunked"), &area);
  header_result("forbidden: ");
  say("has: ");
  say_number((u32)fields_has(own, NAME("X-ONE")));
  say_number((u32)fields_has(own, NAME("x-three")));
  say_number((u32)fields_has(own, NAME("bad name")));
  fields_get(own, NAME("x-ONE"), &area);
  say("\nget: ");
  say_number((u32)area.words[1]);
  struct { const char *at; i32 size; } values[2] = {{"3", 1}, {"4", 1}};
  fields_set(own, NAME("x-one"), values, 2, &area);
  header_result("\nset: ");
  values[0].at = "\r";
  fields_set(own, NAME("x-one"), values, 1, &area);
  header_result("set bad: ");
  i32 copy = fields_clone(own);
  fields_delete(copy, NAME("x-one"), &area);
  header_result("delete: ");
  fields_delete(copy, NAME("host"), &area);
  header_result("delete forbidden: ");
  fields_delete(request_headers(request), NAME("x"), &area);
  header_result("delete immutable: ");
  fields_set(request_headers(request), NAME("x"), values, 0, &area);
  header_result("set immutable: ");
  struct { const char *name; i32 name_size; const char *value; i32 value_size; } list[2] = {
      {"a", 1, "1", 1}, {"keep-alive", 10, "1", 1}};
  fields_from_list(list, 1, &area);
  say("from-list: ");
  say(area.bytes[0] ? "error" : "ok");
  fields_from_list(list, 2, &area);
  area.bytes[1] = area.bytes[4];
  header_result("\nfrom-list forbidden: ");
  say("copy has: ");
  say_number((u32)fields_has(copy, NAME("x-one")));
  say("\nown has: ");
  say_number((u32)fields_has(own, NAME("x-one")));
  say("\n");
  i32 body = start_response(outparam, 200, own);
  i32 to = open_stream(body);
  write(to, room, used);
  finish(body, to);
}

// "/proxy/AUTHORITY/PATH": asks there over HTTP with what it is asked, and gives what comes. "/proxys/" over TLS.
static void proxy(i32 request, Text place, i32 is_tls, i32 outparam) {
  i32 slash = 0;
  while (slash < place.size && place.at[slash] != '/') ++slash;
  i32 outgoing = outgoing_new(fields_new());
  request_method(request, &area);
  outgoing_set_method(outgoing, area.bytes[0], (char *)area.words[1], area.words[2]);
  outgoing_set_scheme(outgoing, 1, is_tls, 0, 0);
  if (outgoing_set_authority(outgoing, 1, place.at, slash)) return give_error(outparam, 19);
  if (slash < place.size) outgoing_set_target(outgoing, 1, place.at + slash, place.size - slash);
  outgoing_body(outgoing, &area);
  i32 sent = taken();
  i32 options = options_new();
  options_first_byte(options, 1, 500000000);
  send_request(outgoing, 1, options, &area);
  if (area.bytes[0]) return give_error(outparam, area.bytes[8]);
  i32 future = area.words[2];
  request_consume(request, &area);
  i32 asked = taken();
  body_stream(asked, &area);
  i32 from = taken();
  i32 to = open_stream(sent);
  do stream_splice(to, from, 65536, &area);
  while (area.bytes[0] == 0);
  input_drop(from);
  finish(sent, to);
  block_on(future_subscribe(future));
  future_get(future, &area);
  if (area.bytes[16]) return give_error(outparam, area.bytes[24]);
  i32 response = area.words[6];
  i32 body = start_response(outparam, response_status(response), fields_clone(response_headers(response)));
  to = open_stream(body);
  response_consume(response, &area);
  i32 incoming = taken();
  body_stream(incoming, &area);
  from = taken();
  do stream_splice(to, from, 65536, &area);
  while (area.bytes[0] == 0);
  i32 failed = area.bytes[8] == 0;
  input_drop(from);
  output_drop(to);
  failed ? body_drop(body) : body_end(body, 0, 0, &area);
}

static void grow(void) {
  volatile u8 *at;
  for (;;) {
    u32 pages = __builtin_wasm_memory_grow(0, 16);
    if (pages == (u32)-1) __builtin_trap();
    at = (u8 *)(pages << 16);
    *at = 1;
  }
}

// A body that says it has ten bytes: gives what the end of it says.
static void ten_bytes(Text argument, i32 outparam) {
  i32 headers = fields_new();
  fields_append(headers, NAME("content-length"), NAME("10"), &area);
  i32 body = start_response(outparam, 200, headers);
  i32 to = open_stream(body);
  write(to, "0123456789ABCDEF", number(argument));
  finish(body, to);
}

static i32 count;
static void serve(i32 request, i32 outparam) {
  request_target(request, &area);
  Text path = {(char *)area.words[1], area.words[2]};
  if (begins(path, "/hello")) return respond(outparam, 200, NAME("hello"));
  if (begins(path, "/echo")) return echo(request, outparam);
  if (begins(path, "/info")) return info(request, outparam);
  if (begins(path, "/stream/")) return stream(behind(path, 8), outparam);
  if (begins(path, "/drip/")) return drip(behind(path, 6), outparam);
  if (begins(path, "/fields")) return fields(request, outparam);
  if (begins(path, "/proxy/")) return proxy(request, behind(path, 7), 0, outparam);
  if (begins(path, "/proxys/")) return proxy(request, behind(path, 8), 1, outparam);
  if (begins(path, "/status/")) return respond(outparam, number(behind(path, 8)), NAME(""));
  if (begins(path, "/ten/")) return ten_bytes(behind(path, 5), outparam);
  if (begins(path, "/error/")) return give_error(outparam, number(behind(path, 7)));
  if (begins(path, "/count")) {
    used = 0;
    say_number((u32)count);
    return respond(outparam, 200, room, used);
  }
  if (begins(path, "/sleep/")) {
    block_on(subscribe_duration((i64)number(behind(path, 7)) * 1000000));
    return respond(outparam, 200, NAME("slept"));
  }
  if (begins(path, "/trap")) __builtin_trap();
  if (begins(path, "/late-trap")) {
    i32 body = start_response(outparam, 200, fields_new());
    i32 to = open_stream(body);
    write(to, NAME("the beginning"));
    block_on(subscribe_duration(50000000));
    __builtin_trap();
  }
  if (begins(path, "/unfinished")) {
    i32 body = start_response(outparam, 200, fields_new());
    i32 to = open_stream(body);
    write(to, NAME("the beginning"));
    block_on(subscribe_duration(50000000));
    return;
  }
  if (begins(path, "/hang"))
    for (volatile i32 i = 0;; ++i) {
    }
  if (begins(path, "/grow")) grow();
  if (begins(path, "/silent")) return;
  if (begins(path, "/fill"))
    for (;;) fields_new();
  respond(outparam, 404, NAME("no such path\n"));
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(i32 request, i32 outparam) {
  heap = &__heap_base;
  ++count;
  serve(request, outparam);
  request_drop(request);
}
