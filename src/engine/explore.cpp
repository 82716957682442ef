// A page that shows what becomes of a module: each function's text beside the machine code made of it.
//
// Both sides are what other parts of Tenon write anyway, the printer and the compiler's assembler, taken apart by
// function. The page is one file without anything from elsewhere, so that it can be sent to somebody.
#include "engine/explore.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "text/core/text.hpp"

namespace tenon::detail {

namespace {

constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tenon explore</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 1rem 2rem; }
input { font: inherit; width: 24rem; max-width: 100%; }
summary { cursor: pointer; padding: .2rem 0; font-family: ui-monospace, monospace; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
pre { margin: 0; padding: .5rem; overflow-x: auto; background: #8881; font: 12px/1.35 ui-monospace, monospace; }
h2 { font-size: 1rem; }
</style>
</head>
<body>
<h1>WebAssembly, and the machine code of the optimizing tier</h1>
<p><label>Functions whose name or code has <input id="filter" type="search"></label></p>
)";

constexpr std::string_view page_end = R"(<script>
const functions = document.querySelectorAll("details");
document.getElementById("filter").addEventListener("input", event => {
  for (const each of functions) each.hidden = !each.textContent.includes(event.target.value);
});
if (functions.length === 1) functions[0].open = true;
</script>
</body>
</html>
)";

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
}

// The next line, with its end, taken off `rest`.
std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n') + 1);
  const std::string_view whole = line.empty() ? rest : line;
  rest.remove_prefix(whole.size());
  return whole;
}

// The functions of a printed module in their order: each begins at the second column, and goes on until something else
// does.
std::vector<std::string_view> split_text(std::string_view text) {
  constexpr std::string_view begin_of_function = "  (func ";
  std::vector<std::string_view> functions;
  const char* begin = nullptr;
  const auto finish = [&](const char* end) {
    if (begin != nullptr) functions.emplace_back(begin, static_cast<std::size_t>(end - begin));
    begin = nullptr;
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with("  (") || line.starts_with(")")) finish(line.data());
    if (line.starts_with(begin_of_function)) begin = line.data();
  }
  finish(text.data());
  return functions;
}

// The machine code of functions, by their index: from the label `f` and the index to the end of the function.
std::map<std::uint32_t, std::string> split_code(std::string_view assembler) {
  std::map<std::uint32_t, std::string> functions;
  std::string* current = nullptr;
  while (!assembler.empty()) {
    const std::string_view line = take_line(assembler);
    std::uint32_t index = 0;
    const char* const end = line.data() + line.size();
    if (line.starts_with('f')) {
      const auto [rest, error] = std::from_chars(line.data() + 1, end, index);
      if (error == std::errc() && rest != end && *rest == ':') current = &functions[index];
      continue;
    }
    if (line.starts_with(".Lfunc_end")) current = nullptr;
    const bool is_label = line.starts_with(".L") && !line.starts_with(".Lfunc");
    const bool is_instruction = line.starts_with('\t') && !line.starts_with("\t.");
    if (current != nullptr && (is_label || is_instruction)) *current += line;
  }
  return functions;
}

std::size_t count_instructions(std::string_view code) {
  std::size_t count = 0;
  while (!code.empty()) count += take_line(code).starts_with('\t') ? 1 : 0;
  return count;
}

void append_function(std::string& page, std::string_view text, const std::string& code) {
  std::string_view rest = text;
  std::string_view head = take_line(rest);
  head.remove_prefix(std::min(head.find('('), head.size()));
  const std::size_t instructions = count_instructions(code);
  page += "<details><summary>";
  append_escaped(page, head.substr(0, head.find('\n')));
  page += instructions == 0 ? " (in the interpreter)" : " (" + std::to_string(instructions) + " instructions)";
  page += "</summary><div class=\"sides\"><pre>";
  append_escaped(page, text);
  page += "</pre><pre>";
  append_escaped(page, code);
  page += "</pre></div></details>\n";
}

}  // namespace

Result<void> explore_module(const core::ValidatedModule& module, std::string_view assembler, std::string& page) {
  std::string text;
  if (auto printed = core::print_module(*module.module, text); !printed) return printed;
  const auto code = split_code(assembler);
  std::uint32_t index = module.module->imported_funcs;
  for (const std::string_view function : split_text(text)) {
    const auto found = code.find(index++);
    append_function(page, function, found == code.end() ? std::string() : found->second);
  }
  return {};
}

std::string explore_page(std::string_view functions) {
  return std::string(page_head).append(functions).append(page_end);
}

}  // namespace tenon::detail
