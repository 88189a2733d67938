// An archive pushed piece by piece, taken apart, and handed entry by entry to a sink.
//
// Reads ustar, pax and GNU archives; compressed and sparse ones are refused. Everything that could lead out
// of the target, and everything above the limits, is refused before the sink hears of it: absolute paths,
// "..", devices, links that leave. Memory is one header and one long name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "keeper/files/tar_format.hpp"

namespace ostler::keeper {

struct tar_limits {
  std::uint64_t bytes_max = 64ULL << 30U;
  std::uint64_t entries_max = 1'000'000;
  std::size_t path_max = 4095;
  std::size_t depth_max = 256;
};

struct tar_entry {
  // Relative, without empty components, "." and "..".
  std::string path;
  // Permissions only: setuid, setgid and sticky are gone.
  mode_t mode = 0;
  std::int64_t mtime_ns = 0;
};

class tar_sink {
 public:
  tar_sink() = default;
  tar_sink(tar_sink const&) = delete;
  tar_sink& operator=(tar_sink const&) = delete;
  virtual ~tar_sink() = default;
  virtual result<void> directory(tar_entry const& entry) = 0;
  // Then its content, then its end.
  virtual result<void> begin_file(tar_entry const& entry) = 0;
  virtual result<void> content(byte_view piece) = 0;
  virtual result<void> end_file() = 0;
  // The target does not lead out of the root when each directory of the entry's path is a real one.
  virtual result<void> link(tar_entry const& entry, std::string const& target) = 0;
  // `target` is a path like that of an entry.
  virtual result<void> hard_link(tar_entry const& entry, std::string const& target) = 0;
  // The archive was whole.
  virtual result<void> end() = 0;
};

struct tar_report {
  // What the sink took completely.
  std::uint64_t entries = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::string last_path;
};

class tar_reader {
 public:
  explicit tar_reader(tar_sink& sink, tar_limits limits = {}) : sink_(&sink), limits_(limits) {}

  // After an error every further call gives the same one.
  result<void> push(byte_view piece);
  // Refuses an archive that ended too early; the message says what was written until then.
  result<tar_report> finish();
  tar_report const& report() const { return report_; }

 private:
  enum class part : std::uint8_t { header, extension, content, padding, ended };
  result<void> take(byte_view& piece);
  result<void> take_header(byte_view& piece);
  result<void> take_extension(byte_view& piece);
  result<void> take_content(byte_view& piece);
  result<void> read_header();
  result<void> read_extension();
  result<void> begin_entry(tar_header header);
  result<void> begin_content(tar_entry const& entry, std::uint64_t size);
  result<void> end_content();
  result<tar_entry> checked_entry(tar_header const& header) const;
  result<std::string> checked_path(std::string_view path) const;
  void count(std::string const& path);
  std::unexpected<error> with_what_was_written(error why) const;

  static constexpr std::uint64_t extension_max = 64ULL * 1024;

  tar_sink* sink_;
  tar_limits limits_;
  tar_report report_;
  part part_ = part::header;
  tar_block block_{};
  std::size_t in_block_ = 0;
  bool zero_before_ = false;
  // Of the extension or the content.
  std::uint64_t left_ = 0;
  std::size_t padding_ = 0;
  tar_type extension_type_ = tar_type::pax;
  std::string extension_;
  // For the next entry.
  pax_records coming_;
  std::string file_path_;
  result<void> state_;
};

// Whether a link at `path` that says `target` stays beneath the root, given that the directories of `path`
// are no links: ".." only in front, and not more of them than there are directories.
bool link_stays(std::string_view path, std::string_view target);

}  // namespace ostler::keeper
