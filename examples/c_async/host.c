/* A C program whose plug-in waits for it: several calls are under way at once, the program answers the plug-in's
 * questions when it gets to them, and learns of results in both ways there are, by a callback and by asking.
 *
 *   host price.wat
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

/* Questions of the plug-in that are not answered yet. */
struct questions {
  uint32_t items[8];
  tenon_completion_t* completions[8];
  size_t count;
};

/* cost, for the plug-in: the question is kept, and the call that asked waits. */
static tenon_error_t* ask(void* data, const tenon_val_t* arguments, size_t count, tenon_completion_t* completion) {
  (void)count;
  struct questions* questions = data;
  if (questions->count == 8) {
    tenon_completion_delete(completion);
    return tenon_error_new(TENON_ERROR_TRAP, "too many questions at once");
  }
  questions->items[questions->count] = (uint32_t)tenon_val_get_unsigned(&arguments[0]);
  questions->completions[questions->count++] = completion;
  return NULL;
}

/* The last one first: answers need not come in the order of the questions. */
static void answer(struct questions* questions) {
  while (questions->count > 0) {
    const uint32_t item = questions->items[--questions->count];
    const tenon_val_t cost = tenon_val_u32(item * 100);
    printf("item %" PRIu32 " costs %" PRIu32 "\n", item, item * 100);
    failed("answer", tenon_completion_resolve(questions->completions[questions->count], &cost));
    tenon_completion_delete(questions->completions[questions->count]);
  }
}

static void print_price(void* data, tenon_error_t* error, const tenon_val_t* price) {
  if (!failed("price", error)) printf("%s: %" PRIu64 "\n", (const char*)data, tenon_val_get_unsigned(price));
}

/* Starts three calls and answers the questions of all of them. */
static bool use(wasm_store_t* store, const tenon_func_t* price, struct questions* questions) {
  const tenon_val_t items[] = {tenon_val_u32(1), tenon_val_u32(2), tenon_val_u32(3)};
  tenon_task_t* third = NULL;
  tenon_val_t result;
  if (failed("start", tenon_func_start(price, &items[0], 1, print_price, "first, by a callback", NULL)) ||
      failed("start", tenon_func_start(price, &items[1], 1, print_price, "second, by a callback", NULL)) ||
      failed("start", tenon_func_start(price, &items[2], 1, NULL, NULL, &third))) {
    return false;
  }
  /* A program with a loop of its own lets the store go on once in each round. */
  bool is_under_way = true;
  bool has_failed = false;
  while (is_under_way && !has_failed) {
    has_failed = failed("run", tenon_store_run_ready(store, &is_under_way));
    printf("%zu questions, the third is %s\n", questions->count, tenon_task_is_done(third) ? "done" : "under way");
    answer(questions);
  }
  has_failed = has_failed || failed("third", tenon_task_take(third, &result));
  if (!has_failed) printf("third, by asking: %" PRIu64 "\n", tenon_val_get_unsigned(&result));
  tenon_task_delete(third);
  return !has_failed;
}

int main(int argc, char** argv) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = tenon_store_new(engine, NULL);
  tenon_linker_t* linker = tenon_linker_new(engine);
  tenon_component_t* component = NULL;
  tenon_instance_t* plugin = NULL;
  tenon_func_t* price = NULL;
  struct questions questions = {.count = 0};
  const bool is_done = !failed("load", tenon_component_load(engine, argc > 1 ? argv[1] : "price.wat", &component)) &&
                       !failed("define", tenon_linker_define_async_func(linker, "", "cost", ask, &questions, NULL)) &&
                       !failed("instantiate", tenon_linker_instantiate(linker, store, component, &plugin)) &&
                       !failed("price", tenon_instance_func(plugin, "", "price", &price)) &&
                       use(store, price, &questions);
  if (price != NULL) tenon_func_delete(price);
  if (plugin != NULL) tenon_instance_delete(plugin);
  if (component != NULL) tenon_component_delete(component);
  tenon_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return is_done ? 0 : 1;
}
