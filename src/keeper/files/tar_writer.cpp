#include "keeper/files/tar_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "keeper/files/reader.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// Without "." and empty components: how it is written in the archive. "" for the root.
result<std::string> plain_path(workspace const& files, std::string_view path) {
  auto const inside = files.relative(path);
  if (!inside) return inside;
  std::string plain;
  for (std::string_view rest = *inside; !rest.empty();) {
    auto const component = next_component(rest);
    if (component == "..")
      return fail(error_code::path_refused,
                  fmt::format("{} has no place in an archive; name it without '..'", shown(path)));
    if (component != "." && !component.empty()) plain = join(plain, component);
  }
  return plain;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  for (std::size_t in_name = 0; in_name < name.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = in_name;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in_name])) {
      ++at;
      ++in_name;
    } else if (star != std::string_view::npos) {
      // The last star takes one byte more.
      at = star + 1;
      in_name = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

result<tar_writer> tar_writer::open(workspace const& files, tar_choice choice) {
  tar_writer made(files);
  if (choice.paths.empty()) choice.paths.emplace_back(".");
  for (auto* list : {&choice.paths, &choice.excluded})
    for (auto& path : *list) {
      bool const is_name = list == &choice.excluded && path.find('/') == std::string::npos;
      if (is_name) continue;
      auto plain = plain_path(files, path);
      if (!plain) return std::unexpected(plain.error());
      // A directory of the root keeps a slash, so that it is not taken for a name.
      path = list == &choice.excluded ? *plain + "/" : std::move(*plain);
    }
  // What is asked for and not there is told at once.
  for (auto const& path : choice.paths)
    if (auto seen = look(files, path, last_link::kept); !seen) return std::unexpected(seen.error());
  std::ranges::reverse(choice.paths);
  made.choice_ = std::move(choice);
  return made;
}

bool tar_writer::is_excluded(std::string_view path, std::string_view name) const {
  return std::ranges::any_of(choice_.excluded, [&](std::string_view pattern) {
    if (!pattern.ends_with('/')) return matches(pattern, name);
    auto const whole = pattern.substr(0, pattern.size() - 1);
    return path == whole || path.starts_with(pattern);
  });
}

void tar_writer::note(std::string_view path, std::string why) {
  if (notes_.size() < notes_max)
    notes_.push_back({.path = std::string(path), .why = std::move(why)});
  else
    ++notes_left_out_;
}

result<pulled> tar_writer::pull(std::span<std::byte> into) {
  into = into.first(std::min(into.size(), piece_max));
  pulled all;
  for (int entry = 0; entry < entries_a_pull && all.size < into.size();) {
    auto const got = produce(into.subspan(all.size));
    if (!got) return std::unexpected(got.error());
    all.size += *got;
    if (*got != 0) continue;
    if (ended_) break;
    ++entry;
    if (auto done = advance(); !done) return std::unexpected(done.error());
  }
  all.done = ended_ && head_.empty();
  return all;
}

// From what is at hand: a header, the content of a file, what fills its last block. 0 when there is nothing.
result<std::size_t> tar_writer::produce(std::span<std::byte> into) {
  if (!head_.empty()) {
    auto const size = std::min(into.size(), head_.size() - head_given_);
    std::memcpy(into.data(), head_.data() + head_given_, size);
    head_given_ += size;
    if (head_given_ == head_.size()) {
      head_.clear();
      head_given_ = 0;
    }
    return size;
  }
  if (left_ != 0) return read_file(into);
  auto const size = std::min(into.size(), padding_);
  std::ranges::fill(into.first(size), std::byte{0});
  padding_ -= size;
  return size;
}

result<std::size_t> tar_writer::read_file(std::span<std::byte> into) {
  auto const size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
  if (file_) {
    auto const got = system::uninterrupted([&] { return ::read(file_.get(), into.data(), size); });
    if (got > 0) {
      left_ -= static_cast<std::uint64_t>(got);
      if (left_ == 0) file_.reset();
      return static_cast<std::size_t>(got);
    }
    note(file_path_, got == 0 ? std::string("it became shorter while it was read; the rest is zeros")
                              : fmt::format("it could not be read to its end ({}); the rest is zeros",
                                            system::errno_text(errno)));
    file_.reset();
  }
  std::ranges::fill(into.first(size), std::byte{0});
  left_ -= size;
  return size;
}

// One entry on.
result<void> tar_writer::advance() {
  if (stream_) {
    auto const item = stream_.next();
    if (!item) note(folder_, item.error().message);
    if (!item || !*item) {
      stream_ = {};
      return {};
    }
    std::string const name = (*item)->name;
    return add(stream_.get(), name, join(folder_, name));
  }
  if (!waiting_.empty()) {
    auto folder = std::move(waiting_.back());
    waiting_.pop_back();
    waiting_bytes_ -= folder.size();
    open_directory(std::move(folder));
    return {};
  }
  if (choice_.paths.empty()) {
    head_ = tar_end();
    ended_ = true;
    return {};
  }
  auto path = std::move(choice_.paths.back());
  choice_.paths.pop_back();
  if (path.empty()) {
    open_directory({});
    return {};
  }
  auto const at = files_->place_of(path, last_link::kept);
  if (!at) {
    note(path, at.error().message);
    return {};
  }
  return add(at->directory.get(), at->name, std::move(path));
}

void tar_writer::open_directory(std::string folder) {
  auto opened = files_->open_beneath(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!opened) return note(folder, opened.error().message);
  auto const info = look_at(opened->get(), folder);
  if (!info) return note(folder, info.error().message);
  auto stream = directory_stream::open(std::move(*opened), folder);
  if (!stream) return note(folder, stream.error().message);
  // Only now: a program that unpacks sets the time of a directory when it meets an entry outside of it.
  if (!folder.empty()) head({.path = folder + "/", .link = {}, .type = tar_type::directory}, *info);
  stream_ = std::move(*stream);
  folder_ = std::move(folder);
}

void tar_writer::head(tar_header header, file_info const& info) {
  header.mode = info.mode;
  header.mtime_ns = info.tag.mtime_ns;
  head_ = write_tar_header(header);
  ++entries_;
}

result<void> tar_writer::add(int directory, std::string const& name, std::string path) {
  if (is_excluded(path, name)) return {};
  if (path.size() >= path_length_max) {
    note(path, "its path is too long");
    return {};
  }
  struct stat seen{};
  if (::fstatat(directory, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0) {
    note(path, system::errno_text(errno));
    return {};
  }
  auto const info = describe(seen);
  switch (info.kind) {
    case entry_kind::file: add_file(directory, name, path); return {};
    case entry_kind::link: {
      auto target = read_link(directory, name);
      if (target)
        head({.path = std::move(path), .link = std::move(*target), .type = tar_type::link}, info);
      else
        note(path, target.error().message);
      return {};
    }
    case entry_kind::directory:
      waiting_bytes_ += path.size();
      if (waiting_bytes_ > waiting_bytes_max)
        return fail(error_code::value_out_of_range,
                    fmt::format("{} has too many directories for one archive", shown(folder_)));
      waiting_.push_back(std::move(path));
      return {};
    case entry_kind::fifo:
    case entry_kind::socket:
    case entry_kind::device: break;
  }
  note(path, fmt::format("a {} cannot be stored", name_of(info.kind)));
  return {};
}

void tar_writer::add_file(int directory, std::string const& name, std::string const& path) {
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  system::fd opened(::openat(directory, name.c_str(), flags));
  struct stat seen{};
  if (!opened || ::fstat(opened.get(), &seen) != 0) return note(path, system::errno_text(errno));
  if (!S_ISREG(seen.st_mode)) return note(path, "it was exchanged while it was looked at");
  auto const info = describe(seen);
  left_ = info.tag.size;
  padding_ = tar_padding(left_);
  head({.path = path, .link = {}, .type = tar_type::file, .size = left_}, info);
  if (left_ == 0) return;
  file_ = std::move(opened);
  file_path_ = path;
}

}  // namespace ostler::keeper
