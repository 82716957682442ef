// WIT text to syntax trees. Knows the grammar and the shape of names; what names stand for is resolve.hpp's.
#pragma once

#include "base/arena.hpp"
#include "model/wit/resolve.hpp"
#include "spec/features.hpp"
#include "tenon/result.hpp"
#include "wit/ast.hpp"

namespace tenon::wit {

struct ParseContext {
  Source source;
  SourceIdx index;
  Features features;
  Arena& texts;  // for what the resolved package keeps: docs, versions, strings
  Arena& trees;  // for the syntax tree
};

Result<ast::File> parse_file(const ParseContext& context);

// The error's place is filled in from the source; its context is the source's path.
Error error_at(ErrorKind kind, const Source& source, std::uint32_t offset, std::string_view message);

}  // namespace tenon::wit
