// What git prints for programs, as values. Names of files may hold any bytes but NUL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ostler::keeper {

// Of `git status --porcelain -z --no-renames`: the letters tell how the index differs from the last commit,
// and how the file differs from the index.
struct changed_file {
  char in_index = ' ';
  char in_place = ' ';
  std::string path;

  bool untracked() const { return in_index == '?'; }
  // A checkout of its own, or something else that git does not look into.
  bool closed_folder() const { return untracked() && path.ends_with('/'); }
  // The index holds what neither the last commit nor the file does.
  bool only_staged() const { return !untracked() && in_index != ' ' && in_index != 'D' && in_place != ' '; }
};
result<std::vector<changed_file>> read_status(std::string_view text);

// Of `git ls-files --stage -v -z`.
struct index_entry {
  std::string object;
  std::string path;
  bool is_checkout = false;
  // Git was told to take it for unchanged without looking.
  bool not_looked_at = false;
};
result<std::vector<index_entry>> read_index(std::string_view text);

// Of `git for-each-ref --format='%(objectname) %(refname)'`, or of `git cat-file --batch-check`: the first
// word of each line, and the rest.
struct word_and_rest {
  std::string word;
  std::string rest;
};
std::vector<word_and_rest> read_lines(std::string_view text);

}  // namespace ostler::keeper
