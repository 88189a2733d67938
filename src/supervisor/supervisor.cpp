#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <fmt/format.h>
#include <map>
#include <set>
#include <utility>

#include "async/cancelled.hpp"
#include "base/overloaded.hpp"
#include "supervisor/decisions.hpp"
#include "supervisor/keeper_links.hpp"
#include "supervisor/orders.hpp"
#include "system/clock.hpp"
#include "system/moment.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::supervisor {

namespace asio = boost::asio;
using lifecycle::for_instance;

namespace {

// The timer below does not run while the machine sleeps, so it is never trusted for longer.
constexpr milliseconds longest_nap{60s};
constexpr milliseconds look_limit{30s};
constexpr milliseconds close_grace{2s};

}  // namespace

struct supervisor::parts final : doer {
  explicit parts(supervisor_needs given)
      : needs(std::move(given)),
        tasks(needs.where,
              [this](std::string_view name, std::exception_ptr const& why) {
                log(fmt::format("{} ended by an exception: {}", name, async::thrown_text(why)));
              }),
        decided(*needs.kept_in, *this,
                {.rules = needs.rules,
                 .clock = system::this_moment,
                 .post = [where = needs.where](auto what) { asio::post(where, std::move(what)); }}),
        links(doing()),
        given_orders(doing(), links, needs.rules.limits),
        timer(needs.where),
        any_news(needs.where) {
    for (auto& each : needs.providers) {
      measured.push_back(std::make_unique<measured_provider>(each.name, *each.place));
      each.place = measured.back().get();
    }
    for (auto const& each : needs.providers)
      known_providers.push_back({.who = &each, .says = {}, .available = true, .message = {}});
    links.beaten = [this](instance_id who) {
      for (auto* each : std::vector(listeners)) each->beaten(who);
    };
    links.overheard = [this](instance_id who, wire::keeper_event const& what) { overhear(who, what); };
  }

  void log(std::string const& text) const {
    if (needs.log) needs.log(text);
  }

  doing_needs doing() {
    return {.where = needs.where,
            .tasks = &tasks,
            .find = [this](instance_id id) { return decided.decided().find(id); },
            .find_kept = [this](instance_id id) { return decided.find(id); },
            .feed = [this](lifecycle::fleet_input what) { feed(std::move(what)); },
            .provider = [this](std::string_view name) { return provider(name); },
            .environment =
                [this](instance_id id) {
                  return needs.environment ? needs.environment(id) : std::vector<std::string>();
                },
            .daemon = needs.daemon,
            .progress =
                [this](instance_id id, providers::progress const& how) {
                  for (auto* each : listeners) each->progressed(id, how);
                },
            .log = [this](std::string const& text) { log(text); }};
  }

  providers::provider* provider(std::string_view name) const {
    auto const found = std::ranges::find(needs.providers, name, &named_provider::name);
    return found == needs.providers.end() ? nullptr : found->place;
  }

  void feed(lifecycle::fleet_input what) {
    if (closing) return;
    decided.submit(std::move(what));
    plan_wake();
  }

  // --- doer ---

  void carry_out(lifecycle::fleet_order const& given) override {
    if (closing) return;
    std::visit(overloaded{
                   [&](lifecycle::order const& one) { given_orders.carry_out(given.who, one); },
                   [&](lifecycle::link_command const& one) { links.carry_out(given.who, one); },
               },
               given.what);
  }

  void tell(lifecycle::fleet_event const& happened) override {
    auto const* after = happened.instance ? decided.find(happened.instance) : nullptr;
    // One that listens no more after this must not disturb the others.
    for (auto* each : std::vector(listeners)) each->happened(happened, after);
    any_news.ring();
    if (auto const found = news_by_instance.find(happened.instance); found != news_by_instance.end())
      found->second.rung->ring();
  }

  void give_up_all() override {
    given_orders.give_up_all();
    links.give_up_all();
  }

  void stopped_for_good(error const& why) override {
    refusing = why.message;
    log(fmt::format("nothing is decided any more: {}", why.message));
    any_news.ring();
  }

  // --- time ---

  void plan_wake() {
    auto const next = closing ? std::nullopt : decided.next_wake();
    if (next == planned) return;
    planned = next;
    timer.cancel();
    if (!next) return;
    auto const wait = std::clamp<nanoseconds>(*next - system::now(), 0ns, longest_nap);
    timer.expires_after(wait);
    timer.async_wait([this](boost::system::error_code failed) {
      if (failed) return;
      planned.reset();
      auto const due = decided.next_wake();
      if (due && *due <= system::now()) return feed(lifecycle::time_passed{});
      plan_wake();
    });
  }

  // --- keepers ---

  void overhear(instance_id who, wire::keeper_event const& what) {
    for (auto* each : std::vector(listeners)) each->overheard(who, what);
    if (what.fact != "port.refused") return;
    auto const* it = decided.decided().find(who);
    if (it == nullptr) return;
    auto const service = std::ranges::find(it->spec.services, what.service, &lifecycle::service_spec::name);
    // One that insists on its port says itself what is in the way.
    if (service == it->spec.services.end() || !service->port_wanted || service->port != what.port) return;
    feed(lifecycle::port_found_taken{who, what.service});
  }

  // --- what is there ---

  std::set<std::string> names_in_ledger(std::string_view provider_name) const {
    std::set<std::string> names;
    decided.decided().each([&](lifecycle::instance const& it) {
      if (it.spec.provider == provider_name)
        for (auto const& entry : it.resources) names.insert(entry.name);
    });
    return names;
  }

  task<void> look_at(provider_state* one) {
    auto const& who = *one->who;
    auto says = co_await who.place->describe({.limit = look_limit, .report = {}});
    one->available = says.has_value();
    one->message = says ? std::string() : says.error().message;
    if (says) one->says = std::move(*says);
    feed(lifecycle::provider_seen{.provider = who.name, .available = one->available, .why = one->message});
    if (!one->available) co_return;
    // What is removed while we look was in the ledger when we began; it is no leak.
    auto const before = names_in_ledger(who.name);
    auto const owned = co_await who.place->list_owned({.limit = look_limit, .report = {}}, needs.daemon);
    if (!owned) co_return log(fmt::format("{} cannot say what is ours: {}", who.name, owned.error().message));
    lifecycle::ours_listed listed{.provider = who.name, .things = {}};
    for (auto const& each : *owned)
      if (!before.contains(each.name))
        listed.things.push_back({.kind = each.kind, .name = each.name, .provider_id = each.handle});
    feed(std::move(listed));
  }

  struct news {
    std::unique_ptr<async::bell> rung;
    std::size_t listeners = 0;
  };

  supervisor_needs needs;
  // In the order of the providers, of which each stands before the true one.
  std::vector<std::unique_ptr<measured_provider>> measured;
  async::scope tasks;
  decisions decided;
  keeper_links links;
  orders given_orders;
  asio::steady_timer timer;
  std::optional<instant> planned;
  async::bell any_news;
  std::map<instance_id, news> news_by_instance;
  std::vector<listener*> listeners;
  std::vector<provider_state> known_providers;
  std::string refusing;
  bool closing = false;
};

supervisor::supervisor(supervisor_needs needs) : parts_(std::make_unique<parts>(std::move(needs))) {}

supervisor::~supervisor() = default;

result<void> supervisor::begin() {
  if (auto done = parts_->decided.begin(); !done) return done;
  parts_->plan_wake();
  return {};
}

task<void> supervisor::close() {
  auto& all = *parts_;
  all.closing = true;
  all.timer.cancel();
  all.give_up_all();
  co_await all.tasks.close(close_grace);
}

namespace {

// The answer may come when whoever asked is gone.
template <class T> struct awaited {
  explicit awaited(async::home const& where) : answered(where) {}
  void say(result<T> what) {
    said = std::move(what);
    answered.ring();
  }
  async::bell answered;
  std::optional<result<T>> said;
};

}  // namespace

task<result<instance_id>> supervisor::ask(lifecycle::fleet_input what) {
  if (!parts_->refusing.empty()) co_return fail(error_code::system_exhausted, parts_->refusing);
  auto const one = std::make_shared<awaited<instance_id>>(parts_->needs.where);
  parts_->decided.submit(std::move(what), [one](result<instance_id> said) { one->say(std::move(said)); });
  parts_->plan_wake();
  while (!one->said) co_await one->answered.heard();
  co_return *one->said;
}

task<result<void>> supervisor::keep(std::vector<journal::state_record> states, journal::purpose why) {
  auto const one = std::make_shared<awaited<void>>(parts_->needs.where);
  parts_->decided.keep({.why = why, .states = std::move(states), .ledger = {}, .events = {}},
                       [one](result<void> said) { one->say(std::move(said)); });
  while (!one->said) co_await one->answered.heard();
  co_return *one->said;
}

void supervisor::refuse_changes(std::string why) { parts_->refusing = std::move(why); }

lifecycle::instance const* supervisor::find(std::string_view id_or_name) const {
  if (auto const id = instance_id::parse(id_or_name)) return find(*id);
  lifecycle::instance const* found = nullptr;
  // The name is decided before it is kept, and the other way round; only what is kept is shown.
  if (auto const* it = parts_->decided.decided().find(id_or_name); it != nullptr) found = find(it->id);
  return found;
}

lifecycle::instance const* supervisor::find(instance_id id) const { return parts_->decided.find(id); }

std::vector<lifecycle::instance const*> supervisor::all() const {
  std::vector<lifecycle::instance const*> out;
  parts_->decided.each([&](lifecycle::instance const& it) { out.push_back(&it); });
  return out;
}

std::uint64_t supervisor::kept_seq() const { return parts_->decided.kept_seq(); }
std::vector<lifecycle::leak> const& supervisor::leaks() const { return parts_->decided.decided().leaks(); }
lifecycle::fleet_rules const& supervisor::rules() const { return parts_->needs.rules; }
std::string const& supervisor::refusing() const { return parts_->refusing; }

namespace {

// Counts back also when the listener is cancelled.
class counted {
 public:
  explicit counted(std::size_t& count) : count_(count) { ++count_; }
  counted(counted const&) = delete;
  counted& operator=(counted const&) = delete;
  ~counted() { --count_; }

 private:
  std::size_t& count_;
};

}  // namespace

task<void> supervisor::news_of(instance_id who) {
  auto& all = parts_->news_by_instance;
  auto const [at, is_new] = all.try_emplace(who);
  if (is_new) at->second.rung = std::make_unique<async::bell>(parts_->needs.where);
  auto& one = at->second;
  std::exception_ptr thrown;
  {
    counted const listening(one.listeners);
    try {
      co_await one.rung->heard();
    } catch (...) {
      thrown = std::current_exception();
    }
  }
  if (one.listeners == 0) all.erase(who);
  if (thrown) std::rethrow_exception(thrown);
}

task<void> supervisor::news() { co_await parts_->any_news.heard(); }

std::shared_ptr<keeper_client> supervisor::keeper_of(instance_id who) const {
  return parts_->links.reached(who);
}

task<result<wire::work_found>> supervisor::find_work(instance_id who, milliseconds limit) {
  auto const* it = parts_->decided.find(who);
  if (it == nullptr) co_return fail(error_code::instance_unknown, "it is gone");
  auto at = place_of(*it, parts_->doing());
  if (!at) co_return std::unexpected(at.error());
  co_return co_await at->by->find_work({.limit = limit, .report = {}}, std::move(at->where));
}

std::vector<provider_state> const& supervisor::providers() const { return parts_->known_providers; }

task<void> supervisor::look_around() {
  for (auto& each : parts_->known_providers) co_await parts_->look_at(&each);
}

task<result<void>> supervisor::remove_leak(lifecycle::leak wanted) {
  auto& all = *parts_;
  auto const state = std::ranges::find_if(all.known_providers,
                                          [&](auto const& one) { return one.who->name == wanted.provider; });
  if (state == all.known_providers.end())
    co_return fail(error_code::provider_unknown, fmt::format("there is no provider {}", wanted.provider));
  auto* const place = state->who->place;
  auto const owned = co_await place->list_owned({.limit = look_limit, .report = {}}, all.needs.daemon);
  if (!owned) co_return std::unexpected(owned.error());
  auto const found = std::ranges::find_if(*owned, [&](auto const& one) {
    return one.kind == wanted.thing.kind && one.name == wanted.thing.name;
  });
  bool const in_ledger = all.names_in_ledger(wanted.provider).contains(wanted.thing.name);
  if (in_ledger || found == owned->end())
    co_return fail(error_code::leak_unknown,
                   fmt::format("{} {} is {}", wanted.thing.kind, wanted.thing.name,
                               in_ledger ? "in the ledger, so it is no leak" : "not there any more"));
  // Everything of the same instance, so that the provider knows what belongs together.
  providers::place where{.whose = found->whose, .project = {}, .settings = {}, .resources = {}};
  for (auto const& each : *owned)
    if (each.whose.instance == found->whose.instance)
      where.resources.push_back({.kind = each.kind,
                                 .label = each.label,
                                 .name = each.name,
                                 .handle = each.handle,
                                 .generation = each.whose.generation});
  auto const what = std::ranges::find(where.resources, found->name, &providers::named_resource::name);
  auto const gone =
      co_await place->destroy({.limit = all.needs.rules.limits.remove_limit, .report = {}}, where, *what);
  if (!gone) co_return std::unexpected(gone.error());
  co_await all.look_at(&*state);
  co_return result<void>{};
}

void supervisor::listen(listener& who) { parts_->listeners.push_back(&who); }
void supervisor::forget(listener& who) { std::erase(parts_->listeners, &who); }

async::scope& supervisor::tasks() { return parts_->tasks; }
journal::journal& supervisor::journal() { return *parts_->needs.kept_in; }

std::vector<measured_provider const*> supervisor::measured() const {
  std::vector<measured_provider const*> out;
  for (auto const& each : parts_->measured) out.push_back(each.get());
  return out;
}

supervisor::counts supervisor::count() const {
  return {.waiting_for_disk = parts_->decided.waiting(),
          .orders_under_way = parts_->given_orders.under_way(),
          .links = parts_->links.open()};
}

}  // namespace ostler::supervisor
