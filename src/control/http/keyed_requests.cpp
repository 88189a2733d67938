// Changes with a key: carried to their end also when the client leaves, and answered again when it comes
// back.
#include <exception>
#include <fmt/format.h>
#include <memory>
#include <utility>
#include <variant>

#include "async/cancelled.hpp"
#include "control/digest.hpp"
#include "control/http/connection.hpp"
#include "control/http/upload.hpp"
#include "control/parts.hpp"
#include "system/clock.hpp"

namespace ostler::control::http {
namespace {

using entry = request_keys::entry;

// All but what comes in pieces. None of the parts has a line break in it before the body.
digest digest_of(request_head const& head, std::string_view body) {
  return running_digest()
      .add(fmt::format("{}\n{}\n{}\n", head.method, head.path, head.query))
      .add(body)
      .value();
}

result<std::string> text_of(result<answer> got) {
  if (!got) return std::unexpected(std::move(got.error()));
  return std::get<json_answer>(std::move(*got)).text;
}

result<answer> answer_of(entry const& what) {
  if (!*what.answer) return std::unexpected(what.answer->error());
  return json_answer{.text = **what.answer};
}

std::unexpected<error> gone_before() {
  return fail(error_code::cancelled, "the request was ended before its answer");
}

key_purpose purpose_of(operations::operation_facts const& about) {
  return about.kind == operations::operation_kind::destroy ? key_purpose::frees : key_purpose::grows;
}

// Is it done again when nobody knows its end?
bool may_begin_again(operations::operation_facts const& about) { return about.idempotent || about.key_stays; }

// Of all else it is written down that it begins, so that it does so once.
async::task<result<void>> say_it_begins(parts* shared, std::shared_ptr<entry> what,
                                        operations::operation_facts const* about) {
  if (may_begin_again(*about)) co_return result<void>();
  co_return co_await shared->kept.begins(what, purpose_of(*about), system::wall_now());
}

// The answer is told also when it cannot be kept: what was done is done, and the disk is looked after
// elsewhere.
async::task<void> finish(parts* shared, std::shared_ptr<entry> what, result<std::string> got,
                         operations::operation_facts const* about) {
  std::exception_ptr thrown;
  try {
    static_cast<void>(co_await shared->kept.ended(what, got, purpose_of(*about), system::wall_now()));
  } catch (...) {
    thrown = std::current_exception();
  }
  shared->keys.finish(what, std::move(got), system::now());
  if (thrown) std::rethrow_exception(thrown);
}

// Lives in the scope of the server: its client may come and go.
async::task<void> carry_out(parts* shared, std::shared_ptr<entry> what, async::task<result<answer>> work,
                            std::string name, operations::operation_facts const* about) {
  result<std::string> got = gone_before();
  std::exception_ptr thrown;
  try {
    if (auto begun = co_await say_it_begins(shared, what, about); !begun)
      got = std::unexpected(std::move(begun.error()));
    else
      got = text_of(co_await std::move(work));
  } catch (...) {
    thrown = std::current_exception();
  }
  // Where it was ended, that it began stays written: nobody knows how far it came.
  if (thrown && async::is_cancellation(thrown)) {
    shared->keys.finish(what, gone_before(), system::now());
    std::rethrow_exception(thrown);
  }
  if (thrown) {
    shared->report(name, thrown);
    got = fail(error_code::system_failed, "the daemon made a mistake and has reported it; see its log");
  }
  co_await finish(shared, what, std::move(got), about);
}

async::task<result<answer>> answered(std::shared_ptr<entry> what) {
  while (!what->answer) co_await what->finished.heard();
  co_return answer_of(*what);
}

}  // namespace

result<std::string> connection::key_of(operations::operation_facts const& about) const {
  auto const given = reader_.head().all("idempotency-key");
  // What only reads may be asked as often as one likes.
  if (given.empty() || about.kind == operations::operation_kind::read) return std::string();
  if (given.size() > 1) return fail(error_code::usage, "the field Idempotency-Key is given several times");
  if (given[0].empty()) return fail(error_code::usage, "the field Idempotency-Key is empty");
  return std::string(given[0]);
}

async::task<result<answer>> connection::answer_keyed(admitted* what, std::string body) {
  auto claim = shared_.keys.claim(what->who.actor, what->who.request_key, digest_of(reader_.head(), body),
                                  system::now());
  if (!claim) co_return std::unexpected(std::move(claim.error()));
  auto const held = claim->what;
  bool const streams = what->route.operation->about->transport == operations::operation_transport::bytes_in;
  if (streams) {
    if (claim->is_first) co_return co_await first_upload(what, held);
    co_return co_await repeated_upload(held);
  }
  if (claim->is_first) {
    auto work = begin(*what, body, nullptr);
    if (!work) shared_.keys.finish(held, std::unexpected(std::move(work.error())), system::now());
    bool const runs =
        work && shared_.running.spawn("request with a key", [shared = &shared_, held, work = std::move(*work),
                                                             name = reader_.head().path,
                                                             about = what->route.operation->about]() mutable {
          return carry_out(shared, held, std::move(work), std::move(name), about);
        });
    if (!runs && !held->answer) shared_.keys.finish(held, gone_before(), system::now());
  }
  auto waiting = answered(held);
  co_return co_await ask(std::move(waiting));
}

async::task<result<answer>> connection::first_upload(admitted* what, std::shared_ptr<entry> held) {
  upload coming(*this);
  coming.count();
  auto const* const about = what->route.operation->about;
  result<answer> got = gone_before();
  std::exception_ptr thrown;
  try {
    if (auto begun = co_await say_it_begins(&shared_, held, about); !begun) {
      shared_.keys.finish(held, std::unexpected(begun.error()), system::now());
      co_return std::unexpected(std::move(begun.error()));
    }
    auto work = begin(*what, {}, &coming);
    got = work ? co_await ask(std::move(*work)) : result<answer>(std::unexpected(std::move(work.error())));
  } catch (...) {
    thrown = std::current_exception();
  }
  // Of a body that did not come whole nobody knows what it was; a repeat begins anew.
  bool const whole = reader_.done() && reader_.body_waiting() == 0 && !thrown;
  if (whole) held->body = coming.counted();
  auto told = whole && got ? result<std::string>(std::get<json_answer>(*got).text)
                           : result<std::string>(whole ? std::unexpected(got.error()) : gone_before());
  if (thrown) {
    shared_.keys.finish(held, std::move(told), system::now());
    std::rethrow_exception(thrown);
  }
  co_await finish(&shared_, held, std::move(told), about);
  co_return got;
}

async::task<result<answer>> connection::repeated_upload(std::shared_ptr<entry> held) {
  while (!held->answer) co_await held->finished.heard();
  upload again(*this);
  again.count();
  for (;;) {
    auto piece = co_await again.next();
    if (!piece) co_return std::unexpected(std::move(piece.error()));
    if (!*piece) break;
  }
  if (held->body && *held->body != again.counted())
    co_return fail(error_code::request_key_reused, "the key was used for another body");
  co_return answer_of(*held);
}

}  // namespace ostler::control::http
