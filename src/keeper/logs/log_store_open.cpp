// How a log is found again: from the files alone, whatever interrupted the writer.
#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/logs/log_store.hpp"
#include "keeper/logs/newlines.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

struct directory_closer {
  void operator()(DIR* opened) const { ::closedir(opened); }
};

result<std::vector<std::uint64_t>> list_segments(int directory, std::string const& path) {
  auto copy = system::open_at(directory, ".", O_RDONLY | O_DIRECTORY);
  if (!copy) return std::unexpected(copy.error());
  std::unique_ptr<DIR, directory_closer> const opened(::fdopendir(copy->get()));
  if (!opened) return system::fail_errno(fmt::format("list {}", path));
  // closedir() closes it from now on.
  [[maybe_unused]] int const owned = copy->release();
  std::vector<std::uint64_t> numbers;
  for (;;) {
    errno = 0;
    auto const* const entry = ::readdir(opened.get());
    if (entry == nullptr) break;
    if (auto const number = segment_number(entry->d_name)) numbers.push_back(*number);
  }
  if (errno != 0) return system::fail_errno(fmt::format("list {}", path));
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

result<std::unique_ptr<log_store>> log_store::open(std::string path, log_options options) {
  options.cap = std::max(options.cap, log_options::cap_least);
  std::unique_ptr<log_store> store(new log_store(std::move(path), options));
  if (auto done = store->load(); !done) return std::unexpected(done.error());
  return store;
}

result<void> log_store::open_directory() {
  if (::mkdir(path_.c_str(), 0700) != 0 && errno != EEXIST)
    return system::fail_errno(fmt::format("make the directory {}", path_));
  auto opened = system::open_at(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  directory_ = std::move(*opened);
  return {};
}

result<void> log_store::load() {
  segments_.reserve(log_options::segments_max + 1);
  if (auto done = open_directory(); !done) return done;
  auto const numbers = list_segments(directory_.get(), path_);
  if (!numbers) return std::unexpected(numbers.error());
  for (auto const number : *numbers)
    if (auto done = load_segment(number); !done) return done;
  go_on_in_last();
  return {};
}

result<void> log_store::load_segment(std::uint64_t number) {
  auto file = segment_file::open(directory_.get(), number);
  next_number_ = std::max(next_number_, number + 1);
  if (!file) {
    auto const code = file.error().code;
    // Without it the end of the log would be taken for an earlier one, and what comes next would hide it.
    if (code != error_code::text_malformed && code != error_code::file_unknown)
      return std::unexpected(file.error());
    if (segment_file::is_leftover(directory_.get(), number))
      ::unlinkat(directory_.get(), segment_name(number).c_str(), 0);
    return {};
  }
  auto const& header = file->header();
  // Positions only grow. What claims otherwise is older than what came before it, and would hide it.
  if (header.first_position < state_.position || header.first_lines < state_.lines) return {};
  log_segment segment{.number = number,
                      .first_position = header.first_position,
                      .first_lines = header.first_lines,
                      .end_position = header.first_position,
                      .end_lines = header.first_lines};
  state_ = {.position = header.first_position, .lines = header.first_lines};
  loss_ = {};
  nonce_ = header.nonce;
  find_end(*file, segment);
  segments_.push_back(segment);
  return {};
}

void log_store::find_end(segment_file& file, log_segment& segment) {
  auto const take = [&](placed_chunk const& chunk) {
    segment.end_offset = chunk.end_offset();
    segment.end_position = chunk.head.end_position();
    segment.end_lines = chunk.head.end_lines();
    take_state(chunk.head);
    auto const payload = as_text(file.bytes(chunk.payload_offset(), chunk.head.length));
    if (chunk.head.stream == log_stream::ours) return;
    auto& open = state_.open[open_index(chunk.head.stream)];
    auto const newline = payload.rfind('\n');
    auto const size =
        newline == std::string_view::npos ? open + payload.size() : payload.size() - 1 - newline;
    open = static_cast<std::uint32_t>(std::min<std::size_t>(size, log_line_max));
  };
  // A segment that was closed, or never used again, ends where its file ends.
  auto const last = file.chunk_before(file.limit());
  if (last && last->head.position >= segment.first_position) return take(*last);
  std::optional<placed_chunk> found;
  auto position = segment.first_position;
  auto offset = segment.end_offset;
  while (auto const chunk = file.whole_chunk_at(offset, position)) {
    found = chunk;
    offset = chunk->end_offset();
    position = chunk->head.end_position();
  }
  if (found) take(*found);
  note_torn(file, segment);
}

void log_store::take_state(chunk_header const& last) {
  state_ = {.position = last.end_position(), .lines = last.end_lines(), .open = last.open};
}

void log_store::note_torn(segment_file& file, log_segment const& segment) {
  auto const torn = file.chunk_at(segment.end_offset, segment.end_position);
  if (!torn) return;
  loss_ = {.lines = torn->lines + std::uint64_t{torn->left_lines},
           .bytes = torn->length + std::uint64_t{torn->left_bytes},
           .reason = "the keeper ended while it wrote them"};
}

void log_store::go_on_in_last() {
  if (segments_.empty()) return;
  auto const& last = segments_.back();
  auto const name = segment_name(last.number);
  auto file = system::open_at(directory_.get(), name, O_WRONLY | O_NOFOLLOW);
  // What was torn must not be met again; where it cannot be cut off, the next segment is begun.
  if (file && ::ftruncate(file->get(), static_cast<off_t>(last.end_offset)) == 0) file_ = std::move(*file);
}

}  // namespace ostler::keeper
