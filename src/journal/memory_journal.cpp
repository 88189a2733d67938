#include "journal/memory_journal.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "journal/retention.hpp"

namespace ostler::journal {
namespace {

constexpr std::string_view failed_text = "the journal in memory was told to fail";

}  // namespace

void memory_journal::commit(transaction change, committed done) {
  bool const follows = numbers_.give(change);
  ensure(follows || check_ == number_check::off || refused_, "event numbers follow on without a gap");
  waiting_.push_back({std::move(change), std::move(done), {}});
}

sequence memory_journal::begin_again() {
  ensure(refused_.has_value(), "a journal that refused nothing goes on as it is");
  for (auto& each : waiting_)
    if (!each.stale) each.stale = *refused_;
  refused_.reset();
  numbers_.begin_again();
  return numbers_.kept();
}

std::size_t memory_journal::flush(std::size_t most) {
  most = std::min(most, waiting_.size());
  std::size_t told = 0;
  // A callback may crash the journal, so the queue can be shorter than it was.
  while (told < most && !waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    auto answer = next.stale ? std::unexpected(*next.stale) : verdict(next.change);
    if (answer)
      keep(std::move(next.change));
    else if (!next.stale && !refused_)
      refused_ = answer.error();
    ++told;
    if (next.done) next.done(std::move(answer));
  }
  return told;
}

void memory_journal::crash() {
  waiting_.clear();
  refused_.reset();
  numbers_.begin(numbers_.kept());
  if (condition_ == condition::failed) condition_ = condition::sound;
}

result<void> memory_journal::verdict(transaction const& change) const {
  if (refused_) return std::unexpected(*refused_);
  if (condition_ == condition::failed) return fail(error_code::storage_failed, std::string(failed_text));
  if (condition_ == condition::full && change.why == purpose::growth)
    return fail(error_code::storage_full, "the journal in memory was told to be full: 0 bytes are free");
  return {};
}

void memory_journal::keep(transaction&& change) {
  for (auto& record : change.states) keep(std::move(record));
  for (auto& record : change.ledger) keep(std::move(record));
  if (change.events.empty()) return;
  numbers_.keep_through(change.events.back().seq);
  for (auto& record : change.events) events_.push_back(std::move(record));
}

void memory_journal::keep(state_record&& record) {
  if (record.body)
    states_.insert_or_assign(std::move(record.key), std::move(*record.body));
  else
    states_.erase(record.key);
}

void memory_journal::keep(ledger_record&& record) {
  auto const resource = record.resource;
  bool const known = open_.erase(resource) + released_.erase(resource) > 0;
  if (!known) resources_[record.instance].push_back(resource);
  auto& home = record.status == ledger_status::released ? released_ : open_;
  home.insert_or_assign(resource, std::move(record));
}

result<contents> memory_journal::load(std::string_view prefix) {
  contents all_kept;
  for (auto next = states_.lower_bound(prefix); next != states_.end() && next->first.starts_with(prefix);
       ++next)
    all_kept.states.push_back({next->first, next->second});
  all_kept.open_ledger.reserve(open_.size());
  for (auto const& [resource, record] : open_) all_kept.open_ledger.push_back(record);
  all_kept.first_seq = events_.empty() ? 0 : events_.front().seq;
  all_kept.last_seq = events_.empty() ? 0 : events_.back().seq;
  return all_kept;
}

result<std::vector<event_record>> memory_journal::events(sequence after, std::size_t limit,
                                                         std::optional<instance_id> instance) {
  std::vector<event_record> found;
  auto next = std::ranges::upper_bound(events_, after, {}, &event_record::seq);
  for (; next != events_.end() && found.size() < limit; ++next)
    if (!instance || next->instance == *instance) found.push_back(*next);
  return found;
}

result<std::vector<ledger_record>> memory_journal::ledger_of(instance_id instance) {
  std::vector<ledger_record> found;
  auto const known = resources_.find(instance);
  if (known == resources_.end()) return found;
  for (auto const resource : known->second) {
    auto const open = open_.find(resource);
    found.push_back(open != open_.end() ? open->second : released_.at(resource));
  }
  std::ranges::sort(found, {}, &ledger_record::resource);
  return found;
}

result<void> memory_journal::trim(retention rule, wall_time now) {
  if (condition_ == condition::failed) return fail(error_code::storage_failed, std::string(failed_text));
  auto const bounds = retention_bounds(rule, now);
  while (events_.size() > bounds.most) events_.pop_front();
  while (events_.size() > bounds.least && events_.front().time <= bounds.old) events_.pop_front();
  return {};
}

}  // namespace ostler::journal
