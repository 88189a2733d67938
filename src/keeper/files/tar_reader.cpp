#include "keeper/files/tar_reader.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "keeper/files/paths.hpp"

namespace ostler::keeper {
namespace {

std::unexpected<error> refused(std::string_view path, std::string_view why) {
  return fail(error_code::path_refused, fmt::format("{} in the archive is refused: {}", shown(path), why));
}

std::unexpected<error> too_much(std::string what) {
  return fail(error_code::value_out_of_range, std::move(what));
}

}  // namespace

bool link_stays(std::string_view path, std::string_view target) {
  if (target.empty() || target.starts_with('/')) return false;
  std::size_t above = 0;
  while (!path.empty()) above += next_component(path).empty() ? 0 : 1;
  bool down = false;
  while (!target.empty()) {
    auto const component = next_component(target);
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      down = true;
      continue;
    }
    // After a name, which may be a link to anywhere below, nobody knows how far up it leads. The entry's own
    // name is among `above`, so the last one must remain.
    if (down || above <= 1) return false;
    --above;
  }
  return true;
}

result<void> tar_reader::push(byte_view piece) {
  while (state_ && !piece.empty() && part_ != part::ended) {
    if (auto done = take(piece); !done) state_ = with_what_was_written(std::move(done.error()));
  }
  return state_;
}

result<tar_report> tar_reader::finish() {
  if (state_ && part_ != part::ended)
    state_ = with_what_was_written(error{.code = error_code::text_malformed,
                                         .message = "the archive ends before its end mark",
                                         .detail = {},
                                         .hints = {}});
  if (state_) state_ = sink_->end();
  if (!state_) return std::unexpected(state_.error());
  return report_;
}

std::unexpected<error> tar_reader::with_what_was_written(error why) const {
  why.message += report_.entries == 0 ? std::string("; nothing was written")
                                      : fmt::format("; {} entries were written before, the last was {}",
                                                    report_.entries, shown(report_.last_path));
  return std::unexpected(std::move(why));
}

result<void> tar_reader::take(byte_view& piece) {
  switch (part_) {
    case part::header: return take_header(piece);
    case part::extension: return take_extension(piece);
    case part::content: return take_content(piece);
    case part::padding: {
      auto const skipped = std::min(padding_, piece.size());
      piece = piece.subspan(skipped);
      padding_ -= skipped;
      if (padding_ == 0) part_ = part::header;
      return {};
    }
    case part::ended: break;
  }
  return {};
}

result<void> tar_reader::take_header(byte_view& piece) {
  auto const size = std::min(tar_block_size - in_block_, piece.size());
  std::memcpy(block_.data() + in_block_, piece.data(), size);
  piece = piece.subspan(size);
  in_block_ += size;
  if (in_block_ < tar_block_size) return {};
  in_block_ = 0;
  if (!is_zero(block_)) {
    zero_before_ = false;
    return read_header();
  }
  if (zero_before_) part_ = part::ended;
  zero_before_ = true;
  return {};
}

result<void> tar_reader::read_header() {
  auto header = read_tar_header(block_);
  if (!header) return std::unexpected(header.error());
  switch (header->type) {
    case tar_type::pax:
    case tar_type::pax_for_all:
    case tar_type::gnu_long_name:
    case tar_type::gnu_long_link:
      if (header->size > extension_max)
        return too_much(fmt::format("the archive has a header of {} bytes; at most {} are read", header->size,
                                    extension_max));
      extension_type_ = header->type;
      extension_.clear();
      left_ = header->size;
      padding_ = tar_padding(header->size);
      part_ = part::extension;
      return left_ == 0 ? read_extension() : result<void>{};
    case tar_type::file:
    case tar_type::hard_link:
    case tar_type::link:
    case tar_type::character_device:
    case tar_type::block_device:
    case tar_type::directory:
    case tar_type::fifo:
    case tar_type::contiguous_file:
    case tar_type::gnu_volume:
    case tar_type::old_file: break;
  }
  return begin_entry(std::move(*header));
}

result<void> tar_reader::take_extension(byte_view& piece) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size()));
  extension_ += as_text(piece.first(size));
  piece = piece.subspan(size);
  left_ -= size;
  return left_ == 0 ? read_extension() : result<void>{};
}

result<void> tar_reader::read_extension() {
  part_ = padding_ == 0 ? part::header : part::padding;
  auto const text = std::exchange(extension_, {});
  auto const as_name = text.substr(0, std::min(text.find('\0'), text.size()));
  if (extension_type_ == tar_type::gnu_long_name) {
    coming_.path = as_name;
  } else if (extension_type_ == tar_type::gnu_long_link) {
    coming_.link = as_name;
  } else {
    auto records = read_pax_records(text);
    if (!records) return std::unexpected(records.error());
    if (extension_type_ == tar_type::pax) {
      if (records->path) coming_.path = std::move(records->path);
      if (records->link) coming_.link = std::move(records->link);
      if (records->size) coming_.size = records->size;
      if (records->mtime_ns) coming_.mtime_ns = records->mtime_ns;
    } else if (records->path || records->link || records->size) {
      // git and others put a comment there; a path or a size for every entry makes no sense.
      return fail(error_code::text_malformed, "the archive gives one path or size to all of its entries");
    }
  }
  return {};
}

result<std::string> tar_reader::checked_path(std::string_view path) const {
  if (path.size() > limits_.path_max)
    return too_much(fmt::format("{} in the archive is longer than {} bytes", shown(path), limits_.path_max));
  if (path.starts_with('/')) return refused(path, "it is absolute");
  if (path.find('\0') != std::string_view::npos) return refused(path, "it holds a NUL byte");
  std::string clean;
  std::size_t depth = 0;
  for (auto rest = path; !rest.empty();) {
    auto const component = next_component(rest);
    if (component.empty() || component == ".") continue;
    if (component == "..") return refused(path, "it leads up by '..'");
    if (component.size() > 255)
      return too_much(fmt::format("a name in {} is longer than 255 bytes", shown(path)));
    if (++depth > limits_.depth_max)
      return too_much(
          fmt::format("{} in the archive is deeper than {} directories", shown(path), limits_.depth_max));
    clean = join(clean, component);
  }
  return clean;
}

result<tar_entry> tar_reader::checked_entry(tar_header const& header) const {
  auto path = checked_path(coming_.path ? *coming_.path : header.path);
  if (!path) return std::unexpected(path.error());
  if (report_.entries >= limits_.entries_max)
    return too_much(fmt::format("the archive has more than {} entries", limits_.entries_max));
  return tar_entry{.path = std::move(*path),
                   .mode = header.mode & 0777U,
                   .mtime_ns = coming_.mtime_ns.value_or(header.mtime_ns)};
}

result<void> tar_reader::begin_entry(tar_header header) {
  auto const entry = checked_entry(header);
  if (!entry) return std::unexpected(entry.error());
  auto const target = coming_.link ? *std::exchange(coming_.link, {}) : std::move(header.link);
  auto const size = coming_.size.value_or(header.size);
  bool const named_as_directory = (coming_.path ? *coming_.path : header.path).ends_with('/');
  coming_ = {};
  if (header.type == tar_type::old_file && named_as_directory) header.type = tar_type::directory;
  // The root itself is there; a file cannot have its name.
  bool const root = entry->path.empty();
  if (root && header.type != tar_type::directory && header.type != tar_type::gnu_volume)
    return refused(header.path, "it has no name");

  // What is no file has no content, whatever its size says; GNU tar writes a size for hard links of some
  // kinds.
  result<void> done;
  switch (header.type) {
    case tar_type::file:
    case tar_type::old_file:
    case tar_type::contiguous_file: return begin_content(*entry, size);
    case tar_type::directory: done = root ? result<void>{} : sink_->directory(*entry); break;
    case tar_type::link:
      if (!link_stays(entry->path, target) || target.find('\0') != std::string::npos ||
          target.size() > limits_.path_max)
        return refused(entry->path,
                       fmt::format("it is a link to {}, which may leave the target", shown(target)));
      done = sink_->link(*entry, target);
      break;
    case tar_type::hard_link: {
      auto const inside = checked_path(target);
      if (!inside) return std::unexpected(inside.error());
      if (inside->empty()) return refused(entry->path, "it is a link to nothing");
      done = sink_->hard_link(*entry, *inside);
      break;
    }
    case tar_type::gnu_volume: return {};
    case tar_type::character_device:
    case tar_type::block_device:
    case tar_type::fifo: return refused(entry->path, "it is a device or a fifo");
    case tar_type::pax:
    case tar_type::pax_for_all:
    case tar_type::gnu_long_name:
    case tar_type::gnu_long_link:
    default:
      return fail(error_code::feature_missing,
                  fmt::format("{} in the archive is of the kind 0x{:02x}, which is not read here",
                              shown(entry->path), static_cast<unsigned char>(header.type)));
  }
  if (!done) return done;
  count(entry->path);
  return {};
}

result<void> tar_reader::begin_content(tar_entry const& entry, std::uint64_t size) {
  if (size > limits_.bytes_max - report_.bytes)
    return too_much(
        fmt::format("{} in the archive brings it above {} bytes", shown(entry.path), limits_.bytes_max));
  if (auto done = sink_->begin_file(entry); !done) return done;
  file_path_ = entry.path;
  left_ = size;
  padding_ = tar_padding(size);
  part_ = part::content;
  return left_ == 0 ? end_content() : result<void>{};
}

result<void> tar_reader::take_content(byte_view& piece) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size()));
  if (auto done = sink_->content(piece.first(size)); !done) return done;
  piece = piece.subspan(size);
  left_ -= size;
  report_.bytes += size;
  return left_ == 0 ? end_content() : result<void>{};
}

result<void> tar_reader::end_content() {
  part_ = padding_ == 0 ? part::header : part::padding;
  if (auto done = sink_->end_file(); !done) return done;
  ++report_.files;
  count(file_path_);
  return {};
}

void tar_reader::count(std::string const& path) {
  ++report_.entries;
  report_.last_path = path;
}

}  // namespace ostler::keeper
