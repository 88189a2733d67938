#include "control/http/connection.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <new>
#include <utility>
#include <variant>

#include "async/cancelled.hpp"
#include "base/ensure.hpp"
#include "control/http/response.hpp"
#include "control/http/upgrade.hpp"
#include "control/http/upload.hpp"
#include "control/http/watching.hpp"
#include "control/parts.hpp"
#include "system/clock.hpp"

namespace ostler::control::http {
namespace {

// What is read of the rest of a request that was refused.
constexpr std::size_t linger_max = 1024UL * 1024;

std::string instance_of(operations::route const& route) {
  for (auto const& [name, text] : route.fields())
    if (name == "instance") return std::string(text);
  return {};
}

knock knock_of(request_head const& head, std::vector<std::string_view> const& protocols, door_kind door) {
  return {.door = door,
          .host = head.all("host"),
          .origin = head.all("origin"),
          .fetch_site = head.all("sec-fetch-site"),
          .authorization = head.all("authorization"),
          .protocols = protocols};
}

// Whatever parameters it has: there is one way to write JSON.
bool is_json(std::string_view type) {
  auto name = type.substr(0, type.find(';'));
  name.remove_suffix(name.size() - std::min(name.size(), name.find_last_not_of(" \t") + 1));
  auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(name, std::string_view("application/json"), {}, lower);
}

}  // namespace

connection::connection(parts& shared, stream connected, door_kind door)
    : shared_(shared), stream_(std::move(connected)), door_(door) {
  shared_.sweep.add(*this);
}

connection::~connection() { shared_.sweep.remove(*this); }

void connection::look(instant now) {
  if (!handed_over_ && deadline_ && now >= *deadline_) stream_.shut();
}

void connection::judge() {
  if (giving_bytes_ && !shared_.tokens.still_lets(shown_)) stream_.shut();
}

void connection::instance_gone(instance_id const& which) {
  if (giving_bytes_ && shown_.scope == token_scope::one_instance && shown_.instance == which) stream_.shut();
}

void connection::leave() {
  must_close_ = true;
  if (!in_request_ && !handed_over_) stream_.shut();
}

async::task<void> connection::run() {
  auto step = next_step::another;
  while (step == next_step::another) {
    reader_ = request_reader();
    in_request_ = false;
    giving_bytes_ = false;
    step = co_await exchange();
  }
}

void connection::count(std::string_view code) { ++shared_.counts.answered[{operation_, code}]; }

async::task<connection::next_step> connection::exchange() {
  operation_ = {};
  auto const came = co_await read_head();
  if (!came) {
    broken_ = true;
    co_return co_await refuse(came.error(), {});
  }
  if (!*came) co_return next_step::end;
  ++shared_.counts.requests;
  auto what = admit();
  if (!what) co_return co_await refuse(what.error(), {});
  operation_ = what->route.operation->about->name;
  if (what->route.operation->about->transport == operations::operation_transport::websocket)
    co_return co_await upgrade(std::move(*what));
  co_return co_await answer_request(std::move(*what));
}

async::task<result<bool>> connection::read_head() {
  auto const now = system::now();
  auto const idle_until = now + shared_.limit.idle;
  std::optional<instant> head_until;
  while (!reader_.head_done()) {
    if (!input_.empty()) {
      in_request_ = true;
      if (!head_until) head_until = system::now() + shared_.limit.head;
      auto const taken = reader_.read(input_);
      if (!taken) co_return std::unexpected(taken.error());
      input_.erase(0, *taken);
      if (reader_.head_done()) break;
    }
    if (must_close_ && !in_request_) co_return false;
    auto const until = head_until ? *head_until : idle_until;
    auto const got = co_await fill(std::chrono::ceil<milliseconds>(until - system::now()));
    // In the middle of a head there is nobody left to tell.
    if (!got || *got == 0) co_return false;
  }
  waited_for_body_ = {};
  body_read_ = 0;
  input_goes_on_ = true;
  co_return true;
}

result<connection::admitted> connection::admit() {
  auto const& head = reader_.head();
  auto const knocked = knock_of(head, head.list("sec-websocket-protocol"), door_);
  auto const now = system::now();
  auto& counts = shared_.counts;
  auto const stranger = [&](std::uint64_t& count, error const& why) -> result<admitted> {
    ++count;
    if (shared_.strangers.take(door_ == door_kind::tcp ? "tcp" : "unix", now)) return std::unexpected(why);
    ++counts.refused_rates;
    return fail(error_code::too_many_requests, "too many requests were refused; asked again too soon");
  };
  if (auto const done = refuse_pages(knocked, shared_.authorities); !done)
    return stranger(counts.refused_pages, done.error());
  // HEAD is GET of which the body is not sent.
  auto const method = head.method == "HEAD" ? std::string_view("GET") : std::string_view(head.method);
  auto route = operations::all_routes().find(method, head.path);
  bool const open_to_all = route && is_public(*route->operation->about);
  auto who = open_to_all ? result<caller>(caller{.door = door_}) : identify(knocked, shared_.tokens);
  if (!who) return stranger(counts.refused_tokens, who.error());
  if (!shared_.callers.take(open_to_all ? "everybody" : who->actor, now)) {
    ++counts.refused_rates;
    return fail(error_code::too_many_requests,
                fmt::format("more than {} requests a second were sent for a while", shared_.limit.rate));
  }
  if (!route) return std::unexpected(std::move(route.error()));
  if (open_to_all) return admitted{.route = *route, .who = std::move(*who)};
  if (auto const done = allow(*who, *route, shared_.find_instance); !done) {
    ++counts.refused_scopes;
    return std::unexpected(done.error());
  }
  return admitted{.route = *route, .who = std::move(*who)};
}

result<void> connection::check_body(operations::operation_facts const& about) const {
  auto const& head = reader_.head();
  if (about.transport == operations::operation_transport::bytes_in) return {};
  bool const there = !head.size || *head.size > 0;
  if (there && !operations::sends_json(about))
    return fail(error_code::usage, fmt::format("{} takes no body, and one was sent", about.name));
  // A form of a page is one of the few things that a browser sends anywhere; none of ours is ever one.
  for (auto const type : head.all("content-type"))
    if (there && !is_json(type))
      return fail(error_code::media_refused,
                  fmt::format("a body of {} is not read here; allowed: application/json", in_quotes(type)));
  if (head.size && *head.size > operations::request_body_max)
    return fail(error_code::body_too_large, fmt::format("the body has {} bytes; allowed: at most {}",
                                                        *head.size, operations::request_body_max));
  return {};
}

async::task<connection::next_step> connection::answer_request(admitted what) {
  auto const& about = *what.route.operation->about;
  auto const instance = instance_of(what.route);
  shown_ = what.who.shown();
  if (auto done = check_body(about); !done) co_return co_await refuse(std::move(done.error()), instance);
  auto key = key_of(about);
  if (!key) co_return co_await refuse(std::move(key.error()), instance);
  what.who.request_key = std::move(*key);
  std::string body;
  if (about.transport != operations::operation_transport::bytes_in) {
    auto read = co_await read_body();
    if (!read) co_return co_await refuse(std::move(read.error()), instance);
    body = std::move(*read);
  }
  auto got = what.who.request_key.empty() ? co_await answer_once(&what, std::move(body))
                                          : co_await answer_keyed(&what, std::move(body));
  if (!got) co_return co_await refuse(std::move(got.error()), instance);
  co_return co_await give(std::move(*got), &about);
}

result<async::task<result<answer>>> connection::begin(admitted& what, std::string_view body,
                                                      byte_source* coming) {
  auto* const how = shared_.answers.find(*what.route.operation);
  ensure(how != nullptr, "every operation is bound before the door opens");
  operations::request_parts const given{
      .path = what.route.fields(), .query = reader_.head().query, .body = body};
  return (*how)(given, coming, what.who);
}

async::task<result<answer>> connection::answer_once(admitted* what, std::string body) {
  bool const streams = what->route.operation->about->transport == operations::operation_transport::bytes_in;
  upload coming(*this);
  auto work = begin(*what, body, streams ? &coming : nullptr);
  if (!work) co_return std::unexpected(std::move(work.error()));
  co_return co_await ask(std::move(*work));
}

// What it throws is a mistake of ours: told to who watches over us, and to the client that it was one.
async::task<result<answer>> connection::ask(async::task<result<answer>> work) {
  std::exception_ptr mistake;
  try {
    // While the body comes, its end is seen by who reads it.
    if (!reader_.done()) co_return co_await std::move(work);
    auto got = co_await answer_while_there<result<answer>>(&stream_, std::move(work));
    if (got) co_return std::move(*got);
    must_close_ = true;
    co_return fail(error_code::cancelled, "the client went away before the answer");
  } catch (...) {
    mistake = std::current_exception();
  }
  if (async::is_cancellation(mistake)) std::rethrow_exception(mistake);
  shared_.report(reader_.head().path, mistake);
  co_return fail(error_code::system_failed, "the daemon made a mistake and has reported it; see its log");
}

async::task<connection::next_step> connection::upgrade(admitted what) {
  auto const instance = instance_of(what.route);
  auto const& head = reader_.head();
  auto agreed = agree_to_upgrade(head);
  if (!agreed) co_return co_await refuse(std::move(agreed.error()), instance);
  if (shared_.counts.open_websockets >= shared_.limit.websockets)
    co_return co_await refuse(
        {.code = error_code::limit_reached,
         .message = fmt::format("{} websockets are open, and no more are taken", shared_.limit.websockets)},
        instance);
  auto const shown = what.who.shown();
  auto work = begin(what, {}, nullptr);
  if (!work) co_return co_await refuse(std::move(work.error()), instance);
  auto got = co_await ask(std::move(*work));
  if (!got) co_return co_await refuse(std::move(got.error()), instance);
  count("ok");
  auto const yes = write_upgrade(agreed->accept, agreed->protocol);
  if (auto const done = co_await write(yes); !done) co_return next_step::end;
  handed_over_ = true;
  start_conversation(shared_, std::move(stream_), shown, input_, std::get<conversation>(std::move(*got)));
  co_return next_step::end;
}

async::task<connection::next_step> connection::give(answer what, operations::operation_facts const* about) {
  count("ok");
  if (auto* const json = std::get_if<json_answer>(&what)) co_return co_await give_text(std::move(json->text));
  co_return co_await give_bytes(std::get<byte_answer>(std::move(what)), about->media);
}

async::task<connection::next_step> connection::give_text(std::string text) {
  auto out = write_head({.media = "application/json", .size = text.size(), .keep_alive = keeps_alive()});
  if (reader_.head().method != "HEAD") out += text;
  auto const done = co_await write(out);
  co_return done&& keeps_alive() ? next_step::another : next_step::end;
}

async::task<connection::next_step> connection::give_bytes(byte_answer what, std::string_view media) {
  giving_bytes_ = true;
  bool const in_chunks = !what.size && reader_.head().is_1_1;
  // Without a length and without chunks only the end of the connection says where the end is.
  if (!what.size && !in_chunks) must_close_ = true;
  auto const head = write_head({.media = what.media.empty() ? media : std::string_view(what.media),
                                .size = what.size,
                                .in_chunks = in_chunks,
                                .keep_alive = keeps_alive()});
  if (auto const done = co_await write(head); !done) co_return next_step::end;
  if (reader_.head().method == "HEAD") co_return keeps_alive() ? next_step::another : next_step::end;
  std::uint64_t given = 0;
  for (;;) {
    using piece = result<std::optional<std::string>>;
    auto next = what.source->next();
    auto got = co_await answer_while_there<piece>(&stream_, std::move(next));
    // A part must not look like the whole: the connection ends without the last chunk.
    if (!got || !*got) co_return next_step::end;
    if (!**got) break;
    auto const& bytes = ***got;
    if (bytes.empty()) continue;
    given += bytes.size();
    if (what.size && given > *what.size) co_return next_step::end;
    auto const framed = in_chunks ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::string();
    if (auto const done = co_await write(in_chunks ? framed : bytes); !done) co_return next_step::end;
  }
  if (what.size && given != *what.size) co_return next_step::end;
  if (in_chunks)
    if (auto const done = co_await write("0\r\n\r\n"); !done) co_return next_step::end;
  co_return keeps_alive() ? next_step::another : next_step::end;
}

async::task<connection::next_step> connection::refuse(error why, std::string instance) {
  auto const status = facts(why.code).http_status;
  count(facts(why.code).code);
  // What was not read cannot be told from the next request.
  bool const is_over = reader_.done() && !broken_;
  if (!is_over) must_close_ = true;
  auto const text = refusal_text(why, instance);
  std::string more;
  if (status == 401) more = "WWW-Authenticate: Bearer\r\n";
  if (status == 405) more = fmt::format("Allow: {}\r\n", why.detail);
  if (status == 429) more = "Retry-After: 1\r\n";
  auto out = write_head({.status = status,
                         .media = "application/json",
                         .size = text.size(),
                         .keep_alive = keeps_alive(),
                         .more = more});
  bool const has_body = !reader_.head_done() || reader_.head().method != "HEAD";
  if (has_body) out += text;
  auto const done = co_await write(out);
  if (done && keeps_alive()) co_return next_step::another;
  if (done && !is_over) co_await linger();
  co_return next_step::end;
}

async::task<void> connection::linger() {
  stream_.shut_writing();
  auto const until = system::now() + shared_.limit.linger;
  std::size_t dropped = 0;
  while (dropped < linger_max && system::now() < until) {
    input_.clear();
    auto const got = co_await fill(std::chrono::ceil<milliseconds>(until - system::now()));
    if (!got || *got == 0) co_return;
    dropped += *got;
  }
}

async::task<result<std::string>> connection::read_body() {
  if (auto done = co_await say_go_on(); !done) co_return std::unexpected(std::move(done.error()));
  while (!reader_.done()) {
    if (auto done = co_await read_piece(); !done) co_return std::unexpected(std::move(done.error()));
    if (reader_.body_waiting() > operations::request_body_max)
      co_return fail(error_code::body_too_large,
                     fmt::format("the body has more than {} bytes; allowed: at most so many",
                                 operations::request_body_max));
  }
  co_return reader_.take_body();
}

async::task<result<void>> connection::read_piece() {
  if (input_.empty() || !std::exchange(input_goes_on_, true)) {
    auto const& limit = shared_.limit;
    auto const earned = milliseconds(1000 * body_read_ / std::max<std::size_t>(limit.body_rate, 1));
    auto const before = system::now();
    auto const got = co_await fill(limit.body + earned - waited_for_body_);
    waited_for_body_ += std::chrono::ceil<milliseconds>(system::now() - before);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0)
      co_return fail(error_code::message_malformed, "the body ended before its end, or came too slowly");
  }
  auto const taken = reader_.read(input_);
  if (!taken) co_return std::unexpected(taken.error());
  body_read_ += *taken;
  input_.erase(0, *taken);
  // The head of a chunk is taken whole or not at all.
  input_goes_on_ = *taken > 0;
  if (!input_goes_on_ && input_.size() > head_size_max)
    co_return fail(error_code::message_malformed, "the head of a chunk does not end");
  co_return result<void>();
}

async::task<result<void>> connection::say_go_on() {
  auto const& head = reader_.head();
  bool const waits =
      head.expects_continue && head.is_1_1 && !reader_.done() && body_read_ == 0 && input_.empty();
  if (!waits) co_return result<void>();
  co_return co_await write(go_on);
}

async::task<result<std::size_t>> connection::fill(milliseconds limit) {
  deadline_ = system::now() + std::max(limit, 0ms);
  for (;;) {
    auto const got = stream_.read(shared_.scratch);
    if (got.how == stream::outcome::later) {
      co_await stream_.readable();
      continue;
    }
    deadline_.reset();
    input_.append(shared_.scratch.data(), got.bytes);
    co_return got.bytes;
  }
}

async::task<result<void>> connection::write(std::string_view text) {
  while (!text.empty()) {
    auto const done = stream_.write(text);
    if (done.how == stream::outcome::ended) co_return fail(error_code::link_lost, "the client went away");
    text.remove_prefix(done.bytes);
    if (done.how == stream::outcome::some) continue;
    deadline_ = system::now() + shared_.limit.write;
    co_await stream_.writable();
    deadline_.reset();
  }
  co_return result<void>();
}

bool connection::keeps_alive() const {
  return !must_close_ && !shared_.leaving && reader_.head_done() && reader_.head().keep_alive &&
         reader_.done();
}

}  // namespace ostler::control::http
