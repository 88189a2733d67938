#include "keeper/logs/log_store.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ensure.hpp"
#include "keeper/logs/newlines.hpp"
#include "system/failure.hpp"
#include "system/random.hpp"
#include "wire/log_records.hpp"

namespace ostler::keeper {

log_listener::log_listener(log_store& store) : store_(&store), next_(store.first_listener_) {
  if (next_ != nullptr) next_->previous_ = this;
  store.first_listener_ = this;
}

log_listener::~log_listener() {
  if (store_->next_to_tell_ == this) store_->next_to_tell_ = next_;
  (previous_ != nullptr ? previous_->next_ : store_->first_listener_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

// Up to 16 chunks of one write: the footer of each and the header of the next lie together in memory.
struct log_store::batch {
  static constexpr std::size_t chunks_max = 16;
  static constexpr std::size_t bytes_max = chunks_max * chunk_payload_max;

  std::size_t chunks = 0;
  std::array<chunk_header, chunks_max> heads;
  std::array<state, chunks_max> after;
  std::array<std::byte, chunks_max * chunk_overhead> frames;
  std::array<iovec, 2 * chunks_max + 1> parts;
  std::size_t parts_count = 0;

  void frame(byte_view bytes, std::uint64_t nonce);
};

void log_store::batch::frame(byte_view bytes, std::uint64_t nonce) {
  auto* at = frames.data();
  auto* begin = at;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    auto const payload = bytes.first(heads[chunk].length);
    bytes = bytes.subspan(payload.size());
    encode(heads[chunk], nonce, at);
    at += chunk_header_size;
    parts[parts_count++] = {.iov_base = begin, .iov_len = static_cast<std::size_t>(at - begin)};
    // The system only reads from there.
    parts[parts_count++] = {.iov_base = const_cast<std::byte*>(payload.data()), .iov_len = payload.size()};
    begin = at;
    encode_footer(heads[chunk], nonce, at);
    at += chunk_footer_size;
  }
  parts[parts_count++] = {.iov_base = begin, .iov_len = static_cast<std::size_t>(at - begin)};
}

void log_store::append(log_stream stream, wall_time wall, byte_view bytes) {
  if (bytes.empty()) return;
  keep(stream, 0, wall, bytes);
  tell_listeners();
}

void log_store::append_rest(log_stream stream, wall_time wall, byte_view bytes) {
  loss_ = {};
  append(stream, wall, bytes);
}

void log_store::note(wall_time wall, std::string_view line) {
  auto const text = std::string(line.substr(0, chunk_payload_max - 1)) + '\n';
  append(log_stream::ours, wall, as_bytes(text));
}

std::uint64_t log_store::first_position() const {
  return segments_.empty() ? state_.position : segments_.front().first_position;
}

std::uint64_t log_store::first_lines() const {
  return segments_.empty() ? state_.lines : segments_.front().first_lines;
}

result<segment_file> log_store::open_segment(log_segment const& segment) const {
  auto file = segment_file::open(directory_.get(), segment.number);
  if (!file) return file;
  // Another log put in its place would give chunks that fit nowhere.
  if (file->header().first_position != segment.first_position)
    return fail(error_code::text_malformed,
                fmt::format("read {} of {}: it was replaced", segment_name(segment.number), path_));
  file->limit(segment.end_offset);
  return file;
}

void log_store::keep(log_stream stream, std::uint8_t flags, wall_time wall, byte_view bytes) {
  while (!bytes.empty()) {
    if (!can_write() || !tell_loss(wall)) return lose(bytes, "the log could not be written");
    auto const size = share(bytes);
    if (size == 0) {
      // Closes the segment; can_write() begins the next.
      if (::ftruncate(file_.get(), static_cast<off_t>(segments_.back().end_offset)) != 0) refused_ = errno;
      file_.reset();
      continue;
    }
    auto const kept = write(stream, flags, wall, bytes.first(size));
    bytes = bytes.subspan(kept);
    if (kept < size) return lose(bytes, "the log could not be written");
  }
}

std::size_t log_store::room() const {
  auto const used = segments_.back().end_offset;
  if (used >= segment_size()) return 0;
  auto const left = segment_size() - used;
  auto const whole = left / (chunk_payload_max + chunk_overhead);
  auto const rest = left % (chunk_payload_max + chunk_overhead);
  return static_cast<std::size_t>(whole * chunk_payload_max +
                                  (rest > chunk_overhead ? rest - chunk_overhead : 0));
}

std::size_t log_store::share(byte_view bytes) const {
  auto const fits = room();
  if (bytes.size() <= fits) return std::min(bytes.size(), batch::bytes_max);
  if (fits >= batch::bytes_max) return batch::bytes_max;
  // A reader that was left behind goes on at the first line of a segment, so segments begin with one.
  auto const newline = as_text(bytes.first(fits)).rfind('\n');
  if (newline != std::string_view::npos) return newline + 1;
  return segments_.back().end_offset == segment_header_size ? fits : 0;
}

bool log_store::can_write() {
  if (file_) {
    struct stat facts{};
    if (::fstat(file_.get(), &facts) == 0 && facts.st_nlink > 0) return true;
    forget_deleted();
  }
  return begin_segment();
}

void log_store::forget_deleted() {
  file_.reset();
  segments_.pop_back();
}

bool log_store::begin_segment() {
  auto const name = segment_name(next_number_);
  // An earlier keeper may have been allowed more.
  for (; segments_.size() > log_options::segments_max; segments_.erase(segments_.begin()))
    ::unlinkat(directory_.get(), segment_name(segments_.front().number).c_str(), 0);
  auto const full = segments_.size() == log_options::segments_max;
  if (!(full && reuse_oldest(name))) {
    constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    file_.reset(::openat(directory_.get(), name.c_str(), flags, 0600));
    // The directory itself may have been removed, and made anew.
    if (!file_ && errno == ENOENT && open_directory())
      file_.reset(::openat(directory_.get(), name.c_str(), flags, 0600));
  }
  segment_header const header{
      .number = next_number_,
      .nonce = system::random_bits(),
      .first_position = state_.position,
      .first_lines = state_.lines,
  };
  std::array<std::byte, segment_header_size> bytes{};
  encode(header, bytes.data());
  auto const wrote = file_ ? ::pwrite(file_.get(), bytes.data(), bytes.size(), 0) : -1;
  if (wrote != static_cast<ssize_t>(bytes.size())) {
    refused_ = wrote < 0 ? errno : ENOSPC;
    if (file_) ::unlinkat(directory_.get(), name.c_str(), 0);
    file_.reset();
    return false;
  }
  nonce_ = header.nonce;
  ++next_number_;
  segments_.push_back({.number = header.number,
                       .first_position = state_.position,
                       .first_lines = state_.lines,
                       .end_position = state_.position,
                       .end_lines = state_.lines});
  return true;
}

bool log_store::reuse_oldest(std::string const& name) {
  auto const oldest = segment_name(segments_.front().number);
  segments_.erase(segments_.begin());
  if (::renameat(directory_.get(), oldest.c_str(), directory_.get(), name.c_str()) != 0) return false;
  file_.reset(::openat(directory_.get(), name.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  return static_cast<bool>(file_);
}

bool log_store::tell_loss(wall_time wall) {
  if (loss_.bytes == 0) return true;
  auto const payload =
      wire::encode(wire::log_dropped{.lines = loss_.lines, .bytes = loss_.bytes, .reason = loss_.reason});
  // Where it does not fit, it goes with what comes first into the next segment.
  if (room() < payload.size()) {
    file_.reset();
    if (!begin_segment()) return false;
  }
  if (write(log_stream::ours, chunk_dropped, wall, as_bytes(payload)) < payload.size()) return false;
  loss_ = {};
  return true;
}

void log_store::lose(byte_view bytes, std::string_view what) {
  loss_.lines += count_newlines(bytes);
  loss_.bytes += bytes.size();
  if (loss_.reason.empty()) loss_.reason = fmt::format("{}: {}", what, system::errno_text(refused_));
}

void log_store::prepare(batch& prepared, log_stream stream, std::uint8_t flags, wall_time wall,
                        byte_view bytes) const {
  auto next = state_;
  prepared.chunks = 0;
  prepared.parts_count = 0;
  for (auto rest = bytes; !rest.empty();) {
    auto const payload = rest.first(std::min<std::size_t>(rest.size(), chunk_payload_max));
    rest = rest.subspan(payload.size());
    auto& head = prepared.heads[prepared.chunks];
    auto const length = static_cast<std::uint32_t>(payload.size());
    auto const lines =
        (flags & chunk_dropped) != 0 ? 0U : static_cast<std::uint32_t>(count_newlines(payload));
    head = {.length = length, .stream = stream, .flags = flags, .lines = lines, .wall = wall};
    if (stream != log_stream::ours) {
      auto& open = next.open[open_index(stream)];
      auto const text = as_text(payload);
      if (open + length > log_line_max && open + std::min(text.find('\n'), text.size()) > log_line_max) {
        head.flags |= chunk_cut;
        open = 0;
      }
      head.open = next.open;
      open = lines == 0 ? open + length : static_cast<std::uint32_t>(length - 1 - text.rfind('\n'));
    } else {
      head.open = next.open;
    }
    head.position = next.position;
    head.lines_before = next.lines;
    next.position += length;
    next.lines += lines;
    prepared.after[prepared.chunks++] = next;
  }
  for (std::size_t chunk = prepared.chunks; chunk-- > 1;) {
    auto const& later = prepared.heads[chunk];
    prepared.heads[chunk - 1].left_bytes = later.left_bytes + later.length;
    prepared.heads[chunk - 1].left_lines = later.left_lines + later.lines;
  }
  prepared.frame(bytes, nonce_);
}

std::size_t log_store::write(log_stream stream, std::uint8_t flags, wall_time wall, byte_view bytes) {
  batch prepared;
  prepare(prepared, stream, flags, wall, bytes);
  auto const begin = segments_.back().end_offset;
  auto const total = bytes.size() + prepared.chunks * chunk_overhead;
  auto* part = prepared.parts.data();
  auto* const end = part + prepared.parts_count;
  std::size_t written = 0;
  while (written < total) {
    auto const wrote = system::uninterrupted([&] {
      return ::pwritev(file_.get(), part, static_cast<int>(end - part), static_cast<off_t>(begin + written));
    });
    if (wrote <= 0) {
      refused_ = wrote < 0 ? errno : ENOSPC;
      break;
    }
    written += static_cast<std::size_t>(wrote);
    // A short write goes on where it stopped; mostly the next one says why.
    for (auto rest = static_cast<std::size_t>(wrote); rest > 0;) {
      auto const step = std::min(rest, part->iov_len);
      part->iov_base = static_cast<std::byte*>(part->iov_base) + step;
      part->iov_len -= step;
      rest -= step;
      if (part->iov_len == 0) ++part;
    }
  }
  auto const before = state_.position;
  commit(prepared, written);
  // After a failure nobody knows what lies behind the end; a segment that cannot be cut there is left alone.
  if (written < total && ::ftruncate(file_.get(), static_cast<off_t>(segments_.back().end_offset)) != 0)
    file_.reset();
  return static_cast<std::size_t>(state_.position - before);
}

void log_store::commit(batch const& prepared, std::uint64_t written) {
  auto& segment = segments_.back();
  for (std::size_t chunk = 0; chunk < prepared.chunks; ++chunk) {
    auto const size = prepared.heads[chunk].size_on_disk();
    if (size > written) return;
    written -= size;
    state_ = prepared.after[chunk];
    segment.end_offset += size;
    segment.end_position = state_.position;
    segment.end_lines = state_.lines;
  }
}

void log_store::tell_listeners() {
  // A listener may leave, or end others, when it is told.
  for (next_to_tell_ = first_listener_; next_to_tell_ != nullptr;) {
    auto* const told = next_to_tell_;
    next_to_tell_ = told->next_;
    told->appended();
  }
}

}  // namespace ostler::keeper
