// A file pushed piece by piece. Until finish() nobody sees it; when it is destroyed before, nothing is left.
//
// The file at the place is replaced as a whole, so whoever reads it meanwhile reads the former one to its
// end. It keeps its mode and, where that is permitted, its owner; further hard links and extended attributes
// stay with the former file. Appending cannot be done so: there every piece is in the file at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <variant>

#include "base/bytes.hpp"
#include "keeper/files/entry.hpp"
#include "keeper/files/pending_file.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

struct write_options {
  enum class how : std::uint8_t { replace, create_only, append };
  enum class parents : std::uint8_t { must_exist, made };
  enum class sync : std::uint8_t { none, power };

  how way = how::replace;
  parents folders = parents::must_exist;
  // Survives a power cut once finish() has returned.
  sync kept = sync::none;
  // By default that of the file that is replaced, or 0644.
  std::optional<mode_t> mode;
  // Only if the file is still the one that was looked at. It is looked at when opening and just before the
  // new content takes its place; a writer that does not ask can come in the microseconds after that.
  std::optional<file_tag> if_match;
  pending_file::kind pending = pending_file::kind::nameless_if_possible;
};

class writer {
 public:
  static result<writer> open(workspace const& files, std::string_view path,
                             write_options const& options = {});

  result<void> push(byte_view piece);
  // What is there now.
  result<file_info> finish();

 private:
  writer(std::variant<pending_file, system::fd> target, write_options const& options, std::string path)
      : target_(std::move(target)), options_(options), path_(std::move(path)) {}
  static result<writer> open_to_append(workspace const& files, std::string_view path,
                                       write_options const& options);
  static result<writer> open_to_replace(workspace const& files, std::string_view path,
                                        write_options const& options);
  int target() const;

  // Opened for appending, or waiting to be put.
  std::variant<pending_file, system::fd> target_;
  write_options options_;
  std::string path_;
};

}  // namespace ostler::keeper
