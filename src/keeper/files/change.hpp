// Small changes to the tree, each done in one call. What takes long, removing a tree, is removal.hpp.
#pragma once

#include <string_view>
#include <sys/types.h>

#include "keeper/files/pending_file.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

// How many directories are made on the way to one.
constexpr std::size_t parents_max = 256;

result<void> make_directory(workspace const& files, std::string_view path, mode_t mode = 0755);
// With all that leads there. What is a directory already stays as it is.
result<void> make_directories(workspace const& files, std::string_view path, mode_t mode = 0755,
                              links which = links::followed);
// A file, a link itself, or an empty directory.
result<void> remove_entry(workspace const& files, std::string_view path);
// Links are moved, not followed. A directory is never replaced by a file nor a file by a directory.
result<void> move_entry(workspace const& files, std::string_view from, std::string_view to, occupied what);
// Of a file or directory that may be opened; setuid and setgid cannot be given.
result<void> set_mode(workspace const& files, std::string_view path, mode_t mode);

}  // namespace ostler::keeper
