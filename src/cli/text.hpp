// Text from outside made fit for a terminal, and how many columns a text takes there.
//
// Names, messages and output of programs may hold escape sequences that change the terminal, and marks that
// turn the direction of what follows, so that a line reads as something else than it is. Both are shown as
// what they are. Widths follow the ranges that terminals draw wide or not at all; no locale is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostler::cli {

// On one line: also line breaks and tabs are escaped.
std::string printable(std::string_view text);
// The lines stay lines; each is escaped.
std::string printable_lines(std::string_view text);

//   strip  no escape sequence gets through
//   keep   colours and weights do, everything else does not
enum class colours : std::uint8_t { strip, keep };
// What a program printed, as one line: escape sequences are taken out instead of being shown, because they
// say nothing to a reader; tabs stay.
std::string log_text(std::string_view text, colours what);

// Columns of what printable() gave, escape sequences for colours counted as nothing.
std::size_t columns_of(std::string_view text);
// At most that many columns; what is left out is told by "…". The text has no escape sequences.
std::string cut_to(std::string_view text, std::size_t columns_max);
std::string padded(std::string_view text, std::size_t columns);

}  // namespace ostler::cli
