// Answers requests: /loop never ends, everything else says which page was asked for. Written against the canonical ABI;
// a bindings generator would write the upper half.
#define IMPORT(module, name) __attribute__((import_module("wasi:" module "@0.2.0"), import_name(name)))
IMPORT("http/types", "[constructor]fields") int new_fields(void);
IMPORT("http/types", "[method]incoming-request.path-with-query") void get_path(int request, int* result);
IMPORT("http/types", "[constructor]outgoing-response") int new_response(int fields);
IMPORT("http/types", "[method]outgoing-response.body") void get_body(int response, int* result);
IMPORT("http/types", "[method]outgoing-body.write") void get_stream(int body, int* result);
IMPORT("http/types", "[static]outgoing-body.finish") void finish(int body, int has_trailers, int trailers, int* result);
IMPORT("http/types", "[static]response-outparam.set")
void respond(int outparam, int is_error, int response, int, long long, int, int, int, int);
IMPORT("io/streams", "[method]output-stream.blocking-write-and-flush")
void write_bytes(int stream, const char* bytes, int size, int* result);
IMPORT("io/streams", "[resource-drop]output-stream") void drop_stream(int stream);

static _Alignas(8) int result[16];
static char path[4096];

// The only thing that is given to us in memory is a path.
__attribute__((export_name("cabi_realloc"))) void* cabi_realloc(void* old, int old_size, int alignment, int size) {
  if (size > (int)sizeof path) __builtin_trap();
  return path;
}

static void write_text(int stream, const char* text, int size) { write_bytes(stream, text, size, result); }

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(int request, int outparam) {
  get_path(request, result);
  int length = result[0] ? result[2] : 0;
  while (length == 5 && path[1] == 'l' && path[2] == 'o' && path[3] == 'o' && path[4] == 'p') {
  }
  int response = new_response(new_fields());
  get_body(response, result);
  int body = result[1];
  respond(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  get_stream(body, result);
  int stream = result[1];
  write_text(stream, "This is the page ", 17);
  write_text(stream, path, length);
  write_text(stream, "\n", 1);
  drop_stream(stream);
  finish(body, 0, 0, result);
}
