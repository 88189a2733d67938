#include "keeper/files/walk.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

// From the kernel's interface; the headers of the build machine may be older than the kernel we run on.
constexpr long openat2_number = 437;
constexpr std::uint64_t resolve_no_magiclinks = 0x02;
constexpr std::uint64_t resolve_no_symlinks = 0x04;
constexpr std::uint64_t resolve_beneath = 0x08;
struct open_how {
  std::uint64_t flags;
  std::uint64_t mode;
  std::uint64_t resolve;
};

// Opens one walk may cost; a path of dots and links could ask for millions.
constexpr int opens_max = 16'384;

class walk {
 public:
  explicit walk(open_request const& asked) : asked_(asked), rest_(asked.path) {}

  int run() {
    if (rest_.ends_with('/')) rest_ += '.';
    for (;;) {
      std::string_view view = rest_;
      std::string const component(next_component(view));
      rest_ = std::string(view);
      if (component.empty()) return open_last(".", true);
      bool const last = rest_.empty();
      if (component == "..") {
        if (!go_up()) return -1;
      } else if (component != "." && last) {
        auto const opened = open_last(component, false);
        if (opened != follow_link) return opened;
      } else if (component != "." && !go_down(component)) {
        return -1;
      }
    }
  }

 private:
  static constexpr int follow_link = -2;

  static int refuse(int why) {
    errno = why;
    return -1;
  }
  static bool stop(int why) {
    errno = why;
    return false;
  }

  bool go_up() {
    if (names_.empty()) return stop(EXDEV);
    names_.pop_back();
    // Where this leads is found from the root when it matters: the directory above may have moved.
    here_known_ = false;
    return true;
  }

  int open_one(int directory, char const* name, int flags, mode_t mode) {
    if (++opens_ > opens_max) return refuse(ELOOP);
    return system::uninterrupted([&] { return ::openat(directory, name, flags, mode); });
  }

  int here() const { return names_.empty() ? asked_.root : here_.get(); }

  // The directory of names_, reached again from the root without a link.
  bool find_here() {
    if (here_known_ || names_.empty()) return true;
    system::fd found;
    for (auto const& name : names_) {
      found.reset(open_one(found ? found.get() : asked_.root, name.c_str(), directory_flags, 0));
      if (!found) return false;
    }
    here_ = std::move(found);
    here_known_ = true;
    return true;
  }

  bool go_down(std::string const& name) {
    if (!find_here()) return false;
    system::fd next(open_one(here(), name.c_str(), directory_flags, 0));
    if (!next) {
      auto const why = errno;
      return (why == ENOTDIR || why == ELOOP) ? expand(name, why) : stop(why);
    }
    here_ = std::move(next);
    here_known_ = true;
    names_.push_back(name);
    return true;
  }

  // Puts what the link says before what is left to walk.
  bool expand(std::string const& name, int why) {
    auto const target = read_link(here(), name);
    if (!target) return stop(why);
    if (asked_.which == links::refused || ++links_ > link_chain_max) return stop(ELOOP);
    std::string_view way = *target;
    if (way.starts_with('/')) {
      auto below = part_below(way, asked_.root_path);
      if (below.empty()) below = part_below(way, asked_.real_path);
      if (below.empty()) return stop(EXDEV);
      names_.clear();
      way = below;
    }
    if (way.size() + rest_.size() > path_length_max) return stop(ENAMETOOLONG);
    std::string next(way);
    if (!rest_.empty())
      next += '/' + rest_;
    else if (way.ends_with('/'))
      next += '.';
    rest_ = std::move(next);
    return true;
  }

  // The descriptor, -1, or follow_link when the walk goes on with what a link said.
  int open_last(std::string const& name, bool is_here) {
    if (!find_here()) return -1;
    bool const keeps_links = is_here || (asked_.flags & O_NOFOLLOW) != 0 ||
                             (asked_.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
    system::fd opened(open_one(here(), name.c_str(), asked_.flags | O_NOFOLLOW, asked_.mode));
    if (keeps_links) return opened.release();
    if (!opened) {
      auto const why = errno;
      if (why != ELOOP && why != ENOTDIR) return refuse(why);
      return expand(name, why) ? follow_link : -1;
    }
    // With O_PATH a link opens as itself.
    struct stat seen{};
    if ((asked_.flags & O_PATH) == 0 || ::fstat(opened.get(), &seen) != 0 || !S_ISLNK(seen.st_mode))
      return opened.release();
    return expand(name, ELOOP) ? follow_link : -1;
  }

  static constexpr int directory_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  open_request const& asked_;
  std::string rest_;
  // The real directories from the root to here; no link among them.
  std::vector<std::string> names_;
  system::fd here_;
  bool here_known_ = true;
  std::size_t links_ = 0;
  int opens_ = 0;
};

}  // namespace

int open_by_kernel(open_request const& asked) {
  open_how how{.flags = static_cast<std::uint64_t>(asked.flags),
               .mode = asked.mode,
               .resolve = resolve_beneath | resolve_no_magiclinks |
                          (asked.which == links::refused ? resolve_no_symlinks : 0)};
  return static_cast<int>(system::uninterrupted(
      [&] { return ::syscall(openat2_number, asked.root, asked.path.c_str(), &how, sizeof(how)); }));
}

int open_by_walk(open_request const& asked) { return walk(asked).run(); }

}  // namespace ostler::keeper
