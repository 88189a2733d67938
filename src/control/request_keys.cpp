#include "control/request_keys.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "base/name.hpp"

namespace ostler::control {
namespace {

bool can_be_a_key(std::string_view key) {
  return !key.empty() && key.size() <= request_key_size_max &&
         std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::size_t size_of(result<std::string> const& answer) {
  return answer ? answer->size() : answer.error().message.size() + answer.error().detail.size();
}

}  // namespace

std::string record_key(std::string_view name) { return in_hex(sha256(name)); }

bool request_keys::is_worth_keeping(result<std::string> const& answer) {
  if (answer) return true;
  auto const code = answer.error().code;
  return !facts(code).retryable && code != error_code::cancelled && code != error_code::system_failed;
}

result<request_keys::claimed> request_keys::claim(std::string_view who, std::string_view key,
                                                  digest const& request, instant now) {
  if (!can_be_a_key(key))
    return fail(error_code::usage, fmt::format("Idempotency-Key is {}; it has 1 to {} visible characters",
                                               in_quotes(key), request_key_size_max));
  forget_old(now);
  // No caller has a line break in its name.
  auto name = fmt::format("{}\n{}", who, key);
  if (auto const found = all_.find(name); found != all_.end()) {
    if (found->second->request == request) return claimed{.what = found->second, .is_first = false};
    return fail(error_code::request_key_reused,
                fmt::format("the key {} was used for another request", in_quotes(key)));
  }
  while (all_.size() >= limits_.entries && !finished_.empty()) forget_oldest();
  if (all_.size() >= limits_.entries)
    return fail(error_code::system_exhausted,
                fmt::format("{} requests with a key are under way, and no more are taken", limits_.entries));
  auto made = std::make_shared<entry>(where_, request);
  made->name = name;
  all_.emplace(std::move(name), made);
  return claimed{.what = std::move(made), .is_first = true};
}

void request_keys::finish(std::shared_ptr<entry> const& what, result<std::string> answer, instant now) {
  auto const place = std::ranges::find(all_, what, &table::value_type::second);
  bool const keep = is_worth_keeping(answer);
  auto const bytes = size_of(answer);
  what->answer = std::move(answer);
  what->finished.ring();
  if (place == all_.end()) return;
  if (!keep) {
    all_.erase(place);
    return;
  }
  finished_.push_back({.place = place, .when = now, .bytes = bytes});
  bytes_ += bytes;
  while (bytes_ > limits_.bytes) forget_oldest();
}

void request_keys::restore(std::string name, digest const& request, std::optional<digest> body,
                           result<std::string> answer, instant when) {
  auto made = std::make_shared<entry>(where_, request);
  made->name = name;
  made->body = body;
  made->answer = std::move(answer);
  made->on_disk = true;
  auto const bytes = size_of(*made->answer);
  auto const [place, is_new] = all_.emplace(std::move(name), std::move(made));
  if (!is_new) return;
  finished_.push_back({.place = place, .when = when, .bytes = bytes});
  bytes_ += bytes;
  while (bytes_ > limits_.bytes || all_.size() > limits_.entries) forget_oldest();
}

void request_keys::forget_old(instant now) {
  while (!finished_.empty() && now - finished_.front().when >= limits_.kept) forget_oldest();
}

void request_keys::forget_oldest() {
  bytes_ -= finished_.front().bytes;
  if (auto const& one = *finished_.front().place->second; one.on_disk)
    forgotten_.push_back(record_key(one.name));
  all_.erase(finished_.front().place);
  finished_.pop_front();
}

}  // namespace ostler::control
