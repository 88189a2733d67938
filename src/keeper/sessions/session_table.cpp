#include "keeper/sessions/session_table.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <utility>

#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr auto look_every = 1s;

// Of "s12"; 0 for anything else.
std::uint64_t number_of(std::string_view name) {
  if (!name.starts_with('s')) return 0;
  name.remove_prefix(1);
  std::uint64_t number = 0;
  auto const read = std::from_chars(name.data(), name.data() + name.size(), number);
  return read.ec == std::errc() && read.ptr == name.data() + name.size() ? number : 0;
}

std::string name_of(std::uint64_t number) { return fmt::format("s{}", number); }

std::vector<std::uint64_t> numbers_in(std::string const& directory) {
  std::vector<std::uint64_t> found;
  std::error_code ignored;
  std::filesystem::directory_iterator at(directory, ignored);
  for (; at != std::filesystem::directory_iterator(); at.increment(ignored))
    if (auto const number = number_of(at->path().filename().string()); number != 0) found.push_back(number);
  return found;
}

}  // namespace

session_table::session_table(session_needs needs)
    : needs_(std::move(needs)),
      tidy_(needs_.on, [this] { tidy(); }),
      forget_old_(needs_.on, [this] { forget_old(); }),
      look_(needs_.on, [this] { look(); }) {
  ::signal(SIGPIPE, SIG_IGN);
}

session_table::~session_table() = default;

result<void> session_table::prepare_logs() {
  if (::mkdir(needs_.logs.c_str(), 0700) != 0 && errno != EEXIST)
    return system::fail_errno(fmt::format("make the directory {}", needs_.logs));
  return {};
}

// The newest directory stays, though emptied: it is how the number that comes next is known to a successor.
void session_table::remove_log(std::uint64_t number) const {
  std::error_code ignored;
  std::filesystem::path const path = fmt::format("{}/{}", needs_.logs, name_of(number));
  if (number != last_number_) {
    std::filesystem::remove_all(path, ignored);
    return;
  }
  std::filesystem::directory_iterator at(path, ignored);
  for (; at != std::filesystem::directory_iterator(); at.increment(ignored))
    std::filesystem::remove(at->path(), ignored);
}

session& session_table::add(std::string name) {
  return *sessions_.emplace_back(std::make_unique<session>(needs_, std::move(name), [this] { later(); }));
}

result<void> session_table::restore(held_state const& left) {
  if (auto made = prepare_logs(); !made) return made;
  auto const kept = numbers_in(needs_.logs);
  for (auto const number : kept) last_number_ = std::max(last_number_, number);
  for (auto const& held : left.sessions) last_number_ = std::max(last_number_, number_of(held.name));
  for (auto const number : kept)
    if (keeper::find(left.sessions, name_of(number)) == nullptr) remove_log(number);
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
  auto made = std::make_unique<session>(needs_, name_of(number), [this] { later(); });
  if (auto started = made->start(by, wanted); !started) {
    // The number is used up when it is on record.
    if (made->closed()) last_number_ = number;
    made.reset();
    remove_log(number);
    return std::unexpected(started.error());
  }
  auto const before = std::exchange(last_number_, number);
  if (before != 0 && !find(name_of(before))) remove_log(before);
  sessions_.push_back(std::move(made));
  if (needs_.hold.kind() == containment_kind::scan && !look_.is_set()) look_.set(system::now() + look_every);
  return wire::exec_started{.session = name_of(number), .pid = sessions_.back()->pid()};
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
    remove_log(number_of(done->name()));
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
  if (auto made = prepare_logs(); !made) return made;
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
