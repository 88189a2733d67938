// ostler-simulate: plays scenarios by seed and looks for a broken promise.
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <unistd.h>

#include "base/name.hpp"
#include "simulation/scenario.hpp"
#include "simulation/search.hpp"

namespace {

using namespace ostler;
using namespace ostler::simulation;

constexpr int exit_broken = 1;
constexpr int exit_usage = 2;
constexpr std::uint64_t demo_seed = 11;

int complain(error const& why) {
  fmt::print(stderr, "error: {} ({})\n  {}\n", why.message, facts(why.code).code, facts(why.code).help);
  return facts(why.code).exit_code;
}

result<scenario> open_scenario(std::string const& name) {
  for (auto const& shipped : shipped_scenarios())
    if (shipped.name == name) return parse_scenario(shipped.text, name);
  std::ifstream file(name);
  if (!file) {
    std::string known;
    for (auto const& shipped : shipped_scenarios())
      known += fmt::format("{}{}", known.empty() ? "" : ", ", shipped.name);
    return fail(error_code::value_unknown,
                fmt::format("there is no scenario and no file {}; allowed: a TOML file, or one of {}",
                            in_quotes(name), known));
  }
  std::string const text{std::istreambuf_iterator<char>(file), {}};
  return parse_scenario(text, name);
}

int list() {
  for (auto const& shipped : shipped_scenarios()) {
    auto const what = parse_scenario(shipped.text, shipped.name);
    if (!what) return complain(what.error());
    fmt::print("{:<12} {}\n", what->name, what->about);
  }
  return 0;
}

void print_story(run_report const& report) {
  instant const zero{std::chrono::hours(1)};
  for (auto const& line : report.lines)
    fmt::print("{:>11.3f}  {}\n", std::chrono::duration<double>(line.when - zero).count(), line.text);
}

void print_violations(run_report const& report) {
  for (auto const& one : report.violations) fmt::print("broken: {}: {}\n", one.promise, one.what);
}

int tell_one(scenario const& what, std::uint64_t seed, bool story) {
  auto const report = judge(what, seed, story);
  print_story(report);
  print_violations(report);
  fmt::print("{} seed {}: {} steps, number {:016x}, {}\n", what.name, seed, report.steps, report.number,
             report.violations.empty() ? "every promise kept" : "BROKEN");
  return report.violations.empty() ? 0 : exit_broken;
}

int explain(scenario const& what, run_report const& broken) {
  fmt::print("\nseed {} of {} breaks a promise:\n", broken.seed, what.name);
  print_violations(broken);
  fmt::print("looking for the shortest story ...\n\n");
  auto const found = shorten(what, broken);
  print_story(found.report);
  print_violations(found.report);
  fmt::print("\nreplay the whole:     ostler-simulate --scenario {} --seed {} --story\n", what.name,
             broken.seed);
  fmt::print(
      "replay the shortest:  save the following as short.toml, then\n"
      "                      ostler-simulate --scenario short.toml --seed {} --story\n\n{}",
      found.report.seed, write_scenario(found.what));
  return exit_broken;
}

struct seed_range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};

result<seed_range> parse_range(std::string const& text) {
  auto const refuse = [&] {
    return fail(error_code::value_out_of_range,
                fmt::format("{} is not a range of seeds; allowed: A..B with A not above B", in_quotes(text)));
  };
  auto const dots = text.find("..");
  if (dots == std::string::npos) return refuse();
  seed_range range;
  auto const read = [](std::string const& part, std::uint64_t& out) {
    auto const [end, ec] = std::from_chars(part.data(), part.data() + part.size(), out);
    return ec == std::errc() && end == part.data() + part.size();
  };
  if (!read(text.substr(0, dots), range.first) || !read(text.substr(dots + 2), range.last) ||
      range.first > range.last)
    return refuse();
  return range;
}

int search_range(scenario const& what, seed_range range) {
  bool const on_terminal = isatty(STDERR_FILENO) != 0;
  auto const begun = std::chrono::steady_clock::now();
  auto const seconds_since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  auto const found = search(what, range.first, range.last, [&](search_result const& so_far) {
    if (on_terminal && so_far.seeds % 50 == 0)
      fmt::print(stderr, "\r{} seeds, {} steps, {:.0f} s ", so_far.seeds, so_far.steps, seconds_since());
    return true;
  });
  if (on_terminal) fmt::print(stderr, "\r\x1b[K");
  if (found.broken) return explain(what, *found.broken);
  fmt::print("{}: {} seeds, {} steps in {:.1f} s, every promise kept\n", what.name, found.seeds, found.steps,
             seconds_since());
  return 0;
}

int demo() {
  auto const what = open_scenario("demo");
  if (!what) return complain(what.error());
  fmt::print(
      "One instance through a bad day, as the real fleet machines decide it. Time is simulated.\n\n"
      "    seconds    number  event                what\n");
  auto const report = judge(*what, demo_seed, true);
  print_story(report);
  print_violations(report);
  fmt::print(
      "\nThe same seed tells the same story: number {:016x}.\n"
      "More:  ostler-simulate --list\n"
      "       ostler-simulate --scenario default --seeds 1..1000\n",
      report.number);
  return report.violations.empty() ? 0 : exit_broken;
}

}  // namespace

int main(int count, char** words) {
  CLI::App app{"Plays the fleet in a simulated world and looks for a broken promise.", "ostler-simulate"};
  std::string name = "default";
  std::optional<std::uint64_t> seed;
  std::string range;
  bool wants_list = false;
  bool wants_demo = false;
  bool wants_story = false;
  app.add_option("--scenario", name, "A scenario by name, or a TOML file")->capture_default_str();
  auto* one = app.add_option("--seed", seed, "Play one seed")->check([](std::string const& text) {
    return text.starts_with('-') ? fmt::format("{} is not a seed; allowed: 0 or more", in_quotes(text))
                                 : std::string();
  });
  auto* many =
      app.add_option("--seeds", range, "Play a range, as in 1..1000, until a promise breaks")->excludes(one);
  app.add_flag("--story", wants_story, "With --seed: print all that happens")->needs(one);
  app.add_flag("--list", wants_list, "List the scenarios");
  app.add_flag("--demo", wants_demo, "Print one story of one instance")->excludes(one)->excludes(many);
  app.footer(
      "Exit codes: 0 every promise kept, 1 a promise is broken, 2 usage, 6 the scenario cannot be used.");
  try {
    app.parse(count, words);
  } catch (CLI::ParseError const& problem) {
    return app.exit(problem) == 0 ? 0 : exit_usage;
  }
  if (wants_list) return list();
  if (wants_demo) return demo();
  auto const what = open_scenario(name);
  if (!what) return complain(what.error());
  if (seed) return tell_one(*what, *seed, wants_story);
  auto const asked = parse_range(range.empty() ? "1..100" : range);
  if (!asked) return complain(asked.error());
  return search_range(*what, *asked);
}
