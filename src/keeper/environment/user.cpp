#include "keeper/environment/user.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits>
#include <optional>

#include "base/name.hpp"
#include "system/files.hpp"

namespace ostler::keeper {
namespace {

// All ones means "leave it" to the kernel.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return number;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::string_view cut(std::string_view& rest, char at) {
  auto const end = std::min(rest.find(at), rest.size());
  auto const part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

template <std::size_t Count> std::array<std::string_view, Count> fields_of(std::string_view line) {
  std::array<std::string_view, Count> fields;
  for (auto& field : fields) field = cut(line, ':');
  return fields;
}

struct passwd_line {
  std::string_view name;
  std::uint32_t uid;
  std::uint32_t gid;
  std::string_view home;
  std::string_view shell;
};

template <class Fits> std::optional<passwd_line> find_passwd(std::string_view text, Fits fits) {
  while (!text.empty()) {
    auto const [name, password, uid, gid, comment, home, shell] = fields_of<7>(cut(text, '\n'));
    auto const number = parse_number(uid);
    auto const group = parse_number(gid);
    if (name.empty() || !number || !group) continue;
    passwd_line const found{.name = name, .uid = *number, .gid = *group, .home = home, .shell = shell};
    if (fits(found)) return found;
  }
  return std::nullopt;
}

// Calls `take(name, gid, members)` for each.
template <class Take> void for_each_group(std::string_view text, Take take) {
  while (!text.empty()) {
    auto const [name, password, gid, members] = fields_of<4>(cut(text, '\n'));
    if (auto const number = parse_number(gid); number && !name.empty()) take(name, *number, members);
  }
}

bool names(std::string_view members, std::string_view name) {
  while (!members.empty())
    if (cut(members, ',') == name) return true;
  return false;
}

std::unexpected<error> refuse(std::string_view wanted, std::string_view why) {
  return fail(error_code::value_unknown, fmt::format("user {}: {}", in_quotes(wanted), why));
}

result<user_facts> find_only_user(std::string_view wanted, std::string_view user, std::string_view passwd) {
  auto const number = parse_number(user);
  if (!number && is_digits(user)) return refuse(wanted, "the number is too large for a user");
  auto const found = number ? find_passwd(passwd, [&](auto const& line) { return line.uid == *number; })
                            : find_passwd(passwd, [&](auto const& line) { return line.name == user; });
  if (found) {
    user_facts facts{
        .uid = found->uid, .gid = found->gid, .groups = {found->gid}, .name = std::string(found->name)};
    if (!found->home.empty()) facts.home = found->home;
    if (!found->shell.empty()) facts.shell = found->shell;
    return facts;
  }
  if (!number) return refuse(wanted, "no line of the place's /etc/passwd has that name");
  return user_facts{.uid = *number, .gid = *number, .groups = {*number}};
}

result<std::uint32_t> find_group(std::string_view wanted, std::string_view group, std::string_view text) {
  if (auto const number = parse_number(group)) return *number;
  if (is_digits(group)) return refuse(wanted, "the number is too large for a group");
  std::optional<std::uint32_t> found;
  for_each_group(text, [&](auto name, auto gid, auto) {
    if (!found && name == group) found = gid;
  });
  if (!found) return refuse(wanted, "no line of the place's /etc/group has that group");
  return *found;
}

result<std::string> read_or_empty(std::string const& path) {
  auto content = system::read_file_at(AT_FDCWD, path, 16 * 1024 * 1024);
  if (!content && content.error().code == error_code::file_unknown) return std::string();
  return content;
}

}  // namespace

result<user_facts> find_user(std::string_view wanted, std::string_view passwd, std::string_view group) {
  auto const colon = wanted.find(':');
  auto const user = wanted.substr(0, colon);
  if (user.empty())
    return refuse(wanted, "there is no user in it; write \"1000\", \"name\" or \"name:group\"");
  auto facts = find_only_user(wanted, user, passwd);
  if (!facts) return facts;
  if (colon != wanted.npos) {
    auto const gid = find_group(wanted, wanted.substr(colon + 1), group);
    if (!gid) return std::unexpected(gid.error());
    facts->gid = *gid;
    facts->groups = {*gid};
    return facts;
  }
  for_each_group(group, [&](auto, auto gid, auto members) {
    if (facts->name.empty() || !names(members, facts->name)) return;
    if (std::ranges::find(facts->groups, gid) == facts->groups.end()) facts->groups.push_back(gid);
  });
  return facts;
}

result<user_facts> find_user_in(std::string const& etc, std::string_view wanted) {
  auto const passwd = read_or_empty(etc + "/passwd");
  if (!passwd) return std::unexpected(passwd.error());
  auto const group = read_or_empty(etc + "/group");
  if (!group) return std::unexpected(group.error());
  return find_user(wanted, *passwd, *group);
}

}  // namespace ostler::keeper
