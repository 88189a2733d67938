#include "simulation/scenario.hpp"

#include <fmt/format.h>
#include <stdexcept>

// toml++ 3.3 asserts where it should refuse, as for a table [.x], and nothing from outside may stop the
// program. What it asserts is thrown instead, and caught where the text is parsed.
namespace ostler::simulation {
namespace {
struct toml_gave_up : std::logic_error {
  using std::logic_error::logic_error;
};
}  // namespace
}  // namespace ostler::simulation
#define TOML_ASSERT(...) ((__VA_ARGS__) ? void() : throw ostler::simulation::toml_gave_up(#__VA_ARGS__))
#define TOML_EXCEPTIONS 0
#include <algorithm>
#include <array>
#include <optional>
#include <toml++/toml.h>
#include <variant>
#include <vector>

#include "base/name.hpp"
#include "base/overloaded.hpp"

namespace ostler::simulation {
namespace {

using target = std::variant<int workload::*, milliseconds workload::*, double workload::*,
                            milliseconds faults::*, double faults::*>;

struct field {
  std::string_view table;
  std::string_view key;
  target where;
};

constexpr int count_max = 10'000;

constexpr std::array fields{
    field{"work", "instances", &workload::instances},
    field{"work", "services", &workload::services},
    field{"work", "resources", &workload::resources},
    field{"work", "duration", &workload::duration},
    field{"work", "request_every", &workload::request_every},
    field{"work", "hooks", &workload::hooks},
    field{"work", "keep_on_error", &workload::keep_on_error},
    field{"work", "run_lifetime", &workload::run_lifetime},
    field{"work", "deletes", &workload::deletes},
    field{"work", "changes", &workload::changes},
    field{"work", "force", &workload::force},
    field{"work", "providers", &workload::providers},
    field{"work", "quota", &workload::quota},
    field{"wrong", "daemon_crash_every", &faults::daemon_crash_every},
    field{"wrong", "keeper_kill_every", &faults::keeper_kill_every},
    field{"wrong", "place_loss_every", &faults::place_loss_every},
    field{"wrong", "link_cut_every", &faults::link_cut_every},
    field{"wrong", "link_silence_every", &faults::link_silence_every},
    field{"wrong", "disk_full_every", &faults::disk_full_every},
    field{"wrong", "clock_jump_every", &faults::clock_jump_every},
    field{"wrong", "suspend_every", &faults::suspend_every},
    field{"wrong", "reboot_every", &faults::reboot_every},
    field{"wrong", "call_fails_before", &faults::call_fails_before},
    field{"wrong", "call_fails_after", &faults::call_fails_after},
    field{"wrong", "call_hangs", &faults::call_hangs},
    field{"wrong", "call_is_slow", &faults::call_is_slow},
    field{"wrong", "answer_twice", &faults::answer_twice},
    field{"wrong", "answer_late", &faults::answer_late},
    field{"wrong", "lies_exists", &faults::lies_exists},
    field{"wrong", "cannot_say", &faults::cannot_say},
    field{"wrong", "dial_fails", &faults::dial_fails},
    field{"wrong", "dial_hangs", &faults::dial_hangs},
    field{"wrong", "service_dies_early", &faults::service_dies_early},
    field{"wrong", "service_never_ready", &faults::service_never_ready},
    field{"wrong", "service_crashes", &faults::service_crashes},
    field{"wrong", "service_ignores_stop", &faults::service_ignores_stop},
    field{"wrong", "service_leaves_children", &faults::service_leaves_children},
    field{"wrong", "stranger_answers", &faults::stranger_answers},
    field{"wrong", "hook_hangs", &faults::hook_hangs},
};

constexpr auto field_names = [] {
  std::array<field_facts, fields.size()> names{};
  for (std::size_t i = 0; i < fields.size(); ++i) names[i] = {fields[i].table, fields[i].key};
  return names;
}();

struct place {
  std::string_view file;
  toml::source_position at;
  std::string text() const { return fmt::format("{}:{}", file, at.line); }
};

std::unexpected<error> refuse(error_code code, place const& where, std::string_view what) {
  return fail(code, fmt::format("{}: {}", where.text(), what));
}

template <class Part> struct setter {
  Part& part;
  toml::node const& node;
  place where;
  std::string_view key;

  result<void> operator()(int Part::* member) const {
    auto const value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > count_max)
      return refuse(error_code::value_out_of_range, where,
                    fmt::format("{} is not allowed; allowed: a whole number from 0 to {}", key, count_max));
    part.*member = static_cast<int>(*value);
    return {};
  }
  result<void> operator()(double Part::* member) const {
    auto const value = node.value<double>();
    if (!value || !(*value >= 0 && *value <= 1))
      return refuse(error_code::value_out_of_range, where,
                    fmt::format("{} is not allowed; allowed: a probability from 0 to 1", key));
    part.*member = *value;
    return {};
  }
  result<void> operator()(milliseconds Part::* member) const {
    auto const text = node.value_exact<std::string>();
    if (!text)
      return refuse(error_code::duration_invalid, where,
                    fmt::format("{} takes a duration such as \"10s\"", key));
    auto const parsed = parse_duration(*text);
    if (!parsed) return refuse(parsed.error().code, where, parsed.error().message);
    part.*member = *parsed;
    return {};
  }
  template <class Other> result<void> operator()(Other) const {
    return refuse(error_code::value_unknown, where, fmt::format("{} does not belong here", key));
  }
};

result<void> set_field(scenario& out, std::string_view table, std::string_view key, toml::node const& node,
                       place const& where) {
  auto const known =
      std::ranges::find_if(fields, [&](field const& f) { return f.table == table && f.key == key; });
  if (known == fields.end()) {
    std::string allowed;
    for (auto const& f : fields)
      if (f.table == table) allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", f.key);
    return refuse(error_code::value_unknown, where,
                  fmt::format("{}.{} is unknown; allowed: {}", table, in_quotes(key), allowed));
  }
  if (table == "work") return std::visit(setter<workload>{out.work, node, where, key}, known->where);
  return std::visit(setter<faults>{out.wrong, node, where, key}, known->where);
}

result<void> read_table(scenario& out, std::string_view name, toml::table const& table,
                        std::string_view file) {
  for (auto const& [key, node] : table) {
    place const where{file, node.source().begin};
    result<void> done;
    if (name == "numbers") {
      auto const text = node.is_string()    ? *node.value_exact<std::string>()
                        : node.is_integer() ? fmt::format("{}", *node.value_exact<std::int64_t>())
                                            : fmt::format("{}", node.value<double>().value_or(-1.0));
      done = lifecycle::set(out.numbers, key.str(), text);
      if (!done) return refuse(done.error().code, where, done.error().message);
    } else {
      done = set_field(out, name, key.str(), node, where);
    }
    if (!done) return done;
  }
  return {};
}

result<void> read_top(scenario& out, toml::table const& document, std::string_view file) {
  for (auto const& [key, node] : document) {
    place const where{file, node.source().begin};
    if (key == "name" || key == "about") {
      auto const text = node.value_exact<std::string>();
      if (!text) return refuse(error_code::value_unknown, where, fmt::format("{} takes a text", key.str()));
      (key == "name" ? out.name : out.about) = *text;
      continue;
    }
    auto const* table = node.as_table();
    bool const known = key == "work" || key == "wrong" || key == "numbers";
    if (table == nullptr || !known)
      return refuse(error_code::value_unknown, where,
                    fmt::format("{} is unknown; allowed: name, about, [work], [wrong], [numbers]",
                                in_quotes(key.str())));
    if (auto const done = read_table(out, key.str(), *table, file); !done) return done;
  }
  return {};
}

// The parser repeats what it does not understand as it came, and keys of any length.
std::string as_one_line(std::string_view description) {
  constexpr std::size_t shown_max = 300;
  std::string text(description.substr(0, shown_max));
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

result<toml::table> parse_document(std::string_view text, std::string_view file) {
  // The parser's tables of other characters have holes, in which anything may happen.
  auto const other = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
  if (other != text.end())
    return fail(error_code::text_malformed,
                fmt::format("{}:{}: a character beyond ASCII; a scenario is written in ASCII", file,
                            1 + std::count(text.begin(), other, '\n')));
  try {
    auto parsed = toml::parse(text, file);
    if (parsed) return std::move(parsed).table();
    return fail(error_code::text_malformed, fmt::format("{}:{}: {}", file, parsed.error().source().begin.line,
                                                        as_one_line(parsed.error().description())));
  } catch (toml_gave_up const&) {
    return fail(error_code::text_malformed,
                fmt::format("{}: not TOML, at a place that the parser does not tell", file));
  }
}

}  // namespace

std::span<field_facts const> scenario_fields() { return field_names; }

result<scenario> parse_scenario(std::string_view text, std::string_view file) {
  auto const document = parse_document(text, file);
  if (!document) return std::unexpected(document.error());
  scenario out;
  if (auto const done = read_top(out, *document, file); !done) return std::unexpected(done.error());
  if (auto const name = parse_name("scenario name", out.name); !name)
    return fail(name.error().code, fmt::format("{}: {}", file, name.error().message));
  if (auto const sound = check(out.numbers); !sound)
    return fail(sound.error().code, fmt::format("{}: {}", file, sound.error().message));
  if (out.work.instances == 0 || out.work.providers == 0 || out.work.request_every <= 0ms)
    return fail(
        error_code::value_out_of_range,
        fmt::format("{}: work.instances, work.providers and work.request_every; allowed: more than 0", file));
  return out;
}

std::string write_scenario(scenario const& what) {
  scenario const fresh;
  auto text = fmt::format("name = \"{}\"\n", what.name);
  std::string_view table;
  for (auto const& one : fields) {
    std::string value;
    std::visit(overloaded{
                   [&](int workload::* m) {
                     if (what.work.*m != fresh.work.*m) value = fmt::format("{}", what.work.*m);
                   },
                   [&](double workload::* m) {
                     if (what.work.*m != fresh.work.*m) value = fmt::format("{}", what.work.*m);
                   },
                   [&](milliseconds workload::* m) {
                     if (what.work.*m != fresh.work.*m)
                       value = fmt::format("\"{}\"", format_duration(what.work.*m));
                   },
                   [&](double faults::* m) {
                     if (what.wrong.*m != fresh.wrong.*m) value = fmt::format("{}", what.wrong.*m);
                   },
                   [&](milliseconds faults::* m) {
                     if (what.wrong.*m != fresh.wrong.*m)
                       value = fmt::format("\"{}\"", format_duration(what.wrong.*m));
                   },
               },
               one.where);
    if (value.empty()) continue;
    if (table != one.table) text += fmt::format("\n[{}]\n", table = one.table);
    text += fmt::format("{} = {}\n", one.key, value);
  }
  std::string numbers;
  for (auto const& number : lifecycle::all_numbers()) {
    auto const mine = lifecycle::get(what.numbers, number.key);
    auto const preset = lifecycle::get(fresh.numbers, number.key);
    if (mine && preset && *mine != *preset) numbers += fmt::format("\"{}\" = \"{}\"\n", number.key, *mine);
  }
  return numbers.empty() ? text : text + "\n[numbers]\n" + numbers;
}

bool switch_off(faults& wrong, std::string_view key) {
  auto const known =
      std::ranges::find_if(fields, [&](field const& f) { return f.table == "wrong" && f.key == key; });
  if (known == fields.end()) return false;
  if (auto const* interval = std::get_if<milliseconds faults::*>(&known->where))
    return std::exchange(wrong.**interval, 0ms) != 0ms;
  if (auto const* probability = std::get_if<double faults::*>(&known->where))
    return std::exchange(wrong.**probability, 0) > 0;
  return false;
}

}  // namespace ostler::simulation
