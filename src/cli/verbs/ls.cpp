#include <algorithm>
#include <boost/describe.hpp>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"
#include "cli/instance_text.hpp"
#include "cli/text.hpp"
#include "cli/verbs/all.hpp"
#include "cli/verbs/instance_watch.hpp"
#include "cli/verbs/interrupts.hpp"
#include "cli/verbs/json_out.hpp"
#include "cli/verbs/targets.hpp"
#include "operations/instance_operations.hpp"
#include "system/clock.hpp"

namespace ostler::cli {
namespace {

using operations::instance;
using operations::instance_filter;

template <class Enum> result<Enum> word_in(std::string_view key, std::string const& word) {
  Enum out{};
  if (boost::describe::enum_from_string(word.c_str(), out)) return out;
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto one) { names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name); });
  return fail(error_code::usage, fmt::format("--filter {}={}: there is: {}", key, printable(word), names));
}

result<void> add_filter(instance_filter& to, std::string const& text) {
  auto const sign = text.find('=');
  auto const key = text.substr(0, sign);
  if (sign == std::string::npos || (key != "state" && key != "provider" && key != "attention"))
    return fail(error_code::usage,
                fmt::format("--filter {}: it is state=…, provider=… or attention=…", in_quotes(text)));
  auto const value = text.substr(sign + 1);
  if (key == "provider") {
    to.provider.push_back(value);
    return {};
  }
  if (key == "state") {
    // The word that people read for it.
    auto const state = word_in<operations::instance_state>(key, value == "error" ? "failed" : value);
    if (!state) return std::unexpected(state.error());
    to.state.push_back(*state);
    return {};
  }
  auto const kind = word_in<operations::attention_kind>(key, value);
  if (!kind) return std::unexpected(kind.error());
  to.attention.push_back(*kind);
  return {};
}

result<instance_filter> filter_of(context const& with) {
  instance_filter out;
  for (auto const& text : with.call().values("filter"))
    if (auto const good = add_filter(out, text); !good) return std::unexpected(good.error());
  if (!with.call().has("all")) out.project.push_back(project_directory(with));
  return out;
}

template <class Value> bool allows(std::vector<Value> const& some, Value const& one) {
  return some.empty() || std::ranges::find(some, one) != some.end();
}

bool allows(instance_filter const& filter, instance const& one) {
  return allows(filter.state, one.state) && allows(filter.provider, one.provider) &&
         allows(filter.project, one.project) && allows(filter.attention, one.attention.kind);
}

// Names are unique, so the order is always the same.
void sort(std::vector<instance>& all, std::string const& key) {
  std::ranges::sort(all, [&](instance const& a, instance const& b) {
    if (key == "state" && a.state != b.state) return a.state < b.state;
    if (key == "age" && a.created != b.created) return a.created > b.created;
    return a.name < b.name;
  });
}

std::string drawn(context const& with, std::vector<instance> const& all) {
  auto const& out = with.show().out;
  auto const which = with.how() == format::wide ? ls_columns::wide : ls_columns::usual;
  return instance_table(all, system::wall_now(), which, out);
}

void print(context const& with, std::vector<instance> const& all) {
  auto const& out = with.show().out;
  if (with.show().quiet || with.how() == format::name) {
    for (auto const& one : all) out.line(printable(one.name));
    return;
  }
  if (all.empty()) {
    with.note("Nothing is running yet.");
    with.hint("next: ostler up · ostler ls -a");
    return;
  }
  out.write(drawn(with, all));
  with.note(counts_line(all));
}

result<int> watch_all(context& with, instance_filter const& filter, std::string const& key) {
  if (auto const there = with.daemon(); !there) return std::unexpected(there.error());
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  with.stop_by(signals->fd());
  auto watch = instance_watch::begin(with);
  if (!watch) return std::unexpected(watch.error());
  auto const& out = with.show().out;
  for (;;) {
    std::vector<instance> some;
    for (auto const& one : watch->all())
      if (allows(filter, one)) some.push_back(one);
    sort(some, key);
    if (out.is_terminal()) out.write("\x1b[H\x1b[J");
    out.write(drawn(with, some) + counts_line(some) + "\n");
    auto const news = watch->next(-1ms);
    if (!news) return std::unexpected(news.error());
    if (*news == watch_news::stopped) return exit_done;
  }
}

}  // namespace

result<int> ls(context& with) {
  auto filter = filter_of(with);
  if (!filter) return std::unexpected(filter.error());
  auto const key = with.call().value("sort").value_or("name");
  if (with.call().has("watch")) return watch_all(with, *filter, key);
  auto found = with.ask<operations::instances_list>(*filter);
  if (!found) return std::unexpected(found.error());
  sort(found->instances, key);
  if (with.writes_json())
    print_json(with, *found, found->instances);
  else
    print(with, found->instances);
  return exit_done;
}

}  // namespace ostler::cli
