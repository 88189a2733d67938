#include "keeper/sessions/session_table.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <utility>

#include "system/clock.hpp"

namespace ostler::keeper {
namespace {

constexpr auto look_every = 1s;

}  // namespace

session_table::session_table(session_needs needs)
    : needs_(std::move(needs)),
      logs_(needs_.logs),
      tidy_(needs_.on, [this] { tidy(); }),
      forget_old_(needs_.on, [this] { forget_old(); }),
      look_(needs_.on, [this] { look(); }) {
  ::signal(SIGPIPE, SIG_IGN);
}

session_table::~session_table() = default;

// The newest directory stays, though emptied: it is how the number that comes next is known to a successor.
void session_table::remove_log(std::uint64_t number) const {
  if (number == last_number_)
    logs_.empty(number);
  else
    logs_.remove(number);
}

session& session_table::add(std::string name) {
  return *sessions_.emplace_back(std::make_unique<session>(needs_, std::move(name), [this] { later(); }));
}

result<void> session_table::restore(held_state const& left) {
  if (auto made = logs_.make(); !made) return made;
  auto const kept = logs_.numbers();
  for (auto const number : kept) last_number_ = std::max(last_number_, number);
  for (auto const& held : left.sessions) last_number_ = std::max(last_number_, session_number(held.name));
  for (auto const number : kept)
    if (keeper::find(left.sessions, session_name(number)) == nullptr) remove_log(number);
  for (auto const& held : left.sessions) add(held.name).restore(held);
  later();
  return {};
}

result<wire::exec_started> session_table::start(connection& by, wire::exec_start const& wanted) {
  if (stopping_)
    return fail(error_code::invalid_state, "the instance is stopping: nothing is started any more");
  auto const running = std::ranges::count_if(sessions_, [](auto const& each) { return !each->gone(); });
  if (static_cast<std::size_t>(running) >= needs_.running_max)
    return fail(error_code::limit_reached,
                fmt::format("{} sessions are open; no more are allowed", needs_.running_max));
  auto const number = last_number_ + 1;
  auto made = std::make_unique<session>(needs_, session_name(number), [this] { later(); });
  if (auto started = made->start(by, wanted); !started) {
    // The number is used up when it is on record.
    if (made->closed()) use_up(number);
    made.reset();
    remove_log(number);
    return std::unexpected(started.error());
  }
  use_up(number);
  sessions_.push_back(std::move(made));
  if (needs_.hold.kind() == containment_kind::scan && !look_.is_set()) look_.set(system::now() + look_every);
  return wire::exec_started{.session = session_name(number), .pid = sessions_.back()->pid()};
}

void session_table::use_up(std::uint64_t number) {
  auto const before = std::exchange(last_number_, number);
  auto const is_that = [name = session_name(before)](auto const& each) { return each->name() == name; };
  // It was kept for its number only.
  if (before != 0 && std::ranges::none_of(sessions_, is_that)) logs_.remove(before);
}

result<session*> session_table::find(std::string_view name) const {
  for (auto const& each : sessions_)
    if (each->name() == name && !each->forget) return each.get();
  return fail(error_code::session_unknown, fmt::format("there is no session {}", name));
}

result<void> session_table::attach(connection& by, wire::session_attach const& how) {
  auto const found = find(how.session);
  if (!found) return std::unexpected(found.error());
  return (*found)->attach(by, how);
}

result<void> session_table::resize(connection const& by, wire::session_resize const& how) {
  auto const found = find(how.session);
  if (!found) return std::unexpected(found.error());
  return (*found)->resize(by, how.terminal);
}

result<void> session_table::signal(std::string_view name, int number, bool tree) {
  auto const found = find(name);
  if (!found) return std::unexpected(found.error());
  return (*found)->signal(number, tree);
}

result<void> session_table::close(std::string_view name) {
  auto const found = find(name);
  if (!found) return std::unexpected(found.error());
  (*found)->forget = true;
  (*found)->end(needs_.kill_grace);
  later();
  return {};
}

result<std::shared_ptr<log_store>> session_table::log(std::string_view name) const {
  auto const found = find(name);
  if (!found) return std::unexpected(found.error());
  if (!(*found)->log())
    return fail(error_code::file_unknown, fmt::format("nothing of session {} was kept", name));
  return (*found)->log();
}

std::vector<wire::session_status> session_table::list() const {
  std::vector<wire::session_status> all;
  for (auto const& each : sessions_)
    if (!each->forget || !each->gone()) all.push_back(each->status());
  return all;
}

void session_table::close_all(milliseconds grace, std::function<void()> gone) {
  stopping_ = true;
  gone_ = std::move(gone);
  for (auto const& each : sessions_) each->end(grace);
  later();
}

bool session_table::empty() const {
  return std::ranges::all_of(sessions_, [](auto const& each) { return each->gone(); });
}

void session_table::later() { tidy_.set(system::now()); }

void session_table::tidy() {
  // By index: what is woken meanwhile may add sessions, but only this takes any away.
  for (std::size_t at = 0; at < sessions_.size(); ++at) sessions_[at]->sweep();
  forget_old();
  for (std::size_t at = 0; at < sessions_.size();) {
    auto& each = sessions_[at];
    if (!each->forget || !each->gone()) {
      ++at;
      continue;
    }
    auto const done = std::move(each);
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(at));
    remove_log(session_number(done->name()));
  }
  if (gone_ && empty()) std::exchange(gone_, {})();
}

void session_table::forget_old() {
  std::vector<session*> ended;
  for (auto const& each : sessions_)
    if (each->gone() && !each->forget) ended.push_back(each.get());
  std::ranges::sort(ended, {}, [](session const* each) { return each->closed_at(); });
  auto const now = system::now();
  auto excess = ended.size() > needs_.ended_max ? ended.size() - needs_.ended_max : 0;
  for (auto* const each : ended) {
    if (excess == 0 && each->closed_at() + needs_.kept_for > now) {
      forget_old_.set(each->closed_at() + needs_.kept_for);
      return;
    }
    if (excess > 0) --excess;
    each->forget = true;
    later();
  }
}

void session_table::look() {
  for (auto const& each : sessions_) each->look();
  if (!empty()) look_.set(system::now() + look_every);
}

handed_sessions session_table::hand_over() {
  tidy_.clear();
  forget_old_.clear();
  look_.clear();
  handed_sessions all{.last_number = last_number_, .sessions = {}};
  for (auto const& each : sessions_) all.sessions.push_back(each->hand_over());
  return all;
}

result<void> session_table::take_over(handed_sessions handed) {
  if (auto made = logs_.make(); !made) return made;
  last_number_ = handed.last_number;
  result<void> outcome;
  for (auto& each : handed.sessions) {
    auto& made = add(each.session);
    if (auto taken = made.take_over(std::move(each)); !taken) outcome = taken;
  }
  if (needs_.hold.kind() == containment_kind::scan) look_.set(system::now() + look_every);
  later();
  return outcome;
}

}  // namespace ostler::keeper
