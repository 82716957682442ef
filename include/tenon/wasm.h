/* The standard C interface to WebAssembly, as Tenon gives it.
 *
 * Names, types and signatures are those of https://github.com/WebAssembly/wasm-c-api, so a program that was written for
 * another engine's wasm.h compiles and links with this one. docs/embedding-c.md is an introduction.
 *
 * Ownership
 *
 * WASM_OWN marks what changes hands. A result marked so belongs to the caller, who ends it with the `_delete` function
 * of its type. A parameter marked so belongs to the callee from then on, whatever the outcome. A parameter `out` is
 * written by the callee, and what it then holds belongs to the caller. Owning a vector means owning its elements.
 * Everything else is lent for the time of the call, or for as long as the object lives that it was asked of.
 *
 * References (modules, functions, globals, tables, memories, instances, traps, foreign objects) are handles. A copy is
 * another handle to the same thing; deleting a handle ends the handle. What lives in a store lives as long as the
 * store; foreign objects and what the guest allocates end when neither a handle nor the guest can reach them. A handle
 * may outlive its store: then it gives nothing (NULL, 0, false, or a trap), and can only be deleted.
 *
 * What Tenon adds to the standard's promises
 *
 * NULL is accepted wherever a pointer is: `_delete` does nothing, `_copy` gives NULL, and everything else gives NULL,
 * 0, false or a trap. Values of another type than asked for, things of another store, and too few arguments or results
 * give NULL, false or a trap, never undefined behaviour. A store and its handles serve one thread at a time; engines
 * and shared modules serve any number.
 */
#ifndef TENON_WASM_H
#define TENON_WASM_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WASM_API_EXTERN
#define WASM_API_EXTERN
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define WASM_OWN

/* --- Machine types ------------------------------------------------------------------------------------------------ */

typedef char byte_t;
typedef float float32_t;
typedef double float64_t;

/* --- Declarations that many types share --------------------------------------------------------------------------- */

/* An opaque type with its end. */
#define WASM_DECLARE_OWN(name)                    \
  typedef struct wasm_##name##_t wasm_##name##_t; \
  WASM_API_EXTERN void wasm_##name##_delete(WASM_OWN wasm_##name##_t*);

/* A vector of values (`star` empty) or of owned pointers (`star` is *). `new` takes the elements over; `copy` copies
 * them, `delete` deletes them. Uninitialized elements are zero. When memory is used up, the new vector is empty. */
#define WASM_DECLARE_VEC(name, star)                                                                          \
  typedef struct wasm_##name##_vec_t {                                                                        \
    size_t size;                                                                                              \
    wasm_##name##_t star* data;                                                                               \
  } wasm_##name##_vec_t;                                                                                      \
  WASM_API_EXTERN void wasm_##name##_vec_new_empty(WASM_OWN wasm_##name##_vec_t* out);                        \
  WASM_API_EXTERN void wasm_##name##_vec_new_uninitialized(WASM_OWN wasm_##name##_vec_t* out, size_t size);   \
  WASM_API_EXTERN void wasm_##name##_vec_new(WASM_OWN wasm_##name##_vec_t* out, size_t size,                  \
                                             WASM_OWN wasm_##name##_t star const elements[]);                 \
  WASM_API_EXTERN void wasm_##name##_vec_copy(WASM_OWN wasm_##name##_vec_t* out, const wasm_##name##_vec_t*); \
  WASM_API_EXTERN void wasm_##name##_vec_delete(WASM_OWN wasm_##name##_vec_t*);

/* A description of a type: an opaque type with copies and vectors. */
#define WASM_DECLARE_TYPE(name) \
  WASM_DECLARE_OWN(name)        \
  WASM_DECLARE_VEC(name, *)     \
  WASM_API_EXTERN WASM_OWN wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t*);

/* A reference. `same` tells whether two handles are of the same thing. Host information belongs to the thing, not to
 * the handle: every handle finds it. Its finalizer is called once: when other information replaces it, or when the
 * thing ends (at once, if it has ended already). */
#define WASM_DECLARE_REF_BASE(name)                                                             \
  WASM_DECLARE_OWN(name)                                                                        \
  WASM_API_EXTERN WASM_OWN wasm_##name##_t* wasm_##name##_copy(const wasm_##name##_t*);         \
  WASM_API_EXTERN bool wasm_##name##_same(const wasm_##name##_t*, const wasm_##name##_t*);      \
  WASM_API_EXTERN void* wasm_##name##_get_host_info(const wasm_##name##_t*);                    \
  WASM_API_EXTERN void wasm_##name##_set_host_info(wasm_##name##_t*, void* info);               \
  WASM_API_EXTERN void wasm_##name##_set_host_info_with_finalizer(wasm_##name##_t*, void* info, \
                                                                  void (*finalizer)(void*));

/* A kind of reference. Both directions give the same handle, seen as the other type; NULL if it is of another kind. */
#define WASM_DECLARE_REF(name)                                                          \
  WASM_DECLARE_REF_BASE(name)                                                           \
  WASM_API_EXTERN wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t*);                   \
  WASM_API_EXTERN wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t*);                     \
  WASM_API_EXTERN const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t*); \
  WASM_API_EXTERN const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t*);

/* A reference that may go to other stores of its engine, and so to other threads: `share` it here, `obtain` it there.
 */
#define WASM_DECLARE_SHARABLE_REF(name)                                                         \
  WASM_DECLARE_REF(name)                                                                        \
  WASM_DECLARE_OWN(shared_##name)                                                               \
  WASM_API_EXTERN WASM_OWN wasm_shared_##name##_t* wasm_##name##_share(const wasm_##name##_t*); \
  WASM_API_EXTERN WASM_OWN wasm_##name##_t* wasm_##name##_obtain(wasm_store_t*, const wasm_shared_##name##_t*);

/* --- Bytes and names ---------------------------------------------------------------------------------------------- */

typedef byte_t wasm_byte_t;
WASM_DECLARE_VEC(byte, )

/* UTF-8, not terminated unless said so. */
typedef wasm_byte_vec_t wasm_name_t;

#define wasm_name wasm_byte_vec
#define wasm_name_new wasm_byte_vec_new
#define wasm_name_new_empty wasm_byte_vec_new_empty
#define wasm_name_new_uninitialized wasm_byte_vec_new_uninitialized
#define wasm_name_new_new_uninitialized wasm_byte_vec_new_uninitialized /* the standard's spelling */
#define wasm_name_copy wasm_byte_vec_copy
#define wasm_name_delete wasm_byte_vec_delete

static inline void wasm_name_new_from_string(WASM_OWN wasm_name_t* out, const char* text) {
  wasm_name_new(out, strlen(text), text);
}
/* With the terminating zero as its last byte. */
static inline void wasm_name_new_from_string_nt(WASM_OWN wasm_name_t* out, const char* text) {
  wasm_name_new(out, strlen(text) + 1, text);
}

/* --- Engines and stores ------------------------------------------------------------------------------------------- */

WASM_DECLARE_OWN(config)
WASM_API_EXTERN WASM_OWN wasm_config_t* wasm_config_new(void);

WASM_DECLARE_OWN(engine)
WASM_API_EXTERN WASM_OWN wasm_engine_t* wasm_engine_new(void);
WASM_API_EXTERN WASM_OWN wasm_engine_t* wasm_engine_new_with_config(WASM_OWN wasm_config_t*);

/* The engine may be deleted before its stores. */
WASM_DECLARE_OWN(store)
WASM_API_EXTERN WASM_OWN wasm_store_t* wasm_store_new(wasm_engine_t*);

/* --- Types: parts ------------------------------------------------------------------------------------------------- */

typedef uint8_t wasm_mutability_t;
enum wasm_mutability_enum { WASM_CONST = 0, WASM_VAR = 1 };

/* In pages or elements. What does not fit (of 64-bit memories and tables) reads as the largest number. */
typedef struct wasm_limits_t {
  uint32_t min;
  uint32_t max;
} wasm_limits_t;

/* A limit that is not there. */
static const uint32_t wasm_limits_max_default = 0xffffffff;

/* The kinds of value. References to functions are WASM_FUNCREF, all others WASM_EXTERNREF, whatever their exact type,
 * which a `wasm_valtype_t` that the engine gave keeps. Vectors (v128) cannot pass through this interface: their kind is
 * 4, and a function that takes or gives one can be linked, not called. */
typedef uint8_t wasm_valkind_t;
enum wasm_valkind_enum {
  WASM_I32 = 0,
  WASM_I64 = 1,
  WASM_F32 = 2,
  WASM_F64 = 3,
  WASM_EXTERNREF = 128,
  WASM_FUNCREF = 129,
};

static inline bool wasm_valkind_is_num(wasm_valkind_t kind) { return kind < WASM_EXTERNREF; }
static inline bool wasm_valkind_is_ref(wasm_valkind_t kind) { return kind >= WASM_EXTERNREF; }

WASM_DECLARE_TYPE(valtype)
WASM_API_EXTERN WASM_OWN wasm_valtype_t* wasm_valtype_new(wasm_valkind_t); /* NULL for a kind that is not listed */
WASM_API_EXTERN wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t*);

static inline bool wasm_valtype_is_num(const wasm_valtype_t* type) {
  return wasm_valkind_is_num(wasm_valtype_kind(type));
}
static inline bool wasm_valtype_is_ref(const wasm_valtype_t* type) {
  return wasm_valkind_is_ref(wasm_valtype_kind(type));
}

/* --- Types of functions, globals, tables and memories ------------------------------------------------------------- */

WASM_DECLARE_TYPE(functype)
WASM_API_EXTERN WASM_OWN wasm_functype_t* wasm_functype_new(WASM_OWN wasm_valtype_vec_t* params,
                                                            WASM_OWN wasm_valtype_vec_t* results);
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t*);
WASM_API_EXTERN const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t*);

WASM_DECLARE_TYPE(globaltype)
WASM_API_EXTERN WASM_OWN wasm_globaltype_t* wasm_globaltype_new(WASM_OWN wasm_valtype_t*, wasm_mutability_t);
WASM_API_EXTERN const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t*);
WASM_API_EXTERN wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t*);

WASM_DECLARE_TYPE(tabletype)
WASM_API_EXTERN WASM_OWN wasm_tabletype_t* wasm_tabletype_new(WASM_OWN wasm_valtype_t*, const wasm_limits_t*);
WASM_API_EXTERN const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t*);
WASM_API_EXTERN const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t*);

WASM_DECLARE_TYPE(memorytype)
WASM_API_EXTERN WASM_OWN wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t*);
WASM_API_EXTERN const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t*);

/* --- Types of imports and exports --------------------------------------------------------------------------------- */

/* Exception tags have no type of their own in the standard; they appear with kind 4, and can be passed on. */
typedef uint8_t wasm_externkind_t;
enum wasm_externkind_enum {
  WASM_EXTERN_FUNC = 0,
  WASM_EXTERN_GLOBAL = 1,
  WASM_EXTERN_TABLE = 2,
  WASM_EXTERN_MEMORY = 3,
};

WASM_DECLARE_TYPE(externtype)
WASM_API_EXTERN wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t*);

/* The same object seen as the other type; NULL if it is of another kind. */
WASM_API_EXTERN wasm_externtype_t* wasm_functype_as_externtype(wasm_functype_t*);
WASM_API_EXTERN wasm_externtype_t* wasm_globaltype_as_externtype(wasm_globaltype_t*);
WASM_API_EXTERN wasm_externtype_t* wasm_tabletype_as_externtype(wasm_tabletype_t*);
WASM_API_EXTERN wasm_externtype_t* wasm_memorytype_as_externtype(wasm_memorytype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_functype_as_externtype_const(const wasm_functype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_globaltype_as_externtype_const(const wasm_globaltype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_tabletype_as_externtype_const(const wasm_tabletype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_memorytype_as_externtype_const(const wasm_memorytype_t*);
WASM_API_EXTERN wasm_functype_t* wasm_externtype_as_functype(wasm_externtype_t*);
WASM_API_EXTERN wasm_globaltype_t* wasm_externtype_as_globaltype(wasm_externtype_t*);
WASM_API_EXTERN wasm_tabletype_t* wasm_externtype_as_tabletype(wasm_externtype_t*);
WASM_API_EXTERN wasm_memorytype_t* wasm_externtype_as_memorytype(wasm_externtype_t*);
WASM_API_EXTERN const wasm_functype_t* wasm_externtype_as_functype_const(const wasm_externtype_t*);
WASM_API_EXTERN const wasm_globaltype_t* wasm_externtype_as_globaltype_const(const wasm_externtype_t*);
WASM_API_EXTERN const wasm_tabletype_t* wasm_externtype_as_tabletype_const(const wasm_externtype_t*);
WASM_API_EXTERN const wasm_memorytype_t* wasm_externtype_as_memorytype_const(const wasm_externtype_t*);

WASM_DECLARE_TYPE(importtype)
WASM_API_EXTERN WASM_OWN wasm_importtype_t* wasm_importtype_new(WASM_OWN wasm_name_t* module,
                                                                WASM_OWN wasm_name_t* name,
                                                                WASM_OWN wasm_externtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_importtype_module(const wasm_importtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_importtype_name(const wasm_importtype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t*);

WASM_DECLARE_TYPE(exporttype)
WASM_API_EXTERN WASM_OWN wasm_exporttype_t* wasm_exporttype_new(WASM_OWN wasm_name_t*, WASM_OWN wasm_externtype_t*);
WASM_API_EXTERN const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t*);
WASM_API_EXTERN const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t*);

/* --- References and values ---------------------------------------------------------------------------------------- */

WASM_DECLARE_REF_BASE(ref)

/* `of` holds what `kind` says; a null reference is NULL. */
typedef struct wasm_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    struct wasm_ref_t* ref;
  } of;
} wasm_val_t;

/* Ends the reference that the value owns, if it has one; the value itself is the caller's. */
WASM_API_EXTERN void wasm_val_delete(WASM_OWN wasm_val_t*);
WASM_API_EXTERN void wasm_val_copy(WASM_OWN wasm_val_t* out, const wasm_val_t*);
WASM_DECLARE_VEC(val, )

/* --- Traps and their frames --------------------------------------------------------------------------------------- */

WASM_DECLARE_OWN(frame)
WASM_DECLARE_VEC(frame, *)
WASM_API_EXTERN WASM_OWN wasm_frame_t* wasm_frame_copy(const wasm_frame_t*);

/* The instance, lent for as long as the frame lives; the function's index in its module; the instruction's offset from
 * the start of the function's body, and from the start of the module. */
WASM_API_EXTERN struct wasm_instance_t* wasm_frame_instance(const wasm_frame_t*);
WASM_API_EXTERN uint32_t wasm_frame_func_index(const wasm_frame_t*);
WASM_API_EXTERN size_t wasm_frame_func_offset(const wasm_frame_t*);
WASM_API_EXTERN size_t wasm_frame_module_offset(const wasm_frame_t*);

/* Terminated by a zero byte, which `size` counts. */
typedef wasm_name_t wasm_message_t;

WASM_DECLARE_REF(trap)
/* A message without its zero byte is accepted too. */
WASM_API_EXTERN WASM_OWN wasm_trap_t* wasm_trap_new(wasm_store_t*, const wasm_message_t*);
WASM_API_EXTERN void wasm_trap_message(const wasm_trap_t*, WASM_OWN wasm_message_t* out);
/* The innermost guest frame; NULL if there is none (a trap that has not passed through a guest). */
WASM_API_EXTERN WASM_OWN wasm_frame_t* wasm_trap_origin(const wasm_trap_t*);
/* The guest frames, innermost first; of very deep stacks the innermost ones. */
WASM_API_EXTERN void wasm_trap_trace(const wasm_trap_t*, WASM_OWN wasm_frame_vec_t* out);

/* --- Foreign objects ---------------------------------------------------------------------------------------------- */

/* An object of the host that guests can hold as an externref; its content is its host information. */
WASM_DECLARE_REF(foreign)
WASM_API_EXTERN WASM_OWN wasm_foreign_t* wasm_foreign_new(wasm_store_t*);

/* --- Modules ------------------------------------------------------------------------------------------------------ */

WASM_DECLARE_SHARABLE_REF(module)
/* Decodes and validates; NULL if that fails. The bytes are copied. */
WASM_API_EXTERN WASM_OWN wasm_module_t* wasm_module_new(wasm_store_t*, const wasm_byte_vec_t* binary);
WASM_API_EXTERN bool wasm_module_validate(wasm_store_t*, const wasm_byte_vec_t* binary);
WASM_API_EXTERN void wasm_module_imports(const wasm_module_t*, WASM_OWN wasm_importtype_vec_t* out);
WASM_API_EXTERN void wasm_module_exports(const wasm_module_t*, WASM_OWN wasm_exporttype_vec_t* out);
/* For this version of Tenon. What is read back is validated again: bytes from anywhere are safe. */
WASM_API_EXTERN void wasm_module_serialize(const wasm_module_t*, WASM_OWN wasm_byte_vec_t* out);
WASM_API_EXTERN WASM_OWN wasm_module_t* wasm_module_deserialize(wasm_store_t*, const wasm_byte_vec_t*);

/* --- Functions ---------------------------------------------------------------------------------------------------- */

WASM_DECLARE_REF(func)

/* A host function: `args` is lent; the callee writes owned values over `results`, whose kinds are set and whose number
 * is right, and returns NULL; or it returns a trap. */
typedef WASM_OWN wasm_trap_t* (*wasm_func_callback_t)(const wasm_val_vec_t* args, WASM_OWN wasm_val_vec_t* results);
typedef WASM_OWN wasm_trap_t* (*wasm_func_callback_with_env_t)(void* env, const wasm_val_vec_t* args,
                                                               wasm_val_vec_t* results);

WASM_API_EXTERN WASM_OWN wasm_func_t* wasm_func_new(wasm_store_t*, const wasm_functype_t*, wasm_func_callback_t);
/* `finalizer` (may be NULL) is called with `env` when the store ends; not, when this gives NULL. */
WASM_API_EXTERN WASM_OWN wasm_func_t* wasm_func_new_with_env(wasm_store_t*, const wasm_functype_t*,
                                                             wasm_func_callback_with_env_t, void* env,
                                                             void (*finalizer)(void*));
WASM_API_EXTERN WASM_OWN wasm_functype_t* wasm_func_type(const wasm_func_t*);
WASM_API_EXTERN size_t wasm_func_param_arity(const wasm_func_t*);
WASM_API_EXTERN size_t wasm_func_result_arity(const wasm_func_t*);
/* Calls. `results` has room for all results, and is overwritten; after a trap it is as it was. NULL is success. */
WASM_API_EXTERN WASM_OWN wasm_trap_t* wasm_func_call(const wasm_func_t*, const wasm_val_vec_t* args,
                                                     wasm_val_vec_t* results);

/* --- Globals ------------------------------------------------------------------------------------------------------ */

WASM_DECLARE_REF(global)
WASM_API_EXTERN WASM_OWN wasm_global_t* wasm_global_new(wasm_store_t*, const wasm_globaltype_t*, const wasm_val_t*);
WASM_API_EXTERN WASM_OWN wasm_globaltype_t* wasm_global_type(const wasm_global_t*);
WASM_API_EXTERN void wasm_global_get(const wasm_global_t*, WASM_OWN wasm_val_t* out);
/* Without effect on an immutable global, or with a value of another type. */
WASM_API_EXTERN void wasm_global_set(wasm_global_t*, const wasm_val_t*);

/* --- Tables ------------------------------------------------------------------------------------------------------- */

WASM_DECLARE_REF(table)
typedef uint32_t wasm_table_size_t;
WASM_API_EXTERN WASM_OWN wasm_table_t* wasm_table_new(wasm_store_t*, const wasm_tabletype_t*, wasm_ref_t* init);
WASM_API_EXTERN WASM_OWN wasm_tabletype_t* wasm_table_type(const wasm_table_t*);
/* NULL for null, and where there is no element. */
WASM_API_EXTERN WASM_OWN wasm_ref_t* wasm_table_get(const wasm_table_t*, wasm_table_size_t index);
WASM_API_EXTERN bool wasm_table_set(wasm_table_t*, wasm_table_size_t index, wasm_ref_t*);
WASM_API_EXTERN wasm_table_size_t wasm_table_size(const wasm_table_t*);
WASM_API_EXTERN bool wasm_table_grow(wasm_table_t*, wasm_table_size_t delta, wasm_ref_t* init);

/* --- Memories ----------------------------------------------------------------------------------------------------- */

WASM_DECLARE_REF(memory)
typedef uint32_t wasm_memory_pages_t;
static const size_t MEMORY_PAGE_SIZE = 0x10000;
WASM_API_EXTERN WASM_OWN wasm_memory_t* wasm_memory_new(wasm_store_t*, const wasm_memorytype_t*);
WASM_API_EXTERN WASM_OWN wasm_memorytype_t* wasm_memory_type(const wasm_memory_t*);
/* The address does not change while the store lives; growing makes the size larger. */
WASM_API_EXTERN byte_t* wasm_memory_data(wasm_memory_t*);
WASM_API_EXTERN size_t wasm_memory_data_size(const wasm_memory_t*);
WASM_API_EXTERN wasm_memory_pages_t wasm_memory_size(const wasm_memory_t*);
WASM_API_EXTERN bool wasm_memory_grow(wasm_memory_t*, wasm_memory_pages_t delta);

/* --- What is imported and exported -------------------------------------------------------------------------------- */

WASM_DECLARE_REF(extern)
WASM_DECLARE_VEC(extern, *)
WASM_API_EXTERN wasm_externkind_t wasm_extern_kind(const wasm_extern_t*);
WASM_API_EXTERN WASM_OWN wasm_externtype_t* wasm_extern_type(const wasm_extern_t*);

/* The same handle seen as the other type; NULL if it is of another kind. */
WASM_API_EXTERN wasm_extern_t* wasm_func_as_extern(wasm_func_t*);
WASM_API_EXTERN wasm_extern_t* wasm_global_as_extern(wasm_global_t*);
WASM_API_EXTERN wasm_extern_t* wasm_table_as_extern(wasm_table_t*);
WASM_API_EXTERN wasm_extern_t* wasm_memory_as_extern(wasm_memory_t*);
WASM_API_EXTERN const wasm_extern_t* wasm_func_as_extern_const(const wasm_func_t*);
WASM_API_EXTERN const wasm_extern_t* wasm_global_as_extern_const(const wasm_global_t*);
WASM_API_EXTERN const wasm_extern_t* wasm_table_as_extern_const(const wasm_table_t*);
WASM_API_EXTERN const wasm_extern_t* wasm_memory_as_extern_const(const wasm_memory_t*);
WASM_API_EXTERN wasm_func_t* wasm_extern_as_func(wasm_extern_t*);
WASM_API_EXTERN wasm_global_t* wasm_extern_as_global(wasm_extern_t*);
WASM_API_EXTERN wasm_table_t* wasm_extern_as_table(wasm_extern_t*);
WASM_API_EXTERN wasm_memory_t* wasm_extern_as_memory(wasm_extern_t*);
WASM_API_EXTERN const wasm_func_t* wasm_extern_as_func_const(const wasm_extern_t*);
WASM_API_EXTERN const wasm_global_t* wasm_extern_as_global_const(const wasm_extern_t*);
WASM_API_EXTERN const wasm_table_t* wasm_extern_as_table_const(const wasm_extern_t*);
WASM_API_EXTERN const wasm_memory_t* wasm_extern_as_memory_const(const wasm_extern_t*);

/* --- Instances ---------------------------------------------------------------------------------------------------- */

WASM_DECLARE_REF(instance)
/* `imports` are in the module's order. NULL if instantiation fails; then `*trap` (where `trap` is not NULL) says why,
 * for imports that are missing or have other types as well as for traps. Otherwise `*trap` is NULL. */
WASM_API_EXTERN WASM_OWN wasm_instance_t* wasm_instance_new(wasm_store_t*, const wasm_module_t*,
                                                            const wasm_extern_vec_t* imports,
                                                            WASM_OWN wasm_trap_t** trap);
/* In the order of the module's exports. */
WASM_API_EXTERN void wasm_instance_exports(const wasm_instance_t*, WASM_OWN wasm_extern_vec_t* out);

/* --- Short hands -------------------------------------------------------------------------------------------------- */

#define WASM_EMPTY_VEC {0, NULL}
#define WASM_ARRAY_VEC(array) {sizeof(array) / sizeof(*(array)), array}

static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_i32(void) { return wasm_valtype_new(WASM_I32); }
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_i64(void) { return wasm_valtype_new(WASM_I64); }
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_f32(void) { return wasm_valtype_new(WASM_F32); }
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_f64(void) { return wasm_valtype_new(WASM_F64); }
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_externref(void) { return wasm_valtype_new(WASM_EXTERNREF); }
static inline WASM_OWN wasm_valtype_t* wasm_valtype_new_funcref(void) { return wasm_valtype_new(WASM_FUNCREF); }

/* wasm_functype_new_P_R: a function type of P parameters and R results, all given as owned value types. */
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_0(void) {
  wasm_valtype_vec_t params = WASM_EMPTY_VEC, results = WASM_EMPTY_VEC;
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_0(WASM_OWN wasm_valtype_t* p) {
  wasm_valtype_t* ps[] = {p};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results = WASM_EMPTY_VEC;
  wasm_valtype_vec_new(&params, 1, ps);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_0(WASM_OWN wasm_valtype_t* p1,
                                                              WASM_OWN wasm_valtype_t* p2) {
  wasm_valtype_t* ps[] = {p1, p2};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results = WASM_EMPTY_VEC;
  wasm_valtype_vec_new(&params, 2, ps);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_0(WASM_OWN wasm_valtype_t* p1, WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3) {
  wasm_valtype_t* ps[] = {p1, p2, p3};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results = WASM_EMPTY_VEC;
  wasm_valtype_vec_new(&params, 3, ps);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_1(WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* rs[] = {r};
  wasm_valtype_vec_t params = WASM_EMPTY_VEC;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&results, 1, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_1(WASM_OWN wasm_valtype_t* p, WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* ps[] = {p};
  wasm_valtype_t* rs[] = {r};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 1, ps);
  wasm_valtype_vec_new(&results, 1, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_1(WASM_OWN wasm_valtype_t* p1, WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* ps[] = {p1, p2};
  wasm_valtype_t* rs[] = {r};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 2, ps);
  wasm_valtype_vec_new(&results, 1, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_1(WASM_OWN wasm_valtype_t* p1, WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3, WASM_OWN wasm_valtype_t* r) {
  wasm_valtype_t* ps[] = {p1, p2, p3};
  wasm_valtype_t* rs[] = {r};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 3, ps);
  wasm_valtype_vec_new(&results, 1, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_0_2(WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* rs[] = {r1, r2};
  wasm_valtype_vec_t params = WASM_EMPTY_VEC;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&results, 2, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_1_2(WASM_OWN wasm_valtype_t* p, WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* ps[] = {p};
  wasm_valtype_t* rs[] = {r1, r2};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 1, ps);
  wasm_valtype_vec_new(&results, 2, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_2_2(WASM_OWN wasm_valtype_t* p1, WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* ps[] = {p1, p2};
  wasm_valtype_t* rs[] = {r1, r2};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 2, ps);
  wasm_valtype_vec_new(&results, 2, rs);
  return wasm_functype_new(&params, &results);
}
static inline WASM_OWN wasm_functype_t* wasm_functype_new_3_2(WASM_OWN wasm_valtype_t* p1, WASM_OWN wasm_valtype_t* p2,
                                                              WASM_OWN wasm_valtype_t* p3, WASM_OWN wasm_valtype_t* r1,
                                                              WASM_OWN wasm_valtype_t* r2) {
  wasm_valtype_t* ps[] = {p1, p2, p3};
  wasm_valtype_t* rs[] = {r1, r2};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_t results;
  wasm_valtype_vec_new(&params, 3, ps);
  wasm_valtype_vec_new(&results, 2, rs);
  return wasm_functype_new(&params, &results);
}

/* A pointer of the host as an integer that guests can hold. */
static inline void wasm_val_init_ptr(WASM_OWN wasm_val_t* out, void* pointer) {
#if UINTPTR_MAX == UINT32_MAX
  out->kind = WASM_I32;
  out->of.i32 = (int32_t)(intptr_t)pointer;
#else
  out->kind = WASM_I64;
  out->of.i64 = (int64_t)(intptr_t)pointer;
#endif
}
static inline void* wasm_val_ptr(const wasm_val_t* value) {
#if UINTPTR_MAX == UINT32_MAX
  return (void*)(intptr_t)value->of.i32;
#else
  return (void*)(intptr_t)value->of.i64;
#endif
}

#define WASM_I32_VAL(value)                 \
  {                                         \
    .kind = WASM_I32, .of = {.i32 = value } \
  }
#define WASM_I64_VAL(value)                 \
  {                                         \
    .kind = WASM_I64, .of = {.i64 = value } \
  }
#define WASM_F32_VAL(value)                 \
  {                                         \
    .kind = WASM_F32, .of = {.f32 = value } \
  }
#define WASM_F64_VAL(value)                 \
  {                                         \
    .kind = WASM_F64, .of = {.f64 = value } \
  }
#define WASM_REF_VAL(value)                       \
  {                                               \
    .kind = WASM_EXTERNREF, .of = {.ref = value } \
  }
#define WASM_INIT_VAL                            \
  {                                              \
    .kind = WASM_EXTERNREF, .of = {.ref = NULL } \
  }

#undef WASM_OWN

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TENON_WASM_H */
