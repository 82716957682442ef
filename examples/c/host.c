/* A C program with a plug-in: it gives it numbers, gets a record back, lends it a function, and stops it when it takes
 * too long.
 *
 *   host stats.wat
 */
#include <inttypes.h>
#include <stdio.h>
#include <tenon/tenon.h>

/* Says what went wrong, if something did. */
static bool failed(const char* what, tenon_error_t* error) {
  if (error == NULL) return false;
  printf("%s: %s\n", what, tenon_error_message(error));
  tenon_error_delete(error);
  return true;
}

/* demo:stats/log.write, for the plug-in. */
static tenon_error_t* write_line(void* data, const tenon_val_t* arguments, size_t count, tenon_val_t* result) {
  (void)data, (void)count, (void)result;
  size_t size;
  const char* line = tenon_val_get_string(&arguments[0], &size);
  printf("the plug-in says: %.*s\n", (int)size, line);
  return NULL;
}

/* summary.largest, an option. */
static void print_largest(const tenon_val_t* largest) {
  if (tenon_val_get_case(largest) == 0) return;
  tenon_val_t number = tenon_val_payload(largest);
  printf(", the largest %" PRIu64, tenon_val_get_unsigned(&number));
  tenon_val_delete(&number);
}

static bool summarize(const tenon_func_t* func, const uint32_t* numbers, size_t count) {
  tenon_val_t list = tenon_val_numbers(TENON_U32, numbers, count * sizeof *numbers);
  tenon_val_t summary;
  const bool has_failed = failed("summarize", tenon_func_call(func, &list, 1, &summary));
  tenon_val_delete(&list);
  if (has_failed) return false;
  tenon_val_t fields[3];
  for (size_t i = 0; i < 3; ++i) fields[i] = tenon_val_item(&summary, i);
  printf("%" PRIu64 " numbers, together %" PRIu64, tenon_val_get_unsigned(&fields[0]),
         tenon_val_get_unsigned(&fields[1]));
  print_largest(&fields[2]);
  printf("\n");
  for (size_t i = 0; i < 3; ++i) tenon_val_delete(&fields[i]);
  tenon_val_delete(&summary);
  return true;
}

static bool use(const tenon_instance_t* plugin) {
  tenon_func_t* summarize_func;
  tenon_func_t* wait_func;
  if (failed("summarize", tenon_instance_func(plugin, "", "summarize", &summarize_func))) return false;
  printf("summarize: %s\n", tenon_func_type(summarize_func));
  const uint32_t numbers[] = {3, 1, 4, 1, 5, 9, 2, 6};
  const bool is_good = summarize(summarize_func, numbers, 8) && summarize(summarize_func, numbers, 0);
  tenon_func_delete(summarize_func);
  if (!is_good || failed("wait-forever", tenon_instance_func(plugin, "", "wait-forever", &wait_func))) return false;
  failed("wait-forever", tenon_func_call(wait_func, NULL, 0, NULL));
  tenon_func_delete(wait_func);
  return true;
}

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  const tenon_limits_t limits = {.memory_bytes = 1 << 20, .call_nanoseconds = 500000000};
  wasm_store_t* store = tenon_store_new(engine, &limits);
  tenon_linker_t* linker = tenon_linker_new(engine);
  tenon_component_t* component = NULL;
  tenon_instance_t* plugin = NULL;
  const bool is_done =
      !failed("load", tenon_component_load(engine, argc > 1 ? argv[1] : "stats.wat", &component)) &&
      !failed("define", tenon_linker_define_func(linker, "demo:stats/log", "write", write_line, NULL, NULL)) &&
      !failed("instantiate", tenon_linker_instantiate(linker, store, component, &plugin)) && use(plugin);
  if (plugin != NULL) tenon_instance_delete(plugin);
  if (component != NULL) tenon_component_delete(component);
  tenon_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return is_done ? 0 : 1;
}
