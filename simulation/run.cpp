#include "simulation/run.hpp"

#include <algorithm>

#include "simulation/daemon.hpp"
#include "simulation/lines.hpp"
#include "simulation/mischief.hpp"
#include "simulation/people.hpp"
#include "simulation/provider.hpp"
#include "simulation/stage.hpp"

namespace ostler::simulation {
namespace {

// How long the fleet may take to come to rest once nothing goes wrong any more.
constexpr auto quiet_max = std::chrono::hours(2);

class play {
 public:
  play(scenario const& what, std::uint64_t seed, std::vector<std::unique_ptr<observer>> const& checkers,
       run_options const& options)
      : on_(what, seed, options.written),
        links_(on_, places_),
        daemon_(on_, places_, links_),
        people_(on_, daemon_, places_),
        mischief_(on_, daemon_, places_, links_) {
    on_.steady_wall_clock = options.steady_wall_clock;
    for (auto const& one : checkers) on_.watchers.push_back(one.get());
  }

  void all() {
    on_.show([](observer& o, view const& v) { o.run_begins(v); });
    daemon_.begin();
    people_.begin();
    mischief_.begin();
    go_on_until(on_.time.now() + on_.plan.work.duration, [] { return false; });
    calm_down();
    go_on_until(on_.time.now() + quiet_max, [this] { return at_rest(); });
    on_.say("  == quiet");
    on_.show([](observer& o, view const& v) { o.went_quiet(v); });
    people_.delete_all();
    go_on_until(on_.time.now() + quiet_max,
                [this] { return daemon_.alive() && daemon_.fleet()->size() == 0 && daemon_.all_durable(); });
    on_.say("  == all deleted");
    on_.show([](observer& o, view const& v) { o.all_deleted(v); });
  }

  run_report report(std::uint64_t seed) {
    // One more draw: a run that used chance differently shows it here.
    on_.log.count(on_.luck.bits());
    run_report out{.seed = seed,
                   .number = on_.log.number(),
                   .steps = daemon_.steps(),
                   .happenings = on_.time.happened(),
                   .violations = {},
                   .lines = on_.log.take_lines()};
    for (auto const* one : on_.watchers)
      out.violations.insert(out.violations.end(), one->violations().begin(), one->violations().end());
    if (daemon_.damage())
      out.violations.push_back({"the journal can be read back", *daemon_.damage(), on_.time.now()});
    for (auto& one : out.violations) one.what = with_names(std::move(one.what));
    return out;
  }

 private:
  // Checkers speak of ids; people do not.
  std::string with_names(std::string text) const {
    for (auto const& [id, name] : on_.names)
      for (auto const& form : {id.text(), "ostler-" + id.bare()})
        for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + name.size()))
          text.replace(at, form.size(), name);
    return text;
  }

  template <class Done> void go_on_until(instant end, Done done) {
    auto second = on_.time.now();
    // Nothing planned is the deepest rest there is.
    while (auto const next = on_.time.next()) {
      if (*next >= end || daemon_.damage()) return;
      if (*next >= second) {
        // Just before the next happening things stand as they have stood since the one before.
        on_.time.pass_to(*next);
        second = *next + 1s;
        on_.show([](observer& o, view const& v) { o.second_passed(v); });
        if (done()) return;
      }
      on_.time.go_on();
    }
  }

  void calm_down() {
    on_.say("  == nothing goes wrong any more");
    on_.calm = true;
    people_.go_home();
    if (!daemon_.alive()) daemon_.begin();
    if (daemon_.alive()) daemon_.disk_is_full(false);
  }

  bool at_rest() const {
    if (!daemon_.alive() || !daemon_.all_durable()) return false;
    bool rest = true;
    daemon_.fleet()->each([&](lifecycle::instance const& it) {
      auto const state = lifecycle::state_of(it.now);
      bool const reachable =
          state != lifecycle::instance_state::running || it.link == lifecycle::link_view::registered;
      bool const ending = it.wanted == lifecycle::goal::deleted;
      // A service that its spec no longer has is still on its way down.
      bool const leaving = std::ranges::any_of(it.services, [&](lifecycle::service_view const& view) {
        return std::ranges::find(it.spec.services, view.name, &lifecycle::service_spec::name) ==
               it.spec.services.end();
      });
      rest = rest && !lifecycle::is_transitional(state) && reachable && !it.doing && !it.retry_at &&
             !ending && (!leaving || state != lifecycle::instance_state::running);
    });
    return rest;
  }

  stage on_;
  provider places_{on_};
  lines links_;
  daemon daemon_;
  people people_;
  mischief mischief_;
};

}  // namespace

run_report run(scenario const& what, std::uint64_t seed,
               std::vector<std::unique_ptr<observer>> const& checkers, run_options const& options) {
  play one(what, seed, checkers, options);
  one.all();
  return one.report(seed);
}

}  // namespace ostler::simulation
