#include "cli/log_lines.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "base/bytes.hpp"
#include "base/instant.hpp"

namespace ostler::cli {
namespace {

using operations::log_line;
using operations::log_line_kind;

// By the name alone, so that a service has the same colour in every call.
std::string_view colour_of(std::string_view service) {
  constexpr std::array<std::string_view, 6> codes{"\x1b[36m", "\x1b[33m", "\x1b[32m",
                                                  "\x1b[35m", "\x1b[34m", "\x1b[96m"};
  return codes.at(fingerprint().add(service).value() % codes.size());
}

std::string_view source_of(log_line const& line) {
  return line.service.empty() ? line.session : line.service;
}

}  // namespace

void log_printer::knows(std::string_view service) {
  width_ = std::max(width_, columns_of(printable(service)));
}

std::string log_printer::prefix(log_line const& line, std::string_view sign) {
  auto const name = printable(source_of(line));
  width_ = std::max(width_, columns_of(name));
  auto const shown = fmt::format("{} {} ", padded(name, width_), sign);
  return where_->has_colours() ? fmt::format("{}{}\x1b[0m", colour_of(name), shown) : shown;
}

std::string log_printer::text(log_line const& line) {
  std::string out;
  if (how_.timestamps) out += where_->paint(role::muted, format_wall_time(line.time)) + " ";
  switch (line.kind) {
    case log_line_kind::lifecycle:
      if (how_.prefix) out += prefix(line, "●");
      return out + where_->paint(role::muted, printable(line.text));
    case log_line_kind::gap:
      if (how_.prefix) out += prefix(line, "┄");
      return out + where_->paint(role::warning, fmt::format("{} line{} not kept", line.dropped,
                                                            line.dropped == 1 ? " was" : "s were"));
    case log_line_kind::line:
      if (how_.prefix) out += prefix(line, "|");
      return out + (how_.raw ? line.text : log_text(line.text, how_.colours));
  }
  return out;
}

}  // namespace ostler::cli
