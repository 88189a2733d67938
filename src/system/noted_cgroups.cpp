#include "system/noted_cgroups.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <utility>

#include "system/cgroups.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/process.hpp"

namespace ostler::system {
namespace {

constexpr char const* notes_name = "cgroups";
constexpr std::size_t notes_size_max = 1024UL * 1024;
constexpr std::string_view name_begin = "ostler-";

std::string_view last_component(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_cgroup_name(std::string_view name) {
  if (!name.starts_with(name_begin)) return false;
  name.remove_prefix(name_begin.size());
  return name.size() == cgroup_nonce_length &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// A line that was cut off, or that somebody else wrote, names nothing.
bool can_be_ours(std::string_view path) {
  return path.starts_with('/') && path.find("/../") == std::string_view::npos &&
         is_cgroup_name(last_component(path));
}

result<std::vector<std::string>> read_notes(int home) {
  auto const text = read_file_at(home, notes_name, notes_size_max);
  std::vector<std::string> paths;
  if (!text && text.error().code == error_code::file_unknown) return paths;
  if (!text) return std::unexpected(text.error());
  std::string_view rest = *text;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (auto const line = rest.substr(0, end); can_be_ours(line)) paths.emplace_back(line);
    rest.remove_prefix(end + 1);
  }
  return paths;
}

// Nothing when there is none; whatever else bears that name is not ours.
std::optional<cgroup_directory> open_cgroup(std::string const& path) {
  auto opened = cgroup_directory::open(path);
  if (!opened) return std::nullopt;
  struct statfs seen{};
  if (::fstatfs(opened->get(), &seen) != 0) return std::nullopt;
  if (seen.f_type != CGROUP_SUPER_MAGIC && seen.f_type != CGROUP2_SUPER_MAGIC) return std::nullopt;
  return std::move(*opened);
}

std::vector<pid_t> living_in(cgroup_directory const& group) {
  std::vector<pid_t> alive;
  for (auto const pid : group.processes().value_or(std::vector<pid_t>()))
    if (auto const seen = stat_of(pid); seen && !seen->ended()) alive.push_back(pid);
  return alive;
}

bool is_in(cgroup_directory const& group, pid_t pid) {
  auto const all = group.processes().value_or(std::vector<pid_t>());
  return std::ranges::find(all, pid) != all.end();
}

result<void> kill_all(cgroup_directory const& group, std::vector<pid_t> const& whom) {
  bool const with_us = std::ranges::find(whom, ::getpid()) != whom.end();
  if (!with_us && group.has("cgroup.kill")) return group.write("cgroup.kill", "1");
  for (auto const pid : whom) {
    // Opened, then looked at again: another one may have its number by now.
    auto const held = open_pidfd(pid);
    if (!held || pid == ::getpid() || !is_in(group, pid)) continue;
    if (auto const sent = signal_pidfd(held.get(), SIGKILL); !sent) return std::unexpected(sent.error());
  }
  return {};
}

result<void> write_notes(int home, std::vector<std::string> const& paths) {
  std::string text;
  for (auto const& path : paths) text += path + "\n";
  return replace_file_at(home, notes_name, text, survives::killed);
}

}  // namespace

std::string cgroup_name(std::string_view nonce) {
  return fmt::format("{}{}", name_begin, nonce.substr(0, cgroup_nonce_length));
}

result<void> note_cgroups(int home, std::vector<std::string> const& paths) {
  auto noted = read_notes(home);
  if (!noted) return std::unexpected(noted.error());
  auto const before = noted->size();
  for (auto const& path : paths) {
    if (!can_be_ours(path))
      return fail(error_code::name_invalid, fmt::format("{} cannot be a cgroup of a keeper", path));
    if (std::ranges::find(*noted, path) == noted->end()) noted->push_back(path);
  }
  if (noted->size() == before) return {};
  return write_notes(home, *noted);
}

result<std::vector<std::string>> noted_cgroups(int home) {
  auto paths = read_notes(home);
  if (paths) std::erase_if(*paths, [](auto const& path) { return !open_cgroup(path); });
  return paths;
}

result<void> forget_gone_cgroups(int home) {
  auto const noted = read_notes(home);
  if (!noted) return std::unexpected(noted.error());
  auto there = *noted;
  std::erase_if(there, [](auto const& path) { return !open_cgroup(path); });
  if (there.size() == noted->size()) return {};
  return write_notes(home, there);
}

result<std::vector<left_cgroup>> remove_noted_cgroups(int home) {
  auto const paths = noted_cgroups(home);
  if (!paths) return std::unexpected(paths.error());
  std::vector<left_cgroup> left;
  for (auto const& path : *paths) {
    auto const group = open_cgroup(path);
    if (!group) continue;
    auto alive = living_in(*group);
    if (!alive.empty() || !group->remove()) left.push_back({.path = path, .processes = std::move(alive)});
  }
  return left;
}

result<void> kill_in_noted_cgroups(int home) {
  auto const paths = noted_cgroups(home);
  if (!paths) return std::unexpected(paths.error());
  result<void> outcome;
  for (auto const& path : *paths) {
    auto const group = open_cgroup(path);
    if (!group) continue;
    if (auto done = kill_all(*group, living_in(*group)); !done) outcome = done;
  }
  return outcome;
}

}  // namespace ostler::system
