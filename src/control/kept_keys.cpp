#include "control/kept_keys.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "wire/json.hpp"

namespace ostler::control {
namespace {

struct kept_refusal {
  error_code code = error_code::system_failed;
  std::string message;
  std::string detail;
  std::vector<std::string> hints;
};
BOOST_DESCRIBE_STRUCT(kept_refusal, (), (code, message, detail, hints))

// began: nothing is known of its end.
enum class key_state : std::uint8_t { began, answered, answered_at_length, refused };
BOOST_DESCRIBE_ENUM(key_state, began, answered, answered_at_length, refused)

struct kept_key {
  std::string name;
  std::string request;
  // Empty unless the body came in pieces.
  std::string body;
  wall_time since;
  key_state state = key_state::began;
  std::string answer;
  std::optional<kept_refusal> refusal;
};
BOOST_DESCRIBE_STRUCT(kept_key, (), (name, request, body, since, state, answer, refusal))

kept_key described(request_keys::entry const& what, wall_time since) {
  return {.name = what.name,
          .request = in_hex(what.request),
          .body = what.body ? in_hex(*what.body) : std::string(),
          .since = since};
}

kept_record as_record(kept_key const& what) {
  return {.key = record_key(what.name), .body = wire::to_json(what)};
}

result<std::string> answer_of(kept_key& what) {
  switch (what.state) {
    case key_state::answered: return std::move(what.answer);
    case key_state::refused:
      if (!what.refusal) break;
      return std::unexpected(error{.code = what.refusal->code,
                                   .message = std::move(what.refusal->message),
                                   .detail = std::move(what.refusal->detail),
                                   .hints = std::move(what.refusal->hints)});
    case key_state::answered_at_length:
      return fail(error_code::answer_lost,
                  "it was done before the daemon was started again, and its answer was too long to be kept; "
                  "look at how it is now");
    case key_state::began: break;
  }
  return fail(error_code::answer_lost,
              "the daemon ended while it worked on this, and nobody knows how far it came; it is not begun "
              "again for the same key");
}

}  // namespace

void kept_keys::begin(std::vector<kept_record> earlier, key_keeper where, moment now) {
  where_ = std::move(where);
  std::vector<kept_key> read;
  for (auto const& one : earlier) {
    auto made = wire::from_json<kept_key>(one.body.value_or(std::string()));
    digest request{};
    // One that cannot be read says nothing, and its place is needed by no other.
    bool const good = made && from_hex(made->request, request) && record_key(made->name) == one.key;
    if (good)
      read.push_back(std::move(*made));
    else
      all_.also_forget(one.key);
  }
  std::ranges::sort(read, {}, &kept_key::since);
  for (auto& one : read) {
    digest request{};
    digest body{};
    static_cast<void>(from_hex(one.request, request));
    bool const has_body = from_hex(one.body, body);
    // A clock that was set back makes nothing younger than now.
    auto const age = std::max<nanoseconds>(now.wall - one.since, 0ns);
    all_.restore(one.name, request, has_body ? std::optional(body) : std::nullopt, answer_of(one),
                 now.now - age);
  }
  all_.forget_old(now.now);
}

async::task<result<void>> kept_keys::begins(std::shared_ptr<request_keys::entry> what, key_purpose why,
                                            wall_time now) {
  if (!where_) co_return result<void>();
  std::vector<kept_record> records;
  records.push_back(as_record(described(*what, now)));
  what->on_disk = true;
  auto const done = co_await keep(std::move(records), why);
  if (!done) what->on_disk = false;
  co_return done;
}

async::task<result<void>> kept_keys::ended(std::shared_ptr<request_keys::entry> what,
                                           result<std::string> answer, key_purpose why, wall_time now) {
  bool const worth_it = request_keys::is_worth_keeping(answer);
  if (!where_ || (!worth_it && !what->on_disk)) co_return result<void>();
  std::vector<kept_record> records;
  if (!worth_it) {
    records.push_back({.key = record_key(what->name), .body = std::nullopt});
    what->on_disk = false;
    co_return co_await keep(std::move(records), why);
  }
  auto one = described(*what, now);
  if (!answer) {
    one.state = key_state::refused;
    one.refusal = kept_refusal{.code = answer.error().code,
                               .message = answer.error().message,
                               .detail = answer.error().detail,
                               .hints = answer.error().hints};
  } else if (answer->size() > kept_answer_max) {
    one.state = key_state::answered_at_length;
  } else {
    one.state = key_state::answered;
    one.answer = std::move(*answer);
  }
  records.push_back(as_record(one));
  what->on_disk = true;
  co_return co_await keep(std::move(records), why);
}

async::task<result<void>> kept_keys::keep(std::vector<kept_record> records, key_purpose why) {
  for (auto& key : all_.take_forgotten()) {
    bool const is_new = std::ranges::find(records, key, &kept_record::key) == records.end();
    if (is_new) records.push_back({.key = std::move(key), .body = std::nullopt});
  }
  auto work = where_(std::move(records), why);
  co_return co_await std::move(work);
}

}  // namespace ostler::control
