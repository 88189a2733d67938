// What --help and `ostler help` print. All of it is made from the tables of verbs, errors and exit codes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/definitions.hpp"
#include "cli/screen.hpp"

namespace ostler::cli {

std::string overview(channel const& where);
std::string verb_help(verb const& about, channel const& where);
// Of "daemon": the verbs below it.
std::string noun_help(std::string_view noun, channel const& where);
// Of a verb, a noun, a topic or the code of an error; refuses what is none.
result<std::string> help_about(std::string_view what, channel const& where);

// "-f, --follow", "    --tail N"
std::string option_words(option const& one);
// Words broken into lines of that many columns, each after `indent` blanks; the first has none.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent);

}  // namespace ostler::cli
