/* Calls that take their time, by callbacks and by asking; streams of bytes and futures both ways. */
#include "component_support.h"

/* A question of the guest that is answered when the program gets to it. */
static tenon_completion_t* asked = NULL;
static uint32_t question = 0;

static tenon_error_t* ask(void* data, const tenon_val_t* arguments, size_t count, tenon_completion_t* completion) {
  CHECK(data == NULL && count == 1 && asked == NULL);
  question = (uint32_t)tenon_val_get_unsigned(&arguments[0]);
  asked = completion;
  return NULL;
}

struct outcome {
  bool is_done;
  uint64_t value;
};

static void when_done(void* data, tenon_error_t* error, const tenon_val_t* result) {
  struct outcome* outcome = data;
  OK(error);
  CHECK(!outcome->is_done);
  outcome->is_done = true;
  outcome->value = tenon_val_get_unsigned(result);
}

static bool is_done(void* data) { return ((const struct outcome*)data)->is_done; }

static void when_copied(void* data, tenon_error_t* error, const tenon_copied_t* copied) {
  struct outcome* outcome = data;
  OK(error);
  outcome->is_done = true;
  outcome->value = copied->count;
}

/* The host writes, the guest reads. */
static void check_sum(wasm_store_t* store, const tenon_instance_t* instance) {
  tenon_func_t* sum = find(instance, "sum");
  CHECK(tenon_func_is_async(sum));
  tenon_writer_t* writer;
  tenon_val_t readable;
  OK(tenon_pair_new(store, TENON_BYTE_STREAM, &writer, &readable));
  struct outcome result = {0}, written = {0};
  OK(tenon_func_start(sum, &readable, 1, when_done, &result, NULL));
  tenon_val_delete(&readable);
  uint8_t bytes[1000];
  memset(bytes, 3, sizeof bytes);
  tenon_writer_write_bytes(writer, bytes, sizeof bytes, when_copied, &written);
  OK(tenon_store_run_until(store, is_done, &written));
  CHECK(written.value == sizeof bytes && !result.is_done);
  tenon_writer_delete(writer);
  OK(tenon_store_run_until(store, is_done, &result));
  CHECK(result.value == 3000);
  tenon_func_delete(sum);
}

/* The guest waits for a future of the host, and then for the host's answer; the program asks how far it is. */
static void check_answer(wasm_store_t* store, const tenon_instance_t* instance) {
  tenon_func_t* answer = find(instance, "answer");
  tenon_writer_t* writer;
  tenon_val_t readable, result;
  OK(tenon_pair_new(store, TENON_FUTURE, &writer, &readable));
  tenon_task_t* task;
  OK(tenon_func_start(answer, &readable, 1, NULL, NULL, &task));
  tenon_val_delete(&readable);
  bool is_under_way;
  OK(tenon_store_run_ready(store, &is_under_way));
  CHECK(is_under_way && !tenon_task_is_done(task) && asked == NULL);
  FAILS(tenon_task_take(task, &result), TENON_ERROR_USAGE);

  const tenon_val_t number = tenon_val_u32(41);
  tenon_writer_write(writer, &number, 1, NULL, NULL);
  tenon_writer_delete(writer);
  OK(tenon_store_run_ready(store, &is_under_way));
  CHECK(is_under_way && asked != NULL && question == 41);

  const tenon_val_t text = tenon_val_bool(true), reply = tenon_val_u32(question + 1);
  FAILS(tenon_completion_resolve(asked, &text), TENON_ERROR_USAGE);
  OK(tenon_completion_resolve(asked, &reply));
  tenon_completion_delete(asked);
  asked = NULL;
  OK(tenon_task_wait(task));
  OK(tenon_task_take(task, &result));
  CHECK(tenon_val_get_unsigned(&result) == 42 && tenon_task_is_done(task) && tenon_task_has_ended(task));
  FAILS(tenon_task_take(task, &result), TENON_ERROR_USAGE);
  tenon_task_delete(task);
  tenon_func_delete(answer);
}

static void when_read(void* data, tenon_error_t* error, const tenon_copied_t* copied) {
  struct outcome* outcome = data;
  OK(error);
  CHECK(copied->values == NULL && (copied->count == 0 || memcmp(copied->bytes, "bytes", 5) == 0));
  outcome->is_done = true;
  outcome->value = copied->is_over ? 100 : copied->count;
}

/* A stream that a guest gives is read by the host. */
static void check_pass(wasm_store_t* store, const tenon_instance_t* instance) {
  tenon_func_t* pass = find(instance, "pass");
  tenon_writer_t* writer;
  tenon_val_t given, readable;
  OK(tenon_pair_new(store, TENON_BYTE_STREAM, &writer, &given));
  OK(tenon_func_call(pass, &given, 1, &readable));
  FAILS(tenon_func_call(pass, &given, 1, &readable), TENON_ERROR_USAGE); /* it was given away */
  tenon_val_delete(&given);
  tenon_reader_t* reader;
  FAILS(tenon_reader_new(&readable, TENON_FUTURE, &reader), TENON_ERROR_USAGE);
  OK(tenon_reader_new(&readable, TENON_BYTE_STREAM, &reader));
  tenon_reader_t* again;
  FAILS(tenon_reader_new(&readable, TENON_BYTE_STREAM, &again), TENON_ERROR_USAGE);
  tenon_val_delete(&readable);

  struct outcome read = {0}, written = {0};
  tenon_reader_read(reader, 10, when_read, &read);
  tenon_writer_write_bytes(writer, (const uint8_t*)"bytes", 5, when_copied, &written);
  OK(tenon_store_run_until(store, is_done, &read));
  CHECK(read.value == 5);
  OK(tenon_store_run_until(store, is_done, &written));
  read.is_done = false;
  tenon_writer_delete(writer);
  tenon_reader_read(reader, 10, when_read, &read);
  OK(tenon_store_run_until(store, is_done, &read));
  CHECK(read.value == 100);
  tenon_reader_delete(reader);
  tenon_func_delete(pass);
}

static void count_error(void* data, tenon_error_t* error, const tenon_copied_t* copied) {
  CHECK(copied == NULL && tenon_error_kind(error) == TENON_ERROR_USAGE);
  tenon_error_delete(error);
  ++*(int*)data;
}

/* What is not there, or of another kind, is refused. */
static void check_misuse(wasm_store_t* store) {
  int errors = 0;
  tenon_writer_t* writer;
  tenon_val_t readable;
  FAILS(tenon_pair_new(store, 77, &writer, &readable), TENON_ERROR_USAGE);
  FAILS(tenon_pair_new(NULL, TENON_STREAM, &writer, &readable), TENON_ERROR_USAGE);
  FAILS(tenon_func_start(NULL, NULL, 0, NULL, NULL, NULL), TENON_ERROR_USAGE);
  FAILS(tenon_task_wait(NULL), TENON_ERROR_USAGE);
  OK(tenon_pair_new(store, TENON_BYTE_STREAM, &writer, &readable));
  const tenon_val_t number = tenon_val_u32(1);
  tenon_writer_write(writer, &number, 1, count_error, &errors);
  tenon_writer_write_bytes(NULL, NULL, 0, count_error, &errors);
  tenon_reader_read(NULL, 1, count_error, &errors);
  CHECK(errors == 3);
  tenon_writer_cancel(writer);
  tenon_writer_delete(writer);
  tenon_val_delete(&readable);
  FAILS(tenon_reader_new(&number, TENON_STREAM, (tenon_reader_t**)&writer), TENON_ERROR_USAGE);
}

int main(int argc, char** argv) {
  CHECK(argc == 2);
  wasm_engine_t* engine = tenon_engine_new(NULL);
  wasm_store_t* store = tenon_store_new(engine, NULL);
  tenon_component_t* component;
  OK(tenon_component_load(engine, argv[1], &component));
  tenon_linker_t* linker = tenon_linker_new(engine);
  OK(tenon_linker_define_async_func(linker, "", "ask", ask, NULL, NULL));
  tenon_instance_t* instance;
  OK(tenon_linker_instantiate(linker, store, component, &instance));
  check_sum(store, instance);
  check_answer(store, instance);
  check_pass(store, instance);
  check_misuse(store);
  tenon_instance_delete(instance);
  tenon_linker_delete(linker);
  tenon_component_delete(component);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
