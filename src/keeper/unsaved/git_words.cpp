#include "keeper/unsaved/git_words.hpp"

#include <algorithm>

namespace ostler::keeper {
namespace {

std::unexpected<error> not_understood() {
  return fail(error_code::text_malformed, "git said something that we do not understand");
}

// Takes what comes before `mark` from the front, and the mark.
std::string_view take_until(std::string_view& text, char mark) {
  auto const end = std::min(text.find(mark), text.size());
  auto const taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

result<std::vector<changed_file>> read_status(std::string_view text) {
  std::vector<changed_file> all;
  while (!text.empty()) {
    auto const one = take_until(text, '\0');
    if (one.size() < 4 || one[2] != ' ') return not_understood();
    all.push_back({.in_index = one[0], .in_place = one[1], .path = std::string(one.substr(3))});
  }
  return all;
}

result<std::vector<index_entry>> read_index(std::string_view text) {
  std::vector<index_entry> all;
  while (!text.empty()) {
    auto one = take_until(text, '\0');
    auto const tag = take_until(one, ' ');
    auto const mode = take_until(one, ' ');
    auto const object = take_until(one, ' ');
    take_until(one, '\t');
    if (tag.size() != 1 || mode.size() != 6 || object.empty() || one.empty()) return not_understood();
    all.push_back({.object = std::string(object),
                   .path = std::string(one),
                   .is_checkout = mode == "160000",
                   .not_looked_at = is_small_letter(tag.front()) || tag == "S"});
  }
  return all;
}

std::vector<word_and_rest> read_lines(std::string_view text) {
  std::vector<word_and_rest> all;
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    auto const word = take_until(line, ' ');
    if (!word.empty()) all.push_back({.word = std::string(word), .rest = std::string(line)});
  }
  return all;
}

}  // namespace ostler::keeper
