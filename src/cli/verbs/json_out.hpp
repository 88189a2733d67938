// Answers for machines: one document, or one object a line. Never with colours, never with words around.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/verbs/context.hpp"
#include "wire/json.hpp"

namespace ostler::cli {

template <class Value> void print_json(context const& with, Value const& value) {
  with.show().out.line(wire::to_json(value));
}

// As `whole` for a document, each of `parts` by itself for lines.
template <class Whole, class Part>
void print_json(context const& with, Whole const& whole, std::vector<Part> const& parts) {
  if (with.how() == format::json) return print_json(with, whole);
  for (auto const& one : parts) print_json(with, one);
}

}  // namespace ostler::cli
