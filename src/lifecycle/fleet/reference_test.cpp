// The page docs/reference/lifecycle.md is printed from the code. OSTLER_ACCEPT=1 renews it.

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "lifecycle/instance/instance_reference.hpp"
#include "lifecycle/link/link_reference.hpp"
#include "lifecycle/policy/numbers.hpp"
#include "lifecycle/service/service_reference.hpp"
#include "tests/support/golden.hpp"

namespace ostler::lifecycle {
namespace {

constexpr std::string_view introduction = R"(# Lifecycle

This page is printed from the code, by asking the machines themselves; a test compares the two. It is for those who want
to know what exactly happens, and for whoever changes a machine and wants to see what else has changed.

An instance, a service and a link are machines: an event comes in, the next state and what to do about it come out. The
tables below have a row for everything that comes to the same: the state it starts from, the events, the state it ends
in, and what is done. For the instance, what is **bold** is an order, and words like `intent directory` are changes of the
ledger, written before or after the effect; words with a dot, like `instance.starting`, are events that are told. The last
row of each state says why all other events change nothing.

What is wanted and what is are kept apart. A request changes what is wanted; a planner says the next step from what is
wanted and what is known, until both agree. Recovery after a crash is the same planner.

## Instance

)";

struct row {
  std::string from, events, to, does;
};

// Cells of "| a | b | c | d |".
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  line.remove_prefix(2);
  while (!line.empty()) {
    auto const end = line.find(" |");
    cells.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(line.size(), end + 3));
  }
  return cells;
}

// Why nothing happens, or empty when something does.
std::string_view reason_of(std::string_view does) {
  for (std::string_view const prefix : {"ignored: ", "refused: "})
    if (does.starts_with(prefix) && does.find("; ") == std::string_view::npos)
      return does.substr(prefix.size());
  return {};
}

void append(std::string& list, std::string_view word, std::string_view between = "; ") {
  if (!list.empty()) list += between;
  list += word;
}

// All of one representative: a row for everything that comes to the same, and one for all that changes
// nothing.
std::string group_of(std::vector<row> const& rows) {
  std::vector<row> kept;
  std::vector<std::pair<std::string, std::string>> reasons;
  for (auto const& each : rows) {
    if (auto const reason = reason_of(each.does); !reason.empty()) {
      auto same = std::ranges::find(reasons, reason, [](auto const& r) { return r.first; });
      if (same == reasons.end()) same = reasons.insert(same, {std::string(reason), {}});
      append(same->second, each.events);
      continue;
    }
    auto const same =
        std::ranges::find_if(kept, [&](row const& r) { return r.to == each.to && r.does == each.does; });
    if (same == kept.end())
      kept.push_back(each);
    else
      append(same->events, each.events);
  }
  std::string out, nothing;
  for (auto const& [from, events, to, does] : kept)
    out += fmt::format("| {} | {} | {} | {} |\n", from, events, to, does);
  for (auto const& [reason, events] : reasons) append(nothing, fmt::format("*{}* ({})", reason, events));
  if (!nothing.empty())
    out += fmt::format("| {} | all others | | nothing: {} |\n", rows.front().from, nothing);
  return out;
}

// Groups the last table of a reference; what stands before it stays as it is.
std::string grouped(std::string const& reference) {
  constexpr std::string_view rule = "| --- | --- | --- | --- |\n";
  auto const begin = reference.rfind(rule) + rule.size();
  std::string out = reference.substr(0, begin);
  std::vector<row> rows;
  for (auto rest = std::string_view(reference).substr(begin); !rest.empty();) {
    auto const end = rest.find('\n');
    auto const cells = cells_of(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (!rows.empty() && rows.front().from != cells.at(0)) {
      out += group_of(rows);
      rows.clear();
    }
    rows.push_back({cells.at(0), cells.at(1), cells.at(2), cells.at(3)});
  }
  return out + group_of(rows);
}

std::string page() {
  std::string out(introduction);
  out += grouped(instance_reference());
  out += "\n## Service\n\nRun by the keeper inside the instance, so that it goes on without the daemon.\n\n";
  out += grouped(service_reference());
  out +=
      "\n## Link\n\nThe connection between the daemon and a keeper, or between the daemon and an agent "
      "server.\n\n";
  out += grouped(link_reference());
  out += "\n## Numbers\n\nEach can be set for a provider, an instance or a service.\n\n";
  out += numbers_reference();
  return out;
}

TEST(reference, is_what_the_machines_do) { expect_golden("docs/reference/lifecycle.md", page()); }

}  // namespace
}  // namespace ostler::lifecycle
