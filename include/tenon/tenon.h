/* Components and WASI in C.
 *
 * This header goes on where the standard's wasm.h (tenon/wasm.h) ends: engines and stores are those of wasm.h, and one
 * store may hold core modules and components. docs/embedding-c.md is an introduction.
 *
 *   tenon_component_t* component;
 *   tenon_error_t* error = tenon_component_load(engine, "calc.wasm", &component);
 *   ...
 *   tenon_val_t arguments[] = {tenon_val_u32(2), tenon_val_u32(3)}, five;
 *   error = tenon_func_call(add, arguments, 2, &five);
 *
 * Ownership is written as in wasm.h: TENON_OWN marks what changes hands, and each type ends with its `_delete`. What
 * can fail gives an error, or NULL if all went well; a parameter `out` is written in that case only. Values
 * (tenon_val_t) are small and passed as they are; those that somebody gives you are yours, those that you pass are only
 * looked at.
 *
 * Texts are UTF-8. Those that end with a zero byte are lent for as long as what they were asked of lives.
 *
 * As in wasm.h, NULL is accepted wherever a pointer is, and so are handles of a store that has ended, values of other
 * types and things of other stores: the result is an error of kind `usage`, or nothing. A store and what belongs to it
 * serve one thread at a time; engines and components serve any number.
 */
#ifndef TENON_TENON_H
#define TENON_TENON_H

#include "tenon/wasm.h"

#define TENON_OWN

#ifdef __cplusplus
extern "C" {
#endif

/* --- Errors --- */

typedef uint8_t tenon_error_kind_t;
enum tenon_error_kind_enum {
  TENON_ERROR_MALFORMED,  /* the input is not WebAssembly, or not of a known form */
  TENON_ERROR_INVALID,    /* the input breaks a rule of validation */
  TENON_ERROR_UNLINKABLE, /* an import is missing, or has another type */
  TENON_ERROR_TRAP,       /* the guest trapped */
  TENON_ERROR_EXHAUSTED,  /* a limit, or the host's memory, is used up */
  TENON_ERROR_IO,         /* a file, socket or clock refused */
  TENON_ERROR_USAGE,      /* the caller misused the interface */
  TENON_ERROR_EXIT,       /* the guest ended itself; the code is its exit code */
};

typedef struct tenon_error_t tenon_error_t;
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_error_new(tenon_error_kind_t kind, const char* message);
WASM_API_EXTERN void tenon_error_delete(TENON_OWN tenon_error_t*);
WASM_API_EXTERN tenon_error_kind_t tenon_error_kind(const tenon_error_t*);
/* What was expected and what was found. */
WASM_API_EXTERN const char* tenon_error_message(const tenon_error_t*);
/* What the place is part of, or the lines of a trap's backtrace; may be empty. */
WASM_API_EXTERN const char* tenon_error_context(const tenon_error_t*);
WASM_API_EXTERN uint32_t tenon_error_code(const tenon_error_t*);

/* --- Engines and stores --- */

typedef uint8_t tenon_tier_t;
enum tenon_tier_enum { TENON_TIER_INTERPRETER, TENON_TIER_OPTIMIZING, TENON_TIER_AUTO };

typedef struct tenon_engine_options_t {
  tenon_tier_t tier;
  bool fuel;         /* count what guests execute, so that stores can limit it */
  const char* cache; /* the folder for compiled code, this user's own; NULL: it is not kept */
} tenon_engine_options_t;
WASM_API_EXTERN TENON_OWN wasm_engine_t* tenon_engine_new(const tenon_engine_options_t*);

/* What a store may use; zero: the usual. */
typedef struct tenon_limits_t {
  uint64_t memory_bytes; /* all memories together */
  uint64_t table_elements;
  uint64_t gc_bytes;
  uint32_t instances;
  size_t stack_bytes;
  uint64_t call_nanoseconds; /* how long one call from the host may take; zero: any time */
} tenon_limits_t;
WASM_API_EXTERN TENON_OWN wasm_store_t* tenon_store_new(wasm_engine_t*, const tenon_limits_t*);
/* Units that guests may still execute, in stores of engines that count them. */
WASM_API_EXTERN void tenon_store_set_fuel(wasm_store_t*, uint64_t units);
WASM_API_EXTERN uint64_t tenon_store_fuel(const wasm_store_t*);
/* Stops the guest code that runs in the store; from any thread while the store lives. */
WASM_API_EXTERN void tenon_store_interrupt(wasm_store_t*);

/* --- Values --- */

typedef uint8_t tenon_valkind_t;
enum tenon_valkind_enum {
  TENON_BOOL,
  TENON_S8,
  TENON_U8,
  TENON_S16,
  TENON_U16,
  TENON_S32,
  TENON_U32,
  TENON_S64,
  TENON_U64,
  TENON_F32,
  TENON_F64,
  TENON_CHAR,
  TENON_STRING,
  TENON_LIST,         /* maps are lists of records of two */
  TENON_RECORD,       /* and tuples */
  TENON_VARIANT,      /* and enums, options and results: none and ok are case 0 */
  TENON_FLAGS,        /* the first label is bit 0 */
  TENON_HANDLE,       /* resources, streams, futures, error contexts */
  TENON_ABSENT = 255, /* no value: the result of a function that has none, the payload of a case without one */
};

/* A value of the component model, without its type: fields have no labels, and cases are numbers. Each that was made or
 * given needs one `tenon_val_delete`; moving its words elsewhere moves it. */
typedef struct tenon_val_t {
  uint64_t words[2];
} tenon_val_t;

WASM_API_EXTERN void tenon_val_delete(TENON_OWN tenon_val_t*);
/* The same value once more; what lies behind it is shared. */
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_copy(const tenon_val_t*);
WASM_API_EXTERN tenon_valkind_t tenon_val_kind(const tenon_val_t*);
WASM_API_EXTERN bool tenon_val_same(const tenon_val_t*, const tenon_val_t*);

WASM_API_EXTERN tenon_val_t tenon_val_absent(void);
WASM_API_EXTERN tenon_val_t tenon_val_bool(bool);
WASM_API_EXTERN tenon_val_t tenon_val_s8(int8_t);
WASM_API_EXTERN tenon_val_t tenon_val_u8(uint8_t);
WASM_API_EXTERN tenon_val_t tenon_val_s16(int16_t);
WASM_API_EXTERN tenon_val_t tenon_val_u16(uint16_t);
WASM_API_EXTERN tenon_val_t tenon_val_s32(int32_t);
WASM_API_EXTERN tenon_val_t tenon_val_u32(uint32_t);
WASM_API_EXTERN tenon_val_t tenon_val_s64(int64_t);
WASM_API_EXTERN tenon_val_t tenon_val_u64(uint64_t);
WASM_API_EXTERN tenon_val_t tenon_val_f32(float);
WASM_API_EXTERN tenon_val_t tenon_val_f64(double);
WASM_API_EXTERN tenon_val_t tenon_val_char(uint32_t);
WASM_API_EXTERN tenon_val_t tenon_val_flags(uint32_t bits);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_string(const char* text, size_t size);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_text(const char* text_with_zero);
/* Items, fields and payloads are shared with the new value; those that were passed stay yours. */
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_list(const tenon_val_t* items, size_t count);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_record(const tenon_val_t* fields, size_t count);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_variant(uint32_t index, const tenon_val_t* payload_or_null);
/* A list of numbers or bools as they lie in memory, little-endian; `size` is in bytes. */
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_numbers(tenon_valkind_t element, const void* numbers, size_t size);
/* A resource of the host, by the number that the host chose for it. */
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_resource(uint64_t rep);

/* What lies in the value; 0 for kinds that hold no such thing. */
WASM_API_EXTERN bool tenon_val_get_bool(const tenon_val_t*);
WASM_API_EXTERN int64_t tenon_val_get_signed(const tenon_val_t*);    /* s8 to s64 */
WASM_API_EXTERN uint64_t tenon_val_get_unsigned(const tenon_val_t*); /* u8 to u64 */
WASM_API_EXTERN float tenon_val_get_f32(const tenon_val_t*);
WASM_API_EXTERN double tenon_val_get_f64(const tenon_val_t*);
WASM_API_EXTERN uint32_t tenon_val_get_char(const tenon_val_t*);
WASM_API_EXTERN uint32_t tenon_val_get_flags(const tenon_val_t*);
WASM_API_EXTERN uint32_t tenon_val_get_case(const tenon_val_t*);
WASM_API_EXTERN uint64_t tenon_val_get_rep(const tenon_val_t*); /* of a resource of the host */
/* Lent, without a zero byte at its end. */
WASM_API_EXTERN const char* tenon_val_get_string(const tenon_val_t*, size_t* size);
/* Elements of a list, fields of a record. */
WASM_API_EXTERN size_t tenon_val_size(const tenon_val_t*);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_item(const tenon_val_t*, size_t index);
WASM_API_EXTERN TENON_OWN tenon_val_t tenon_val_payload(const tenon_val_t*);
/* The numbers of a list of numbers or bools, as they lie in memory, lent; NULL for other lists. `size` is in bytes. */
WASM_API_EXTERN const void* tenon_val_get_numbers(const tenon_val_t*, tenon_valkind_t* element, size_t* size);

/* --- Components --- */

typedef struct tenon_component_t tenon_component_t;
/* Binary or text. Errors: malformed, invalid, exhausted; io. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_component_new(wasm_engine_t*, const char* bytes, size_t size,
                                                             TENON_OWN tenon_component_t** out);
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_component_load(wasm_engine_t*, const char* path,
                                                              TENON_OWN tenon_component_t** out);
WASM_API_EXTERN void tenon_component_delete(TENON_OWN tenon_component_t*);
/* Shows each import or export: the instance that it stands in, or "", its name, and its type in WIT's notation. */
typedef void (*tenon_item_visitor_t)(void* data, const char* instance, const char* name, const char* type);
WASM_API_EXTERN void tenon_component_imports(const tenon_component_t*, tenon_item_visitor_t, void* data);
WASM_API_EXTERN void tenon_component_exports(const tenon_component_t*, tenon_item_visitor_t, void* data);

/* --- Linkers --- */

typedef struct tenon_linker_t tenon_linker_t;
WASM_API_EXTERN TENON_OWN tenon_linker_t* tenon_linker_new(wasm_engine_t*);
WASM_API_EXTERN void tenon_linker_delete(TENON_OWN tenon_linker_t*);

/* A host function. The arguments are lent; `result` is absent before, and takes the result of a function that has one.
 * What it returns is the error that the guest traps with, or NULL. */
typedef TENON_OWN tenon_error_t* (*tenon_host_func_t)(void* data, const tenon_val_t* arguments, size_t count,
                                                      tenon_val_t* result);
/* Defines an import: `instance` names the imported instance, usually an interface; "" stands for imports of the
 * component itself. `finalize` (may be NULL) is called with `data` when nobody can call the function any more. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_define_func(tenon_linker_t*, const char* instance,
                                                                  const char* name, tenon_host_func_t, void* data,
                                                                  void (*finalize)(void* data));

/* The right to finish one call of a host function that takes its time, once, on the thread that serves the store. */
typedef struct tenon_completion_t tenon_completion_t;
WASM_API_EXTERN void tenon_completion_delete(TENON_OWN tenon_completion_t*);
/* `result` may be NULL or absent. Without effect when the call is over. Errors: trap; usage (another type; the call
 * waits on). */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_completion_resolve(const tenon_completion_t*, const tenon_val_t* result);
/* The guest that called traps with this error. */
WASM_API_EXTERN void tenon_completion_reject(const tenon_completion_t*, TENON_OWN tenon_error_t*);
/* A host function that keeps the completion, and resolves it at once, later, or never. */
typedef TENON_OWN tenon_error_t* (*tenon_async_host_func_t)(void* data, const tenon_val_t* arguments, size_t count,
                                                            TENON_OWN tenon_completion_t*);
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_define_async_func(tenon_linker_t*, const char* instance,
                                                                        const char* name, tenon_async_host_func_t,
                                                                        void* data, void (*finalize)(void* data));

/* A resource type of the host. `destroy` (may be NULL) is called with the number of each resource that goes. The same
 * type may be defined in several instances. */
typedef struct tenon_resource_type_t tenon_resource_type_t;
WASM_API_EXTERN TENON_OWN tenon_resource_type_t* tenon_resource_type_new(const char* name,
                                                                         void (*destroy)(void* data, uint64_t rep),
                                                                         void* data, void (*finalize)(void* data));
WASM_API_EXTERN void tenon_resource_type_delete(TENON_OWN tenon_resource_type_t*);
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_define_resource(tenon_linker_t*, const char* instance,
                                                                      const char* name, const tenon_resource_type_t*);

/* --- WASI: what guests are given; nothing that is not named --- */

typedef struct tenon_wasi_t tenon_wasi_t;
WASM_API_EXTERN TENON_OWN tenon_wasi_t* tenon_wasi_new(void);
WASM_API_EXTERN void tenon_wasi_delete(TENON_OWN tenon_wasi_t*);
WASM_API_EXTERN void tenon_wasi_add_argument(tenon_wasi_t*, const char* value); /* the first is the program's name */
WASM_API_EXTERN void tenon_wasi_add_variable(tenon_wasi_t*, const char* name, const char* value);
WASM_API_EXTERN void tenon_wasi_inherit_variables(tenon_wasi_t*);
WASM_API_EXTERN void tenon_wasi_inherit_stdio(tenon_wasi_t*);
WASM_API_EXTERN void tenon_wasi_set_input(tenon_wasi_t*, const char* bytes, size_t size);
typedef void (*tenon_sink_t)(void* data, const char* bytes, size_t size);
WASM_API_EXTERN void tenon_wasi_set_output(tenon_wasi_t*, tenon_sink_t, void* data);
WASM_API_EXTERN void tenon_wasi_set_errors(tenon_wasi_t*, tenon_sink_t, void* data);
WASM_API_EXTERN void tenon_wasi_add_directory(tenon_wasi_t*, const char* host_path, const char* guest_path,
                                              bool may_write);
WASM_API_EXTERN void tenon_wasi_allow_network(tenon_wasi_t*, const char* pattern); /* HOST:PORT, each may be `*` */
/* Defines all of WASI for the guests of this linker. Errors: io (a directory that cannot be opened), usage. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_define_wasi(tenon_linker_t*, const tenon_wasi_t*);

/* --- Instances and functions --- */

typedef struct tenon_instance_t tenon_instance_t;
/* Errors: unlinkable (names the import, and what was expected and given), trap, exhausted. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_instantiate(const tenon_linker_t*, wasm_store_t*,
                                                                  const tenon_component_t*,
                                                                  TENON_OWN tenon_instance_t** out);
WASM_API_EXTERN void tenon_instance_delete(TENON_OWN tenon_instance_t*);
/* All exports of an instance, for components that import an instance of that name. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_linker_define_instance(tenon_linker_t*, const char* name,
                                                                      const tenon_instance_t*);

typedef struct tenon_func_t tenon_func_t;
/* A function that is exported in `interface`, or, with "", by the component itself. Errors: usage. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_instance_func(const tenon_instance_t*, const char* interface,
                                                             const char* name, TENON_OWN tenon_func_t** out);
WASM_API_EXTERN void tenon_func_delete(TENON_OWN tenon_func_t*);
/* "func(a: u32) -> string". */
WASM_API_EXTERN const char* tenon_func_type(const tenon_func_t*);
WASM_API_EXTERN bool tenon_func_is_async(const tenon_func_t*);
/* Calls it; an async one drives its store until it is over. `result` (may be NULL) is absent if there is none. Errors:
 * usage, trap, exhausted, or what a host function gave. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_func_call(const tenon_func_t*, const tenon_val_t* arguments,
                                                         size_t count, TENON_OWN tenon_val_t* result);
/* The same with texts: arguments as "(1, \"x\", {a: [1, 2]})"; the result, or "", ends with a zero byte, and goes with
 * `tenon_text_delete`. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_func_call_text(const tenon_func_t*, const char* arguments,
                                                              TENON_OWN char** result);
WASM_API_EXTERN void tenon_text_delete(TENON_OWN char*);

/* --- Calls that take their time --- */

/* A call that may be under way. Letting go of it changes nothing for the guest. */
typedef struct tenon_task_t tenon_task_t;
/* Called once, between turns of guests: with an error, or with the result, which is lent. */
typedef void (*tenon_when_done_t)(void* data, TENON_OWN tenon_error_t*, const tenon_val_t* result);
/* Starts a call. Who gives no `done` asks the task. Errors are given to `done`, or kept by the task; those of the
 * return value are NULL arguments. `out` may be NULL. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_func_start(const tenon_func_t*, const tenon_val_t* arguments,
                                                          size_t count, tenon_when_done_t done, void* data,
                                                          TENON_OWN tenon_task_t** out);
WASM_API_EXTERN void tenon_task_delete(TENON_OWN tenon_task_t*);
/* The result was given, or an error. The guest may go on all the same, until `has_ended`. */
WASM_API_EXTERN bool tenon_task_is_done(const tenon_task_t*);
WASM_API_EXTERN bool tenon_task_has_ended(const tenon_task_t*);
/* The result of a task that is done and has no callback, once. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_task_take(tenon_task_t*, TENON_OWN tenon_val_t* result);
/* Asks the guest to end early. Errors: trap. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_task_cancel(const tenon_task_t*);

/* Lets guests go on as far as they can without waiting; `is_under_way` (may be NULL): something waits still. Errors:
 * trap, usage (called by a host function). */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_store_run_ready(wasm_store_t*, bool* is_under_way);
/* Lets guests and the host's events go on until `is_done`, which is asked between any two turns. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_store_run_until(wasm_store_t*, bool (*is_done)(void* data), void* data);
/* The same until the task is done. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_task_wait(const tenon_task_t*);
/* Calls the function between two turns of guests. */
WASM_API_EXTERN void tenon_store_post(wasm_store_t*, void (*function)(void* data), void* data);

/* --- Streams and futures --- */

typedef uint8_t tenon_end_kind_t;
enum tenon_end_kind_enum {
  TENON_STREAM,      /* of values of any type */
  TENON_BYTE_STREAM, /* stream<u8>: moved in one piece */
  TENON_FUTURE,
};
/* How far an operation got. */
typedef struct tenon_copied_t {
  size_t count; /* elements */
  bool is_over; /* the other end is gone: no more will come, or be taken */
  bool is_cancelled;
  const uint8_t* bytes;      /* what was read of a stream of bytes; lent */
  const tenon_val_t* values; /* what was read of others; lent */
} tenon_copied_t;
/* Called once, between turns of guests. */
typedef void (*tenon_when_copied_t)(void* data, TENON_OWN tenon_error_t*, const tenon_copied_t*);

typedef struct tenon_reader_t tenon_reader_t;
typedef struct tenon_writer_t tenon_writer_t;
/* A pair of ends; the readable one is a value that functions take and give. Errors: usage, exhausted. */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_pair_new(wasm_store_t*, tenon_end_kind_t,
                                                        TENON_OWN tenon_writer_t** writer,
                                                        TENON_OWN tenon_val_t* readable);
/* Takes over the readable end that is in a value, once. Errors: usage (it holds none of this kind, or was taken). */
WASM_API_EXTERN TENON_OWN tenon_error_t* tenon_reader_new(const tenon_val_t* readable, tenon_end_kind_t,
                                                          TENON_OWN tenon_reader_t** out);
/* Deleting an end closes it, and cancels what is under way. */
WASM_API_EXTERN void tenon_reader_delete(TENON_OWN tenon_reader_t*);
WASM_API_EXTERN void tenon_writer_delete(TENON_OWN tenon_writer_t*);
/* Reads at least one element and at most `most`, as soon as there are some; one operation at a time. Errors of the
 * callback: usage, trap; of a future also: it will have no value. */
WASM_API_EXTERN void tenon_reader_read(tenon_reader_t*, size_t most, tenon_when_copied_t, void* data);
WASM_API_EXTERN void tenon_reader_cancel(tenon_reader_t*);
/* Writes all elements, at the reader's pace. `done` may be NULL. */
WASM_API_EXTERN void tenon_writer_write(tenon_writer_t*, const tenon_val_t* values, size_t count,
                                        tenon_when_copied_t done, void* data);
WASM_API_EXTERN void tenon_writer_write_bytes(tenon_writer_t*, const uint8_t* bytes, size_t count,
                                              tenon_when_copied_t done, void* data);
WASM_API_EXTERN void tenon_writer_cancel(tenon_writer_t*);

#ifdef __cplusplus
}
#endif

#undef TENON_OWN

#endif
