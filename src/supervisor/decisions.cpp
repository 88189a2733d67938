#include "supervisor/decisions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/ensure.hpp"
#include "records/records.hpp"

namespace ostler::supervisor {

using lifecycle::fleet_input;
using lifecycle::fleet_step;
using lifecycle::instance;

namespace {

// Orders that nobody need wait for the disk with, since nothing comes of them that a crash could leave.
std::vector<lifecycle::fleet_order> take_looks(fleet_step& step) {
  auto const looks = [](lifecycle::fleet_order const& given) {
    auto const* ordered = std::get_if<lifecycle::order>(&given.what);
    return ordered != nullptr && lifecycle::only_looks(ordered->kind);
  };
  std::vector<lifecycle::fleet_order> found;
  std::ranges::copy_if(step.orders, std::back_inserter(found), looks);
  std::erase_if(step.orders, looks);
  return found;
}

}  // namespace

decisions::decisions(journal::journal& kept_in, doer& does, decision_needs needs)
    : journal_(kept_in), doer_(does), needs_(std::move(needs)), self_(std::make_shared<decisions*>(this)) {}

decisions::~decisions() { *self_ = nullptr; }

result<void> decisions::begin() {
  ensure(!fleet_, "decisions begin once");
  return build();
}

result<void> decisions::build() {
  auto const contents = journal_.load(records::live_prefix);
  if (!contents) return std::unexpected(contents.error());
  auto loaded = records::read_contents(*contents);
  if (!loaded) return std::unexpected(loaded.error());
  kept_.clear();
  for (auto const& each : loaded->instances) kept_.emplace(each.id, std::make_shared<instance const>(each));
  kept_seq_ = loaded->last_seq;
  fleet_ = std::make_unique<lifecycle::fleet>(needs_.rules);
  fleet_->load(std::move(loaded->instances), loaded->last_seq);
  if (journal_.health() == journal::condition::full)
    static_cast<void>(fleet_->step(lifecycle::storage_seen{true}, needs_.clock()));
  finish({}, fleet_->recover(needs_.clock()), {});
  return {};
}

void decisions::submit(fleet_input input, answered told) {
  if (failed_) {
    if (told) told(std::unexpected(*failed_));
    return;
  }
  if (told && waiting_.size() >= needs_.waiting_max)
    return told(fail(error_code::storage_busy, "the disk is too slow: too many changes wait to be written"));
  auto step = fleet_->step(input, needs_.clock());
  std::optional<fleet_input> request;
  if (told) request = std::move(input);
  finish(std::move(request), std::move(step), std::move(told));
}

void decisions::keep(journal::transaction states, kept told) {
  if (failed_) return told(std::unexpected(*failed_));
  if (waiting_.size() >= needs_.waiting_max)
    return told(fail(error_code::storage_busy, "the disk is too slow: too many changes wait to be written"));
  bool const refused_for_sure =
      states.why == journal::purpose::growth && journal_.health() == journal::condition::full;
  // Asked here, because a refusal of the journal throws away what was decided behind it.
  if (refused_for_sure)
    return told(fail(error_code::storage_full, "the disk is full: nothing more can be written down"));
  waiting_.push_back({.beside = states, .beside_told = std::move(told)});
  commit(std::move(states));
}

std::optional<instant> decisions::next_wake() const { return failed_ ? std::nullopt : fleet_->next_wake(); }

lifecycle::instance const* decisions::find(instance_id id) const {
  auto const found = kept_.find(id);
  return found == kept_.end() ? nullptr : found->second.get();
}

void decisions::finish(std::optional<fleet_input> request, fleet_step step, answered told) {
  waiting_step one{.request = std::move(request), .told = std::move(told), .step = std::move(step)};
  for (auto const id : one.step.changed) {
    auto const* const now = fleet_->find(id);
    if (now == nullptr)
      one.deleted.push_back(id);
    else
      one.changed.push_back(std::make_shared<instance const>(*now));
  }
  one.is_kept = !one.step.must_be_journalled();
  auto change = one.is_kept ? journal::transaction() : records::to_transaction(*fleet_, one.step);
  bool const to_keep = !one.is_kept;
  auto const looks = take_looks(one.step);
  waiting_.push_back(std::move(one));
  if (to_keep)
    commit(std::move(change));
  else
    release();
  for (auto const& each : looks) doer_.carry_out(each);
}

void decisions::commit(journal::transaction change) {
  decided_now_.push_back(std::move(change));
  if (decided_now_.size() > 1) return;
  needs_.post([self = self_] {
    if (*self != nullptr) (*self)->give_to_journal();
  });
}

void decisions::give_to_journal() {
  for (auto& change : std::exchange(decided_now_, {}))
    journal_.commit(std::move(change),
                    [self = self_, post = needs_.post, epoch = epoch_](result<void> answer) {
                      post([self, epoch, answer = std::move(answer)] {
                        if (*self != nullptr) (*self)->heard(epoch, answer);
                      });
                    });
}

// Answers come in the order in which steps were given.
void decisions::heard(std::uint64_t epoch, result<void> const& answer) {
  if (epoch != epoch_) return;
  if (!answer) return refused(answer.error());
  for (auto& each : waiting_) {
    if (each.is_kept) continue;
    each.is_kept = true;
    break;
  }
  release();
}

// What stands behind a step that is not kept yet waits with it, also when there is nothing of its own to
// keep.
void decisions::release() {
  if (std::exchange(releasing_, true)) return;
  auto const epoch = epoch_;
  while (epoch == epoch_ && !waiting_.empty() && waiting_.front().is_kept) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    let_go(std::move(next));
  }
  releasing_ = false;
}

void decisions::let_go(waiting_step done) {
  for (auto& each : done.changed) kept_.insert_or_assign(each->id, std::move(each));
  for (auto const id : done.deleted) kept_.erase(id);
  for (auto const& event : done.step.events) {
    kept_seq_ = event.seq;
    doer_.tell(event);
  }
  if (done.told) done.told(done.step.answer);
  if (done.beside_told) done.beside_told({});
  for (auto const& given : done.step.orders) doer_.carry_out(given);
}

void decisions::refused(error const& why) {
  if (journal_.health() == journal::condition::failed) return stop_for_good(why);
  auto const lost = std::exchange(waiting_, {});
  ++epoch_;
  doer_.give_up_all();
  // It stands on what was refused.
  decided_now_.clear();
  journal_.begin_again();
  if (auto const built = build(); !built) return stop_for_good(built.error());
  // The first that was not kept is the one that was refused; the others only stood behind it.
  bool is_first = true;
  for (auto const& each : lost) {
    bool const is_culprit = !each.is_kept && std::exchange(is_first, false);
    if (each.beside_told) {
      if (is_culprit)
        each.beside_told(std::unexpected(why));
      else
        keep(*each.beside, each.beside_told);
    }
    if (!each.told) continue;
    if (is_culprit)
      each.told(std::unexpected(why));
    else
      submit(*each.request, each.told);
  }
}

void decisions::stop_for_good(error const& why) {
  failed_ = why;
  ++epoch_;
  auto const lost = std::exchange(waiting_, {});
  doer_.give_up_all();
  doer_.stopped_for_good(why);
  for (auto const& each : lost) {
    if (each.told) each.told(std::unexpected(why));
    if (each.beside_told) each.beside_told(std::unexpected(why));
  }
}

}  // namespace ostler::supervisor
