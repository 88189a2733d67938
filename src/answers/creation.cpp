#include "answers/creation.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "answers/asked.hpp"
#include "answers/service_orders.hpp"
#include "answers/spec_changes.hpp"
#include "base/name.hpp"
#include "system/clock.hpp"
#include "system/random.hpp"

namespace ostler::answers {
namespace {

constexpr milliseconds look_limit{30s};
// Names that are tried beside "web": "web-2" and so on.
constexpr int names_tried = 1000;

result<supervisor::provider_state const*> provider_for(answer_needs const* needs, std::string const& asked) {
  auto const& name = asked.empty() ? needs->default_provider : asked;
  std::vector<std::string_view> known;
  for (auto const& each : needs->middle->providers()) {
    if (each.who->name == name) return &each;
    known.emplace_back(each.who->name);
  }
  return fail(error_code::provider_unknown,
              fmt::format("there is no provider {}; there are: {}", in_quotes(name), fmt::join(known, ", ")));
}

std::string free_name(answer_needs const* needs, std::string const& base) {
  if (needs->middle->find(base) == nullptr) return base;
  for (int number = 2; number < names_tried; ++number) {
    auto const tail = fmt::format("-{}", number);
    auto name = base.substr(0, name_length_max - tail.size()) + tail;
    if (needs->middle->find(name) == nullptr) return name;
  }
  return fmt::format("instance-{}", system::random_nonce().substr(0, 16));
}

// What can be refused before anything is kept.
result<supervisor::instance_wish> wish_of(answer_needs const* needs, operations::instance_new const& asked,
                                          supervisor::provider_state const& by) {
  if (!asked.project.empty() && asked.project.front() != '/')
    return fail(error_code::provider_refused,
                fmt::format("the project {} is no absolute path", in_quotes(asked.project)));
  if (!asked.from.empty() || !asked.branch.empty())
    return fail(error_code::provider_refused,
                fmt::format("{} makes no branches, so `from` and `branch` mean nothing to it", by.who->name));
  supervisor::instance_wish wish;
  wish.name = asked.name.empty() ? free_name(needs, name_from(asked.project)) : asked.name;
  wish.provider = by.who->name;
  wish.project = asked.project;
  wish.keep_on_error = asked.keep_on_error;
  wish.plan.services = asked.services;
  wish.plan.env = asked.env;
  wish.plan.env_files = asked.env_files;
  wish.plan.copy = asked.copy;
  wish.plan.limits = asked.limits;
  wish.plan.open = asked.open;
  wish.plan.optional_services = asked.optional_services;
  wish.plan.after_connected = asked.after_connected;
  wish.plan.before_close = asked.before_close;
  wish.plan.settings = asked.settings.text;
  if (auto done = check_wish(wish); !done) return std::unexpected(done.error());
  return wish;
}

struct made {
  instance_id id;
  bool created = false;
};

task<result<made>> make_or_find(answer_needs const* needs, lifecycle::instance_spec spec, control::caller who,
                                bool start) {
  auto const id = instance_id::make(system::wall_now(), system::random_bits(), system::random_bits());
  if (needs->middle->find(spec.name) == nullptr) {
    if (auto done = co_await ask_provider(needs, id, spec); !done)
      co_return std::unexpected(std::move(done.error()));
    lifecycle::create_asked asked{
        .id = id, .spec = spec, .request_key = who.request_key, .actor = who.actor, .start = start};
    auto const kept = co_await needs->middle->ask(std::move(asked));
    // Somebody else may have made it meanwhile.
    bool const taken = !kept && kept.error().code == error_code::name_taken;
    if (!kept && !(taken && needs->middle->find(spec.name) != nullptr))
      co_return std::unexpected(kept.error());
    if (kept && *kept == id) co_return made{.id = id, .created = true};
    if (kept) {
      auto const* earlier = needs->middle->find(*kept);
      if (earlier != nullptr && differences(earlier->spec, spec).empty()) co_return made{.id = *kept};
      co_return fail(error_code::request_key_reused,
                     fmt::format("{} was asked for with a key that made {}", spec.name,
                                 earlier == nullptr ? kept->text() : earlier->spec.name));
    }
  }
  auto const& there = *needs->middle->find(spec.name);
  auto const differs = differences(there.spec, spec);
  if (there.wanted == lifecycle::goal::deleted)
    co_return fail(error_code::name_taken, fmt::format("the name {} is taken by {}, which is being deleted",
                                                       spec.name, there.id.text()));
  if (!differs.empty())
    co_return fail(error_code::name_taken,
                   fmt::format("the name {} is taken by {} ({}), which differs in: {}", spec.name,
                               there.id.text(), lifecycle::message_of(there), fmt::join(differs, ", ")));
  co_return made{.id = there.id};
}

}  // namespace

std::string name_from(std::string_view project) {
  std::string name;
  for (char const c : project.substr(project.rfind('/') + 1)) {
    bool const upper = c >= 'A' && c <= 'Z';
    bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || upper)
      name += upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  name.resize(std::min(name.size(), name_length_max));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "instance" : name;
}

// Whether the place can be had is asked before anything is kept, so that a mistake is refused at once.
task<result<void>> ask_provider(answer_needs const* needs, instance_id id, lifecycle::instance_spec spec) {
  auto const by = provider_for(needs, spec.provider);
  if (!by) co_return std::unexpected(by.error());
  auto plan = supervisor::read_plan(spec.settings);
  if (!plan) co_return std::unexpected(plan.error());
  providers::place where{.whose = {.daemon = needs->daemon, .instance = id, .generation = 0},
                         .project = std::move(spec.project),
                         .settings = std::move(plan->settings),
                         .copy = std::move(plan->copy),
                         .resources = {}};
  auto const planned =
      co_await (*by)->who->place->plan({.limit = look_limit, .report = {}}, std::move(where));
  if (!planned) co_return std::unexpected(planned.error());
  co_return result<void>{};
}

task<result<operations::instance_made>> create_instance(answer_needs const* needs,
                                                        operations::instance_new asked, control::caller who) {
  auto const by = provider_for(needs, asked.provider);
  if (!by) co_return std::unexpected(by.error());
  auto wish = wish_of(needs, asked, **by);
  if (!wish) co_return std::unexpected(wish.error());
  auto const spec = supervisor::spec_of(std::move(*wish));
  auto const done = co_await make_or_find(needs, spec, who, asked.start);
  if (!done) co_return std::unexpected(done.error());
  auto const id = done->id;
  if (asked.start) {
    lifecycle::for_instance start{.id = id, .what = lifecycle::start_asked{who.actor}};
    if (!done->created)
      if (auto const kept = co_await needs->middle->ask(std::move(start)); !kept)
        co_return std::unexpected(kept.error());
    co_await wait_until(needs, id, asked.wait, [](lifecycle::instance const* it) {
      return it == nullptr || is_ready(*it) || it->failed || it->wanted != lifecycle::goal::running;
    });
  }
  auto const* it = needs->middle->find(id);
  if (it == nullptr)
    co_return fail(error_code::cancelled, fmt::format("{} was deleted meanwhile", spec.name));
  operations::instance_made out{
      .instance = told_now(needs, *it), .created = done->created, .ready = is_ready(*it), .warnings = {}};
  co_await ask_keeper(needs, &out.instance);
  out.warnings = out.instance.warnings;
  co_return out;
}

}  // namespace ostler::answers
