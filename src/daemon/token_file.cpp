#include "daemon/token_file.hpp"

#include <boost/describe.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "system/files.hpp"
#include "wire/json.hpp"

namespace ostler::control {
BOOST_DESCRIBE_ENUM(token_scope, read_only, one_instance, admin)
}  // namespace ostler::control

namespace ostler::daemon {
namespace {

constexpr std::size_t file_max = 1024UL * 1024;
constexpr char const* book_name = "tokens";
constexpr char const* first_name = "token";

struct written_token {
  std::string name;
  control::token_scope scope = control::token_scope::read_only;
  instance_id instance;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(written_token, (), (name, scope, instance, sha256))

struct written_book {
  int version = 1;
  std::string secret;
  std::vector<written_token> tokens;
};
BOOST_DESCRIBE_STRUCT(written_book, (), (version, secret, tokens))

std::unexpected<error> damaged() {
  return fail(error_code::text_malformed, "the file of tokens in the state directory cannot be read",
              "It holds the secret of the tokens that programs in instances use.",
              {"put back a copy of it, or remove it and restart the instances"});
}

result<control::token_book> parse(std::string_view text) {
  auto const read = wire::from_json<written_book>(text);
  control::digest secret{};
  if (!read || !control::from_hex(read->secret, secret)) return damaged();
  std::vector<control::token_kept> kept;
  for (auto const& each : read->tokens) {
    control::token_kept one{.name = each.name, .scope = each.scope, .instance = each.instance};
    if (!control::from_hex(each.sha256, one.hash)) return damaged();
    kept.push_back(std::move(one));
  }
  return control::token_book(secret, std::move(kept));
}

}  // namespace

result<void> keep_tokens(int state_directory, control::token_book const& book) {
  written_book out{.secret = control::in_hex(book.secret()), .tokens = {}};
  for (auto const& each : book.kept())
    out.tokens.push_back({each.name, each.scope, each.instance, control::in_hex(each.hash)});
  return system::replace_file_at(state_directory, book_name, wire::to_json(out) + "\n",
                                 system::survives::power);
}

result<control::token_book> open_tokens(int state_directory) {
  auto const text = system::read_file_at(state_directory, book_name, file_max);
  if (text) return parse(*text);
  if (text.error().code != error_code::file_unknown) return std::unexpected(text.error());
  control::token_book book(control::random_digest(), {});
  auto const first = book.add(control::first_token_name, control::token_scope::admin);
  if (!first) return std::unexpected(first.error());
  // The token before its digest: a start that dies between makes both anew.
  auto done = system::replace_file_at(state_directory, first_name, *first + "\n", system::survives::power);
  if (done) done = keep_tokens(state_directory, book);
  if (!done) return std::unexpected(done.error());
  return book;
}

}  // namespace ostler::daemon
