/* A component with imports of the host, called with values and with text. */
#include "component_support.h"

static char line[64];
static int finalized = 0;
static int destroyed = 0;
static int shown = 0;

static tenon_error_t* write_line(void* data, const tenon_val_t* arguments, size_t count, tenon_val_t* result) {
  CHECK(data == line && count == 1 && tenon_val_kind(result) == TENON_ABSENT);
  size_t size;
  const char* text = tenon_val_get_string(&arguments[0], &size);
  CHECK(size < sizeof line);
  if (size == 0) return tenon_error_new(TENON_ERROR_TRAP, "an empty line");
  memcpy(line, text, size);
  line[size] = 0;
  return NULL;
}

static tenon_error_t* make_thing(void* data, const tenon_val_t* arguments, size_t count, tenon_val_t* result) {
  CHECK(data == NULL && count == 1);
  *result = tenon_val_resource(1000 + tenon_val_get_unsigned(&arguments[0]));
  return NULL;
}

static tenon_error_t* get_thing(void* data, const tenon_val_t* arguments, size_t count, tenon_val_t* result) {
  CHECK(data == NULL && count == 1);
  *result = tenon_val_u32((uint32_t)tenon_val_get_rep(&arguments[0]) - 1000);
  return NULL;
}

static void destroy_thing(void* data, uint64_t rep) {
  CHECK(data == &destroyed && rep == 1007);
  ++destroyed;
}

static void finalize(void* data) {
  (void)data;
  ++finalized;
}

static void show(void* data, const char* instance, const char* name, const char* type) {
  CHECK(data == &shown);
  if (strcmp(name, "write") == 0) {
    CHECK(strcmp(instance, "demo:host/log") == 0 && strcmp(type, "func(line: string)") == 0);
    ++shown;
  }
}

static void check_values(const tenon_instance_t* instance) {
  tenon_func_t* echo = find(instance, "echo");
  const uint32_t numbers[] = {3, 5, 7};
  tenon_val_t name = tenon_val_text("primes");
  tenon_val_t fields[] = {tenon_val_numbers(TENON_U32, numbers, sizeof numbers), tenon_val_variant(1, &name)};
  tenon_val_t pair = tenon_val_record(fields, 2), result;
  OK(tenon_func_call(echo, &pair, 1, &result));
  CHECK(tenon_val_kind(&result) == TENON_RECORD && tenon_val_size(&result) == 2 && tenon_val_same(&pair, &result));
  tenon_val_t list = tenon_val_item(&result, 0), option = tenon_val_item(&result, 1);
  tenon_val_t second = tenon_val_item(&list, 1), text = tenon_val_payload(&option);
  CHECK(tenon_val_size(&list) == 3 && tenon_val_get_unsigned(&second) == 5);
  size_t size;
  tenon_valkind_t element;
  CHECK(memcmp(tenon_val_get_numbers(&list, &element, &size), numbers, sizeof numbers) == 0);
  CHECK(element == TENON_U32 && size == sizeof numbers);
  CHECK(tenon_val_get_case(&option) == 1 && strncmp(tenon_val_get_string(&text, &size), "primes", 6) == 0 && size == 6);
  tenon_val_t* all[] = {&name, &fields[0], &fields[1], &pair, &result, &list, &option, &second, &text};
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) tenon_val_delete(all[i]);

  char* shown_result;
  OK(tenon_func_call_text(echo, "({numbers: [1, 2], name: none})", &shown_result));
  CHECK(strcmp(shown_result, "{numbers: [1, 2], name: none}") == 0);
  tenon_text_delete(shown_result);
  tenon_func_delete(echo);
}

static void check_errors(const tenon_instance_t* instance) {
  tenon_func_t* func;
  FAILS(tenon_instance_func(instance, "", "missing", &func), TENON_ERROR_USAGE);

  func = find(instance, "log");
  const tenon_val_t number = tenon_val_u32(1);
  FAILS(tenon_func_call(func, &number, 1, NULL), TENON_ERROR_USAGE);
  FAILS(tenon_func_call(func, NULL, 0, NULL), TENON_ERROR_USAGE);
  tenon_func_delete(func);

  func = find(instance, "fail");
  tenon_error_t* error = tenon_func_call(func, NULL, 0, NULL);
  CHECK(tenon_error_kind(error) == TENON_ERROR_TRAP && strstr(tenon_error_message(error), "unreachable") != NULL);
  CHECK(tenon_error_context(error)[0] != 0);
  tenon_error_delete(error);
  tenon_func_delete(func);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = wasm_engine_new();
  const tenon_limits_t limits = {.memory_bytes = 1 << 20};
  wasm_store_t* store = tenon_store_new(engine, &limits);
  tenon_component_t* component;
  OK(tenon_component_load(engine, argv[1], &component));
  tenon_component_imports(component, show, &shown);
  CHECK(shown == 1);

  tenon_linker_t* linker = tenon_linker_new(engine);
  tenon_instance_t* instance;
  tenon_error_t* error = tenon_linker_instantiate(linker, store, component, &instance);
  CHECK(tenon_error_kind(error) == TENON_ERROR_UNLINKABLE && strstr(tenon_error_message(error), "demo:host/") != NULL);
  tenon_error_delete(error);

  tenon_resource_type_t* thing = tenon_resource_type_new("thing", destroy_thing, &destroyed, finalize);
  OK(tenon_linker_define_func(linker, "demo:host/log", "write", write_line, line, finalize));
  FAILS(tenon_linker_define_func(linker, "demo:host/log", NULL, write_line, NULL, NULL), TENON_ERROR_USAGE);
  FAILS(tenon_linker_define_func(linker, NULL, "write", write_line, NULL, NULL), TENON_ERROR_USAGE);
  OK(tenon_linker_define_resource(linker, "demo:host/things", "thing", thing));
  OK(tenon_linker_define_func(linker, "demo:host/things", "[constructor]thing", make_thing, NULL, NULL));
  OK(tenon_linker_define_func(linker, "demo:host/things", "[method]thing.get", get_thing, NULL, NULL));
  OK(tenon_linker_instantiate(linker, store, component, &instance));
  tenon_component_delete(component);
  tenon_resource_type_delete(thing);

  tenon_func_t* add = find(instance, "add");
  CHECK(strcmp(tenon_func_type(add), "func(a: u32, b: u32) -> u32") == 0 && !tenon_func_is_async(add));
  const tenon_val_t operands[] = {tenon_val_u32(2), tenon_val_u32(3)};
  tenon_val_t sum;
  OK(tenon_func_call(add, operands, 2, &sum));
  CHECK(tenon_val_kind(&sum) == TENON_U32 && tenon_val_get_unsigned(&sum) == 5);

  tenon_func_t* log = find(instance, "log");
  tenon_val_t text = tenon_val_text("hello");
  OK(tenon_func_call(log, &text, 1, &sum));
  CHECK(strcmp(line, "hello") == 0 && tenon_val_kind(&sum) == TENON_ABSENT);
  tenon_val_delete(&text);

  check_values(instance);
  tenon_func_t* use = find(instance, "use");
  const tenon_val_t seven = tenon_val_u32(7);
  OK(tenon_func_call(use, &seven, 1, &sum));
  CHECK(tenon_val_get_unsigned(&sum) == 7 && destroyed == 1);

  text = tenon_val_text("");
  error = tenon_func_call(log, &text, 1, NULL);
  tenon_val_delete(&text);
  CHECK(tenon_error_kind(error) == TENON_ERROR_TRAP && strcmp(tenon_error_message(error), "an empty line") == 0);
  tenon_error_delete(error);
  /* The instance that trapped is not entered any more. */
  FAILS(tenon_func_call(add, operands, 2, NULL), TENON_ERROR_TRAP);

  tenon_instance_delete(instance);
  OK(tenon_component_load(engine, argv[1], &component));
  OK(tenon_linker_instantiate(linker, store, component, &instance));
  tenon_component_delete(component);
  check_errors(instance);

  /* Handles outlive their store and give errors then. */
  wasm_store_delete(store);
  FAILS(tenon_func_call(use, &seven, 1, NULL), TENON_ERROR_USAGE);
  tenon_func_delete(add);
  tenon_func_delete(log);
  tenon_func_delete(use);
  tenon_instance_delete(instance);
  tenon_linker_delete(linker);
  CHECK(finalized == 2);
  wasm_engine_delete(engine);
  return 0;
}
