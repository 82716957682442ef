// Canonical definitions as the text format writes them, with what they define first.
#include "text/component/print.hpp"
#include "text/core/print_types.hpp"

namespace tenon::component {

void ComponentPrinter::canon(const Canon& canon) {
  const bool is_lift = canon.op == CanonOp::lift;
  out_->put(is_lift ? "func" : "core func");
  define(is_lift ? Sort::func : Sort::core_func);
  if (is_lift) reference(Sort::type, canon.type.value);
  out_->put(" (canon ");
  out_->put(info(canon.op).text);
  canon_immediates(canon);
  out_->put(')');
}

void ComponentPrinter::canon_immediates(const Canon& canon) {
  const auto put_type = [&] { use(Sort::type, canon.type.value); };
  const auto put_core_func_type = [&] { use(Sort::core_type, canon.core_func_type.value); };
  const auto put_table = [&] { reference(Sort::core_table, canon.table.value); };
  const auto put_flag = [&](std::string_view text) {
    if (canon.flag) out_->put(text);
  };
  switch (info(canon.op).immediates) {
    case CanonImmediates::none: return;
    case CanonImmediates::lift: reference(Sort::core_func, canon.core_func.value); break;
    case CanonImmediates::lower: reference(Sort::func, canon.func.value); break;
    case CanonImmediates::type: return put_type();
    case CanonImmediates::type_options: put_type(); break;
    case CanonImmediates::type_async: put_type(); [[fallthrough]];
    case CanonImmediates::async: return put_flag(" async");
    case CanonImmediates::options: break;
    case CanonImmediates::results_options:
      if (canon.result) {
        out_->put(" (result");
        optional_type(canon.result);
        out_->put(')');
      }
      break;
    case CanonImmediates::core_type_slot:
      out_->put(' ');
      core::put_val_type(*out_, core_types().context, canon.core_type);
      out_->put(' ');
      out_->put_number(canon.slot);
      return;
    case CanonImmediates::cancellable: return put_flag(" cancellable");
    case CanonImmediates::cancellable_memory:
      put_flag(" cancellable");
      out_->put(" (memory");
      use(Sort::core_memory, canon.memory.value);
      return out_->put(')');
    case CanonImmediates::shared: return put_flag(" shared");
    case CanonImmediates::core_func_type_table: return put_core_func_type(), put_table();
    case CanonImmediates::shared_core_func_type: return put_flag(" shared"), put_core_func_type();
    case CanonImmediates::shared_core_func_type_table: return put_flag(" shared"), put_core_func_type(), put_table();
  }
  canon_options(canon.options);
}

void ComponentPrinter::canon_options(const CanonOptions& options) {
  const auto put_core_func = [&](std::string_view opening, const std::optional<CoreFuncIdx>& func) {
    out_->put(opening);
    reference(Sort::core_func, func->value);
    out_->put(')');
  };
  for (const CanonOption option : options.given) {
    switch (option) {
      case CanonOption::utf8: out_->put(" string-encoding=utf8"); break;
      case CanonOption::utf16: out_->put(" string-encoding=utf16"); break;
      case CanonOption::latin1_utf16: out_->put(" string-encoding=latin1+utf16"); break;
      case CanonOption::async: out_->put(" async"); break;
      case CanonOption::realloc: put_core_func(" (realloc", options.realloc); break;
      case CanonOption::post_return: put_core_func(" (post-return", options.post_return); break;
      case CanonOption::callback: put_core_func(" (callback", options.callback); break;
      case CanonOption::memory:
        out_->put(" (memory");
        reference(Sort::core_memory, options.memory->value);
        out_->put(')');
        break;
    }
  }
}

}  // namespace tenon::component
