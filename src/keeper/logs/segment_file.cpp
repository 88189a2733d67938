#include "keeper/logs/segment_file.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/failure.hpp"
#include "system/files.hpp"

namespace ostler::keeper {

namespace {

constexpr std::size_t window_least = 4096;

struct plain_file {
  system::fd file;
  std::uint64_t size = 0;
  std::array<std::byte, segment_header_size> head{};

  byte_view first_bytes() const {
    return byte_view(head).first(static_cast<std::size_t>(std::min<std::uint64_t>(size, head.size())));
  }
};

// Never waits, also when somebody has put a FIFO there.
result<plain_file> open_plain(int directory, std::string const& name) {
  auto opened = system::open_at(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!opened) return std::unexpected(opened.error());
  struct stat facts{};
  if (::fstat(opened->get(), &facts) != 0) return system::fail_errno(fmt::format("look at {}", name));
  if (!S_ISREG(facts.st_mode))
    return fail(error_code::text_malformed, fmt::format("read {}: it is no file", name));
  plain_file plain{.file = std::move(*opened), .size = static_cast<std::uint64_t>(facts.st_size)};
  auto const got = system::uninterrupted(
      [&] { return ::pread(plain.file.get(), plain.head.data(), plain.head.size(), 0); });
  if (got < 0) return system::fail_errno(fmt::format("read {}", name));
  return plain;
}

}  // namespace

bool segment_file::is_leftover(int directory, std::uint64_t number) {
  auto const file = open_plain(directory, segment_name(number));
  if (!file) return false;
  auto const header = parse_segment_header(file->first_bytes());
  return file->size < segment_header_size || (header && header->number < number);
}

result<segment_file> segment_file::open(int directory, std::uint64_t number) {
  auto const name = segment_name(number);
  auto file = open_plain(directory, name);
  if (!file) return std::unexpected(file.error());
  auto const header = parse_segment_header(file->first_bytes());
  if (!header || header->number != number)
    return fail(error_code::text_malformed, fmt::format("read {}: it is not that segment of a log", name));
  return segment_file(std::move(file->file), *header, file->size);
}

std::optional<chunk_header> segment_file::chunk_at(std::uint64_t offset, std::uint64_t position) {
  auto const head = parse_chunk_header(bytes(offset, chunk_header_size), header_.nonce);
  if (!head || head->position != position) return std::nullopt;
  return head;
}

std::optional<placed_chunk> segment_file::whole_chunk_at(std::uint64_t offset, std::uint64_t position) {
  auto const head = chunk_at(offset, position);
  if (!head) return std::nullopt;
  placed_chunk const chunk{.offset = offset, .head = *head};
  if (!is_whole(chunk)) return std::nullopt;
  return chunk;
}

bool segment_file::is_whole(placed_chunk const& chunk) {
  auto const footer_offset = chunk.payload_offset() + chunk.head.length;
  return footer_fits(bytes(footer_offset, chunk_footer_size), chunk.head, header_.nonce);
}

std::optional<placed_chunk> segment_file::chunk_before(std::uint64_t end_offset) {
  if (end_offset < segment_header_size + chunk_overhead) return std::nullopt;
  auto const length = footer_length(bytes(end_offset - chunk_footer_size, chunk_footer_size));
  if (length == 0 || length > end_offset - segment_header_size - chunk_overhead) return std::nullopt;
  placed_chunk chunk{.offset = end_offset - chunk_overhead - length};
  auto const head = parse_chunk_header(bytes(chunk.offset, chunk_header_size), header_.nonce);
  if (!head || head->length != length) return std::nullopt;
  chunk.head = *head;
  if (!is_whole(chunk)) return std::nullopt;
  return chunk;
}

byte_view segment_file::bytes(std::uint64_t offset, std::size_t size) {
  auto const holds = [&] {
    return offset >= window_offset_ && offset + size <= window_offset_ + window_.size();
  };
  if (offset >= limit_) return {};
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, limit_ - offset));
  if (!holds()) fill(offset, size);
  if (!holds()) size = window_.size();
  return byte_view(window_).subspan(static_cast<std::size_t>(offset - window_offset_), size);
}

void segment_file::shrink() {
  window_.clear();
  window_.shrink_to_fit();
}

void segment_file::fill(std::uint64_t offset, std::size_t size) {
  // With a payload come its footer and the header after it, which are looked at next.
  auto const wanted = std::max(window_least, size + chunk_overhead);
  window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, limit_ - offset)));
  window_offset_ = offset;
  std::size_t filled = 0;
  while (filled < window_.size()) {
    auto const got = system::uninterrupted([&] {
      return ::pread(file_.get(), window_.data() + filled, window_.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    // A file that was cut, or cannot be read: what there is ends here.
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  window_.resize(filled);
  bytes_read_ += filled;
}

}  // namespace ostler::keeper
