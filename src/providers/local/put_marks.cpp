#include "providers/local/put_marks.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <utility>

#include "providers/local/listed_copy.hpp"
#include "system/content.hpp"
#include "system/directory_stream.hpp"
#include "system/failure.hpp"
#include "system/fd.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"

namespace ostler::providers::local {
namespace {

using system::entry_kind;

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

class marking {
 public:
  explicit marking(std::stop_token stop) : stop_(std::move(stop)) {}

  // `path` is that of the entry itself.
  result<void> take(int directory, std::string const& name, std::string const& path) {
    if (stop_.stop_requested())
      return fail(error_code::cancelled, "the look at what was put into the workspace was given up");
    auto const kind = system::kind_at(directory, name);
    if (!kind) return std::unexpected(kind.error());
    if (*kind == entry_kind::directory) return take_folder(directory, name, path);
    if (*kind != entry_kind::file && *kind != entry_kind::link) return {};
    auto mark = system::content_mark(directory, name);
    if (!mark) return std::unexpected(mark.error());
    found_.insert_or_assign(path, std::move(*mark));
    return {};
  }
  wire::put_list found() && { return std::move(found_); }

 private:
  result<void> take_folder(int directory, std::string const& name, std::string const& path) {
    auto opened = system::open_at(directory, name, folder_flags);
    if (!opened) return std::unexpected(opened.error());
    auto stream = system::directory_stream::open(std::move(*opened), path);
    if (!stream) return std::unexpected(stream.error());
    for (;;) {
      auto const item = stream->next();
      if (!item) return std::unexpected(item.error());
      if (!*item) return {};
      std::string const inside((*item)->name);
      if (auto done = take(stream->get(), inside, fmt::format("{}/{}", path, inside)); !done) return done;
    }
  }

  std::stop_token stop_;
  wire::put_list found_;
};

}  // namespace

result<wire::put_list> marks_of(int workspace, std::vector<std::string> const& paths,
                                std::stop_token const& stop) {
  marking all(stop);
  for (auto const& path : paths) {
    auto const parts = parts_of(path);
    system::fd at(::openat(workspace, ".", folder_flags | O_CLOEXEC));
    std::string whole;
    for (std::size_t i = 0; i + 1 < parts.size() && at; ++i) {
      whole += parts[i] + "/";
      at.reset(::openat(at.get(), parts[i].c_str(), folder_flags | O_CLOEXEC));
    }
    if (!at && errno == ENOENT) continue;
    if (!at) return system::fail_errno(fmt::format("open {}", system::shown(path)));
    if (auto done = all.take(at.get(), parts.back(), whole + parts.back()); !done)
      return std::unexpected(done.error());
  }
  return std::move(all).found();
}

}  // namespace ostler::providers::local
