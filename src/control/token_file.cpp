#include "control/token_file.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/describe.hpp>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/path_text.hpp"
#include "wire/json.hpp"

namespace ostler::control {

namespace asio = boost::asio;

BOOST_DESCRIBE_ENUM(token_scope, read_only, one_instance, admin)

namespace {

constexpr std::size_t file_size_max = 1024UL * 1024;

struct token_line {
  std::string name;
  token_scope scope = token_scope::read_only;
  instance_id instance;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(token_line, (), (name, scope, instance, sha256))

struct token_lines {
  std::uint32_t version = 0;
  std::string secret;
  std::vector<token_line> tokens;
};
BOOST_DESCRIBE_STRUCT(token_lines, (), (version, secret, tokens))

std::unexpected<error> damaged(std::string const& path, std::string_view why) {
  return fail(error_code::text_malformed,
              fmt::format("{} is no file of tokens: {}; mend it, or move it away and a new one is made",
                          system::shown(path), why));
}

// What changes when the file is replaced or written.
using file_mark = std::tuple<ino_t, std::int64_t, std::int64_t, off_t>;
file_mark mark_of(std::string const& path) {
  struct stat seen{};
  if (::stat(path.c_str(), &seen) != 0) return {};
  return {seen.st_ino, seen.st_mtim.tv_sec, seen.st_mtim.tv_nsec, seen.st_size};
}

}  // namespace

token_file::token_file(std::string directory) : directory_(std::move(directory)) {}

result<token_book> token_file::read() const {
  struct stat seen{};
  if (::lstat(path().c_str(), &seen) != 0)
    return system::fail_errno(fmt::format("look at {}", system::shown(path())));
  if (!S_ISREG(seen.st_mode) || seen.st_uid != ::geteuid() || (seen.st_mode & 077U) != 0)
    return fail(error_code::not_permitted,
                fmt::format("{} must be a file that only we may read; chmod 600 it", system::shown(path())));
  auto const text = system::read_file_at(AT_FDCWD, path(), file_size_max);
  if (!text) return std::unexpected(text.error());
  auto const lines = wire::from_json<token_lines>(*text);
  if (!lines) return damaged(path(), lines.error().message);
  digest secret{};
  if (lines->version != 1)
    return damaged(path(), fmt::format("its version is {}, and we know 1", lines->version));
  if (!from_hex(lines->secret, secret)) return damaged(path(), "its secret is not 64 hexadecimal digits");
  std::vector<token_kept> kept;
  for (auto const& one : lines->tokens) {
    token_kept token{.name = one.name, .scope = one.scope, .instance = one.instance, .hash = {}};
    if (!from_hex(one.sha256, token.hash))
      return damaged(path(), "a token has no digest of 64 hexadecimal digits");
    kept.push_back(std::move(token));
  }
  return token_book(secret, std::move(kept));
}

result<void> token_file::write(token_book const& book) const {
  token_lines lines{.version = 1, .secret = in_hex(book.secret()), .tokens = {}};
  for (auto const& one : book.kept())
    lines.tokens.push_back(
        {.name = one.name, .scope = one.scope, .instance = one.instance, .sha256 = in_hex(one.hash)});
  return system::replace_file_at(AT_FDCWD, path(), wire::to_json(lines) + "\n", system::survives::power);
}

result<token_book> token_file::open() {
  struct stat seen{};
  if (::lstat(path().c_str(), &seen) == 0) return read();
  if (errno != ENOENT) return system::fail_errno(fmt::format("look at {}", system::shown(path())));
  token_book book(random_digest(), {});
  auto const first = book.add(first_token_name, token_scope::admin);
  if (!first) return std::unexpected(first.error());
  // The token before the file that makes it good: a crash between the two makes both anew.
  if (auto done =
          system::replace_file_at(AT_FDCWD, first_token_path(), *first + "\n", system::survives::power);
      !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = write(book); !done) return std::unexpected(std::move(done.error()));
  return book;
}

async::task<void> token_file::follow(milliseconds period,
                                     std::function<void(result<token_book>)> hear) const {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  // None yet: what was changed before we looked is heard too.
  file_mark last{};
  for (;;) {
    if (auto const now = mark_of(path()); now != last) {
      last = now;
      hear(read());
    }
    timer.expires_after(period);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace ostler::control
