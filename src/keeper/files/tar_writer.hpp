// An archive of the workspace, pulled piece by piece.
//
// One directory is open at a time and those below wait as names, so a deep tree costs no descriptors and a
// large one little memory. A directory comes right before what it holds, its files before its directories.
// Links are stored as links, further hard links as copies, times in whole seconds. The archive is valid
// whatever happens to the files meanwhile: the size is that of the header, a file that shrinks is filled with
// zeros, and what could not be stored stands in the notes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "keeper/files/entry.hpp"
#include "keeper/files/tar_format.hpp"
#include "keeper/files/workspace.hpp"

namespace ostler::keeper {

struct tar_choice {
  // Files and directories, relative, without "..". None: the whole workspace.
  std::vector<std::string> paths;
  // With a slash inside: that path and all below. Without: every entry of that name, where `*` stands for any
  // text and `?` for one byte.
  std::vector<std::string> excluded;
};

struct tar_note {
  std::string path;
  std::string why;
};

struct pulled {
  std::size_t size = 0;
  // Nothing comes any more. A call that found nothing to say yet gives no bytes and is not done.
  bool done = false;
};

class tar_writer {
 public:
  static constexpr std::size_t notes_max = 1000;

  // `files` must outlive it.
  static result<tar_writer> open(workspace const& files, tar_choice choice);

  result<pulled> pull(std::span<std::byte> into);

  std::vector<tar_note> const& notes() const { return notes_; }
  // How many more there were.
  std::uint64_t notes_left_out() const { return notes_left_out_; }
  std::uint64_t entries() const { return entries_; }

 private:
  explicit tar_writer(workspace const& files) : files_(&files) {}
  result<std::size_t> produce(std::span<std::byte> into);
  result<std::size_t> read_file(std::span<std::byte> into);
  result<void> advance();
  void open_directory(std::string folder);
  result<void> add(int directory, std::string const& name, std::string path);
  void add_file(int directory, std::string const& name, std::string const& path);
  void head(tar_header header, file_info const& info);
  bool is_excluded(std::string_view path, std::string_view name) const;
  void note(std::string_view path, std::string why);

  static constexpr int entries_a_pull = 256;
  static constexpr std::size_t waiting_bytes_max = 16UL << 20U;

  workspace const* files_;
  // Both without slashes at their ends; of the paths the next one is last.
  tar_choice choice_;
  std::vector<std::string> waiting_;
  std::size_t waiting_bytes_ = 0;
  directory_stream stream_;
  std::string folder_;
  // Headers that wait to be pulled.
  std::string head_;
  std::size_t head_given_ = 0;
  system::fd file_;
  std::string file_path_;
  // Of the file that is open, and then to the end of its last block.
  std::uint64_t left_ = 0;
  std::size_t padding_ = 0;
  bool ended_ = false;
  std::uint64_t entries_ = 0;
  std::vector<tar_note> notes_;
  std::uint64_t notes_left_out_ = 0;
};

// `*` and `?`, in time that grows with the product of both lengths at worst.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace ostler::keeper
