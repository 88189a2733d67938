#include "cli/pages.hpp"

#include <array>
#include <fmt/format.h>
#include <span>

#include "cli/definitions.hpp"
#include "cli/exit_codes.hpp"
#include "cli/help.hpp"

namespace ostler::cli {
namespace {

constexpr std::array shown_groups{group::lifecycle, group::look, group::enter, group::setup};

// roff takes a dot or a quote at the front of a line for an order, and a backslash anywhere.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (char const c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string about_option(option const& one) {
  auto out = std::string(one.about);
  if (!one.words.empty()) out += fmt::format(" ({})", one.words);
  if (one.many) out += " (may be repeated)";
  return out;
}

std::string without_margin(std::string text) {
  auto const at = text.find_first_not_of(' ');
  return at == std::string::npos ? text : text.substr(at);
}

std::string man_options(std::span<option const> options) {
  std::string out;
  for (auto const& one : options)
    out += fmt::format(".TP\n.B {}\n{}\n", roff(without_margin(option_words(one))), roff(about_option(one)));
  return out;
}

// Bars would end the cell of a table.
std::string in_cell(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string option_table(std::span<option const> options) {
  std::string out = "| option | |\n| --- | --- |\n";
  for (auto const& one : options)
    out += fmt::format("| `{}` | {} |\n", in_cell(without_margin(option_words(one))),
                       in_cell(about_option(one)));
  return out;
}

std::string usage_of(verb const& one) {
  return fmt::format("ostler {}{}{}", one.name, one.operands.empty() ? "" : " ", one.operands);
}

}  // namespace

std::string man_page(std::string_view version) {
  auto out = fmt::format(".TH OSTLER 1 \"\" \"ostler {}\" \"User Commands\"\n", version);
  out += ".SH NAME\nostler \\- run isolated dev and agent environments\n";
  out += ".SH SYNOPSIS\n.B ostler\n[\\fIOPTION\\fR...] \\fIVERB\\fR [\\fIARGUMENT\\fR...]\n";
  out += ".SH OPTIONS\nUnderstood by every verb.\n" + man_options(global_options());
  for (auto const in : shown_groups) {
    out += fmt::format(".SH {}\n", title(in));
    for (auto const& one : all_verbs()) {
      if (one.in != in) continue;
      out += fmt::format(".SS {}\n{}\n", roff(usage_of(one)), roff(one.about));
      if (!one.detail.empty()) out += fmt::format(".PP\n{}\n", roff(one.detail));
      out += man_options(one.options);
      for (auto const& each : one.examples)
        out += fmt::format(".PP\n{}:\n.RS\n.B {}\n.RE\n", roff(each.about), roff(each.command));
    }
  }
  out += ".SH EXIT STATUS\n";
  for (auto const& one : exit_lines)
    out += fmt::format(".TP\n.B {}\n{}\n", roff(one.code), roff(one.meaning));
  return out;
}

std::string command_line_reference() {
  std::string out =
      "# The command line\n\n"
      "Printed from `src/cli/definitions*.hpp`; a test compares. `ostler help VERB` tells the same.\n\n"
      "## Everywhere\n\n" +
      option_table(global_options());
  for (auto const in : shown_groups) {
    out += fmt::format("\n## {}\n", title(in));
    for (auto const& one : all_verbs()) {
      if (one.in != in) continue;
      out += fmt::format("\n### `{}`\n\n{}.\n", usage_of(one), in_cell(one.about));
      if (!one.detail.empty()) out += fmt::format("\n{}\n", one.detail);
      if (!one.options.empty()) out += "\n" + option_table(one.options);
      if (one.examples.empty()) continue;
      out += "\n```console\n";
      for (auto const& each : one.examples) out += fmt::format("$ {}   # {}\n", each.command, each.about);
      out += "```\n";
    }
  }
  out += "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n";
  for (auto const& one : exit_lines) out += fmt::format("| {} | {} |\n", one.code, one.meaning);
  return out;
}

}  // namespace ostler::cli
