#include "cli/table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ensure.hpp"
#include "cli/text.hpp"

namespace ostler::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t mark_columns = 2;

std::string shown_in(channel const& where, cell const& what, std::string const& text) {
  return what.painted ? where.paint(what.how, text) : text;
}

}  // namespace

cell cell::of(std::string_view text) { return {.text = printable(text)}; }
cell cell::of(std::string_view text, role how) {
  return {.text = printable(text), .painted = true, .how = how};
}

table::table(std::vector<std::string> headings) : headings_(std::move(headings)) {
  ensure(!headings_.empty(), "a table has a column");
}

void table::add(std::vector<cell> row, cell mark) {
  ensure(row.size() == headings_.size(), "a row has as many cells as there are headings");
  marked_ = marked_ || !mark.text.empty();
  rows_.push_back({.mark = std::move(mark), .cells = std::move(row)});
}

std::string table::line(channel const& where, row const& one, std::vector<std::size_t> const& widths,
                        std::size_t shown) const {
  std::string out;
  if (marked_) out += shown_in(where, one.mark, padded(one.mark.text, mark_columns));
  for (std::size_t i = 0; i < shown; ++i) {
    auto const& each = one.cells[i];
    auto const text = cut_to(each.text, widths[i]);
    out += shown_in(where, each, text);
    if (i + 1 < shown) out += std::string(widths[i] - columns_of(text) + gap, ' ');
  }
  while (out.ends_with(' ')) out.pop_back();
  return out + "\n";
}

std::string table::text(channel const& where) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < headings_.size(); ++i) {
    auto width = columns_of(headings_[i]);
    for (auto const& one : rows_) width = std::max(width, columns_of(one.cells[i].text));
    widths.push_back(width);
  }
  auto shown = headings_.size();
  auto const columns_max = where.columns();
  if (columns_max > 0) {
    auto const needed = [&] {
      std::size_t sum = (marked_ ? mark_columns : 0) + gap * (shown - 1);
      for (std::size_t i = 0; i < shown; ++i) sum += widths[i];
      return sum;
    };
    while (shown > 1 && needed() > columns_max) --shown;
    auto const before_first = marked_ ? mark_columns : 0;
    if (shown == 1 && columns_max > before_first) widths[0] = std::min(widths[0], columns_max - before_first);
  }
  row heading;
  for (auto const& one : headings_) heading.cells.push_back(cell::of(one, role::muted));
  auto out = line(where, heading, widths, shown);
  for (auto const& one : rows_) out += line(where, one, widths, shown);
  if (auto const hidden = headings_.size() - shown; hidden > 0)
    out += where.paint(role::muted, fmt::format("{} column{} hidden", hidden, hidden == 1 ? "" : "s")) + "\n";
  return out;
}

}  // namespace ostler::cli
