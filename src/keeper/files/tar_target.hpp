// A directory that an archive is unpacked into.
//
// Each file appears whole or not at all. No entry is written through a link, whether the archive brought it
// or it was there, and none is replaced by what it points to: what has the name of an entry is replaced
// itself, except that directories stay. Owners are not set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keeper/files/pending_file.hpp"
#include "keeper/files/tar_reader.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

class tar_target : public tar_sink {
 public:
  // `root` is the directory to unpack into: workspace::beneath().
  explicit tar_target(workspace root) : root_(std::move(root)) {}

  result<void> directory(tar_entry const& entry) override;
  result<void> begin_file(tar_entry const& entry) override;
  result<void> content(byte_view piece) override;
  result<void> end_file() override;
  result<void> link(tar_entry const& entry, std::string const& target) override;
  result<void> hard_link(tar_entry const& entry, std::string const& target) override;
  result<void> end() override;

 private:
  result<place> make_place(std::string const& path) const;

  // What is kept in memory of directories, which get their modes and times last: else nothing could be
  // written into a read-only one. Those beyond get neither their time nor less than their owner's rights.
  static constexpr std::size_t directories_bytes_max = 1UL << 20U;

  workspace root_;
  tar_entry entry_;
  std::optional<pending_file> file_;
  std::vector<tar_entry> directories_;
  std::size_t directories_bytes_ = 0;
};

}  // namespace ostler::keeper
