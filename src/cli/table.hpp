// Rows under headings, fitted to the width of a terminal.
//
// Columns that do not fit are left out from right to left, and how many is said; off a terminal all are
// there. The first column always stays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/screen.hpp"

namespace ostler::cli {

struct cell {
  // Printable; without colours.
  std::string text;
  bool painted = false;
  role how = role::muted;

  // Text from outside.
  static cell of(std::string_view text);
  static cell of(std::string_view text, role how);
};

class table {
 public:
  explicit table(std::vector<std::string> headings);
  // As many cells as there are headings. The mark stands before the row, in two columns of its own.
  void add(std::vector<cell> row, cell mark = {});
  // With headings; ends with a line break.
  std::string text(channel const& where) const;

 private:
  struct row {
    cell mark;
    std::vector<cell> cells;
  };
  std::string line(channel const& where, row const& one, std::vector<std::size_t> const& widths,
                   std::size_t shown) const;

  std::vector<std::string> headings_;
  std::vector<row> rows_;
  bool marked_ = false;
};

}  // namespace ostler::cli
