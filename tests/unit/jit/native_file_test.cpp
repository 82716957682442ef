// Compiled files and the cache through the public interface.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sys/stat.h>
#include <thread>

#include "tenon/component.hpp"
#include "tenon/native.hpp"

namespace tenon {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::string_view text = R"((module
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))";

std::uint32_t fib(const Engine& engine, const Module& module, std::uint32_t n) {
  Store store(engine);
  const auto instance = Instance::make(store, module, {}).value();
  return instance.func<std::uint32_t(std::uint32_t)>("fib").value()(n).value();
}

// A folder of the test's own.
class Folder {
 public:
  Folder()
      : path_(fs::temp_directory_path() / ("tenon-cache-" + std::to_string(::getpid()) + "-" +
                                           ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

TEST(NativeFile, RunsWithoutBeingCompiledAgain) {
  const Engine engine;
  const std::string file = compile_native(engine, text).value();
  ASSERT_TRUE(is_native(file));
  EXPECT_FALSE(is_native_component(file));
  EXPECT_EQ(fib(engine, Module::compile(engine, file).value(), 20), 6765U);
}

TEST(ObserveNative, TellsOfEachFunctionThatHasCode) {
  EngineOptions options;
  options.tier = Tier::optimizing;
  const Engine engine(options);
  std::vector<NativeFunction> functions;
  observe_native(engine, [&](const NativeFunction& function) { functions.push_back(function); });
  const Module module = Module::compile(engine, R"((module $calc
    (func $one (export "one") (result i32) (i32.const 1)) (func (export "two") (result i32) (i32.const 2))
    (func $ref (param externref) (result i32) (ref.is_null (local.get 0)))))")
                            .value();
  ASSERT_EQ(functions.size(), 3U);
  EXPECT_EQ(functions[0].name, "calc!one");
  EXPECT_EQ(functions[1].name, "calc!func 1");
  EXPECT_GT(functions[0].size, 0U);
  const auto* begin = static_cast<const std::uint8_t*>(functions[0].begin);
  EXPECT_TRUE(begin + functions[0].size <= functions[1].begin || begin > functions[1].begin);
}

// A function that gets and gives fuel in registers has two pieces of code.
TEST(ObserveNative, TellsOfAllPiecesOfAFunction) {
  EngineOptions options;
  options.tier = Tier::optimizing;
  options.fuel = true;
  const Engine engine(options);
  std::map<std::uintptr_t, NativeFunction> functions;
  observe_native(engine, [&](const NativeFunction& function) {
    functions.emplace(reinterpret_cast<std::uintptr_t>(function.begin), function);
  });
  const Module module = Module::compile(engine, R"((module $calc
    (func $fib (export "fib") (param $n i32) (result i32)
      (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n))
        (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                       (call $fib (i32.sub (local.get $n) (i32.const 2)))))))))")
                            .value();
  EXPECT_EQ(functions.size(), 2U);
  std::uintptr_t end = 0;
  for (const auto& [begin, function] : functions) {
    EXPECT_EQ(function.name, "calc!fib");
    EXPECT_GE(begin, end);
    end = begin + function.size;
  }
}

TEST(ObserveNative, TellsOfTheBaselinesFunctions) {
  EngineOptions options;
  options.tier = Tier::baseline;
  const Engine engine(options);
  std::vector<NativeFunction> functions;
  observe_native(engine, [&](const NativeFunction& function) { functions.push_back(function); });
  const Module module = Module::compile(engine, R"((module $calc
    (func $one (export "one") (result i32) (i32.const 1)) (func (export "two") (result i32) (call $one))))")
                            .value();
  EXPECT_TRUE(functions.empty());
  Store store(engine);
  const Instance instance = Instance::make(store, module, {}).value();
  EXPECT_EQ(instance.func<std::int32_t()>("two").value()().value(), 1);
  std::vector<std::string> names;
  for (const NativeFunction& function : functions) {
    EXPECT_GT(function.size, 0U);
    names.push_back(function.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"calc!func 1 (baseline)", "calc!one (baseline)"}));
}

TEST(NativeFile, HoldsAComponentWithItsCoreModules) {
  const Engine engine;
  const std::string file = compile_native(engine, R"((component
    (core module $m (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "twice") (param "x" u32) (result u32) (canon lift (core func $i "twice")))))")
                               .value();
  ASSERT_TRUE(is_native_component(file));
  const auto component = Component::compile(engine, file).value();
  Store store(engine);
  Linker linker(engine);
  const auto instance = linker.instantiate(store, component).value();
  const auto twice = instance.func<std::uint32_t(std::uint32_t)>("", "twice").value();
  EXPECT_EQ(twice(21).value(), 42U);
}

TEST(NativeFile, IsRefusedWhenAByteWasChanged) {
  const Engine engine;
  const std::string file = compile_native(engine, text).value();
  for (const std::size_t at : {std::size_t{60}, file.size() / 2, file.size() - 1}) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto module = Module::compile(engine, changed);
    ASSERT_FALSE(module.has_value()) << at;
    EXPECT_TRUE(module.error().message().starts_with("the compiled file is damaged")) << module.error().message();
  }
  EXPECT_FALSE(Module::compile(engine, file.substr(0, file.size() - 100)).has_value());
  EXPECT_FALSE(Module::compile(engine, file.substr(0, 4)).has_value());
}

TEST(NativeFile, IsMappedFromTheFileSystem) {
  const Engine engine;
  const Folder folder;
  fs::create_directory(folder.path());
  const std::string path = folder.path() + "/fib.tnn";
  const std::string file = compile_native(engine, text).value();
  std::ofstream(path, std::ios::binary) << file;
  const auto module = Module::load(engine, path).value();
  // Its code is the file's, and stays when the file goes.
  std::string mappings;
  std::getline(std::ifstream("/proc/self/maps"), mappings, '\0');
  EXPECT_NE(mappings.find(path), std::string::npos) << mappings;
  EXPECT_EQ(mappings.find("rwxp"), std::string::npos);
  fs::remove(path);
  EXPECT_EQ(fib(engine, module, 20), 6765U);

  std::string changed = file;
  changed[file.size() / 2] = static_cast<char>(changed[file.size() / 2] ^ 1);
  std::ofstream(path, std::ios::binary) << changed;
  EXPECT_TRUE(Module::load(engine, path).error().message().starts_with("the compiled file is damaged"));
}

TEST(NativeFile, IsRefusedByAnotherVersion) {
  const Engine engine;
  std::string file = compile_native(engine, text).value();
  file[16] = static_cast<char>(file[16] ^ 1);  // the version's first letter
  const auto module = Module::compile(engine, file);
  ASSERT_FALSE(module.has_value());
  EXPECT_TRUE(module.error().message().starts_with("the compiled file was made by Tenon ")) << module.error().message();
}

TEST(NativeFile, IsRefusedWithOtherFeatures) {
  const std::string file = compile_native(Engine(), text).value();
  EngineOptions options;
  options.features = 0;
  const auto module = Module::compile(Engine(options), file);
  ASSERT_FALSE(module.has_value());
  EXPECT_TRUE(module.error().message().starts_with("the compiled file was made with other features"));
}

TEST(NativeFile, ShowsItsCode) {
  const Engine engine;
  EXPECT_NE(show_native(engine, text, NativeText::assembler).value().find("f0:"), std::string::npos);
  EXPECT_NE(show_native(engine, text, NativeText::ir).value().find("define"), std::string::npos);
}

TEST(NativeFile, IsExploredByFunction) {
  constexpr std::string_view source = R"((module
    (import "env" "f" (func (param i32)))
    (func $less (export "less") (param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1)))
    (func $<&> (result i32) (i32.const 77))))";
  const std::string page = explore_native(Engine(), source).value();
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  const std::size_t less = page.find("<summary>(func $less ");
  const std::size_t other = page.find("<summary>(func $&lt;&amp;&gt; ");
  ASSERT_NE(less, std::string::npos);
  ASSERT_NE(other, std::string::npos);
  const std::string_view first = std::string_view(page).substr(less, other - less);
  EXPECT_NE(first.find("i32.lt_s"), std::string_view::npos);
  EXPECT_NE(first.find("cmp"), std::string_view::npos);
  EXPECT_NE(page.find("77", other), std::string::npos);
}

TEST(NativeFile, ExploringSaysWhatIsWrong) {
  EXPECT_EQ(explore_native(Engine(), "(module (func (result i32)))").error().kind(), ErrorKind::invalid);
}

EngineOptions cached(const Folder& folder, Tier tier) {
  EngineOptions options;
  options.tier = tier;
  options.cache = folder.path();
  return options;
}

TEST(Cache, KeepsWhatWasCompiled) {
  const Folder folder;
  for (int i = 0; i < 2; ++i) {
    const Engine engine(cached(folder, Tier::optimizing));
    EXPECT_EQ(fib(engine, Module::compile(engine, text).value(), 20), 6765U);
    EXPECT_EQ(cache_status(folder.path()).value().entries, 1U);
  }
  EXPECT_EQ(clear_cache(folder.path()).value().entries, 1U);
  EXPECT_EQ(cache_status(folder.path()).value().entries, 0U);
}

TEST(Cache, RunsNoDamagedEntry) {
  const Folder folder;
  const auto compile = [&] {
    const Engine engine(cached(folder, Tier::optimizing));
    EXPECT_EQ(fib(engine, Module::compile(engine, text).value(), 10), 55U);
  };
  compile();
  const fs::path entry = fs::directory_iterator(folder.path())->path();
  const auto size = fs::file_size(entry);
  // Instructions that would end the process, where the code is.
  std::fstream(entry, std::ios::in | std::ios::out | std::ios::binary).seekp(static_cast<std::streamoff>(size / 2))
      << "\xF4\xF4\xF4";
  compile();
  fs::resize_file(entry, size / 3);
  compile();
  EXPECT_EQ(fs::file_size(entry), size);
}

TEST(Cache, TrustsNothingThatOthersCanWrite) {
  const Folder folder;
  const auto compile = [&] {
    const Engine engine(cached(folder, Tier::optimizing));
    EXPECT_EQ(fib(engine, Module::compile(engine, text).value(), 10), 55U);
  };
  compile();
  ASSERT_EQ(::chmod(folder.path().c_str(), 0777), 0);
  compile();  // without the cache
  EXPECT_EQ(cache_status(folder.path()).error().kind(), ErrorKind::io);
}

TEST(Cache, ForgetsWhatIsTooMuch) {
  const auto compile = [](const Engine& engine, int i) {
    const auto module = Module::compile(engine, "(module (func (result i32) (i32.const " + std::to_string(i) + ")))");
    ASSERT_TRUE(module.has_value());
  };
  // How large an entry is depends on the machine's pages.
  const Folder folder;
  EngineOptions options = cached(folder, Tier::optimizing);
  compile(Engine(options), 0);
  options.cache_bytes = clear_cache(folder.path()).value().bytes * 5 / 2;
  const Engine engine(options);
  for (int i = 0; i < 4; ++i) compile(engine, i);
  EXPECT_LE(cache_status(folder.path()).value().bytes, options.cache_bytes);
  EXPECT_GE(cache_status(folder.path()).value().entries, 1U);
}

TEST(AutomaticTier, CompilesWhatGuestsSpendTheirTimeIn) {
  const Folder folder;
  const Engine engine(cached(folder, Tier::automatic));
  const Module module = Module::compile(engine, text).value();
  const auto end = std::chrono::steady_clock::now() + 60s;
  // An entry in the cache says that the code was made.
  do {
    EXPECT_EQ(fib(engine, module, 25), 75025U);
  } while (cache_status(folder.path()).value().entries == 0 && std::chrono::steady_clock::now() < end);
  EXPECT_EQ(cache_status(folder.path()).value().entries, 1U);
  EXPECT_EQ(fib(engine, module, 25), 75025U);
}

TEST(AutomaticTier, EndsAModuleWhileItIsCompiled) {
  EngineOptions options;
  options.tier = Tier::automatic;
  const Engine engine(options);
  for (int i = 0; i < 20; ++i) {
    const Module module = Module::compile(engine, text).value();
    EXPECT_EQ(fib(engine, module, 12), 144U);
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * i));
  }
}

// While tail calls pass between compiled code and bytecode, the native stack grows: so bytecode enters nothing that
// makes them, however hot it is.
TEST(AutomaticTier, TailCallsNeedNoStack) {
  constexpr std::string_view calls = R"((module
    (type $step (func (param i32) (result i32)))
    (table funcref (elem $even $odd))
    (func $even (type $step)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 2))))
      (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
    (func $odd (type $step)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
      (return_call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
    (func (export "run") (param i32) (result i32) (call $even (local.get 0)))))";
  EngineOptions options;
  options.tier = Tier::automatic;
  const Engine engine(options);
  Store store(engine);
  const auto instance = Instance::make(store, Module::compile(engine, calls).value(), {}).value();
  const auto run = instance.func<std::uint32_t(std::uint32_t)>("run").value();
  const auto end = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < end) EXPECT_EQ(run(1'000'000).value(), 2U);
}

}  // namespace
}  // namespace tenon
