#include "records/records.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "records/described.hpp"
#include "wire/json.hpp"

namespace ostler::records {
namespace {

constexpr std::string_view deleted_prefix = "deleted/";

std::string key_of(instance_id id) { return fmt::format("{}{}", live_prefix, id.text()); }

journal::ledger_status status_of(lifecycle::ledger_change_kind kind) {
  switch (kind) {
    case lifecycle::ledger_change_kind::intent: return journal::ledger_status::intent;
    case lifecycle::ledger_change_kind::held: return journal::ledger_status::held;
    case lifecycle::ledger_change_kind::released: return journal::ledger_status::released;
  }
  return journal::ledger_status::intent;
}

std::unexpected<error> damaged(std::string_view what, std::string_view why) {
  return fail(error_code::journal_damaged,
              fmt::format("the journal's record {} cannot be used: {}", what, why));
}

// The ledger is written from the same step as the instance; where they differ, one of the two is a lie.
result<void> compare(std::vector<lifecycle::instance> const& instances,
                     std::vector<journal::ledger_record> const& open) {
  std::vector<std::pair<resource_id, bool>> by_instances;
  for (auto const& it : instances)
    for (auto const& entry : it.resources) by_instances.emplace_back(entry.id, entry.held);
  std::vector<std::pair<resource_id, bool>> by_ledger;
  for (auto const& record : open)
    by_ledger.emplace_back(record.resource, record.status == journal::ledger_status::held);
  std::ranges::sort(by_instances);
  std::ranges::sort(by_ledger);
  auto const [left, right] = std::ranges::mismatch(by_instances, by_ledger);
  if (left == by_instances.end() && right == by_ledger.end()) return {};
  auto const& id = left != by_instances.end() ? left->first : right->first;
  return damaged(id.text(), "the ledger and the instance disagree on whether it exists");
}

}  // namespace

std::string write_instance(lifecycle::instance const& it) {
  return wire::to_json(static_cast<lifecycle::journalled_instance const&>(it));
}

result<lifecycle::instance> read_instance(std::string_view text) {
  auto read = wire::from_json<lifecycle::journalled_instance>(text);
  if (!read) return std::unexpected(read.error());
  lifecycle::instance it;
  static_cast<lifecycle::journalled_instance&>(it) = std::move(*read);
  return it;
}

std::string write_event(lifecycle::fleet_event const& event) { return wire::to_json(event); }

result<lifecycle::fleet_event> read_event(std::string_view text) {
  return wire::from_json<lifecycle::fleet_event>(text);
}

journal::transaction to_transaction(lifecycle::fleet const& after, lifecycle::fleet_step const& step) {
  journal::transaction change;
  change.why = step.growth ? journal::purpose::growth : journal::purpose::relief;
  change.states.reserve(step.changed.size());
  for (auto const id : step.changed) {
    auto const* it = after.find(id);
    change.states.push_back({key_of(id), it == nullptr ? std::nullopt : std::optional(write_instance(*it))});
  }
  for (auto const& it : step.deleted)
    change.states.push_back({fmt::format("{}{}", deleted_prefix, it.id.text()), write_instance(it)});
  change.ledger.reserve(step.ledger.size());
  for (auto const& [who, what] : step.ledger)
    change.ledger.push_back({what.entry.id, who, status_of(what.kind),
                             wire::to_json(static_cast<lifecycle::journalled_resource const&>(what.entry))});
  change.events.reserve(step.events.size());
  for (auto const& event : step.events)
    change.events.push_back({event.seq, event.time, event.instance, event.type, write_event(event)});
  return change;
}

result<loaded> read_contents(journal::contents const& kept) {
  loaded out{.instances = {}, .last_seq = kept.last_seq};
  out.instances.reserve(kept.states.size());
  for (auto const& record : kept.states) {
    if (!record.key.starts_with(live_prefix) || !record.body) continue;
    auto it = read_instance(*record.body);
    if (!it) return damaged(record.key, it.error().message);
    if (key_of(it->id) != record.key) return damaged(record.key, "it is about " + it->id.text());
    out.instances.push_back(std::move(*it));
  }
  if (auto const agreed = compare(out.instances, kept.open_ledger); !agreed)
    return std::unexpected(agreed.error());
  return out;
}

}  // namespace ostler::records
