#include "wire/work.hpp"

namespace ostler::wire {

std::string write_put_list(put_list const& list) {
  std::string text;
  for (auto const& [path, mark] : list) {
    text += mark;
    text += ' ';
    text += path;
    text += '\0';
  }
  return text;
}

result<put_list> read_put_list(std::string_view text) {
  put_list list;
  while (!text.empty()) {
    auto const end = text.find('\0');
    auto const one = text.substr(0, end);
    auto const space = one.find(' ');
    if (end == std::string_view::npos || space == std::string_view::npos || space == 0 ||
        space + 1 == one.size())
      return fail(error_code::text_malformed, "the list of what was put into the workspace is damaged");
    list.emplace(one.substr(space + 1), one.substr(0, space));
    text.remove_prefix(end + 1);
  }
  return list;
}

}  // namespace ostler::wire
