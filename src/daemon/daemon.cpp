#include "daemon/daemon.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "agents/links.hpp"
#include "answers/agents.hpp"
#include "answers/answers.hpp"
#include "async/cancelled.hpp"
#include "async/pool.hpp"
#include "control/server.hpp"
#include "control/token_file.hpp"
#include "daemon/agent_servers.hpp"
#include "daemon/door_metrics.hpp"
#include "daemon/event_feed.hpp"
#include "daemon/log.hpp"
#include "daemon/tracing.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "operations/log_operations.hpp"
#include "providers/local/local.hpp"
#include "supervisor/supervisor.hpp"
#include "system/clock.hpp"
#include "system/files.hpp"
#include "system/moment.hpp"
#include "system/random.hpp"

namespace ostler::daemon {

namespace asio = boost::asio;

namespace {

constexpr std::size_t threads = 4;
constexpr milliseconds close_grace{2s};
constexpr milliseconds sweep_limit{10min};
// How often it is looked for what bears our labels, and old events are let go of.
constexpr milliseconds look_every{5min};
constexpr milliseconds look_at_tokens{2s};
// Of the journal's states, those that are request keys.
constexpr std::string_view keys_prefix = "request/";

}  // namespace

struct daemon::parts {
  parts(asio::io_context& on, state_directory held, daemon_options given)
      : loop(on),
        state(std::move(held)),
        options(std::move(given)),
        token_store(state.path()),
        workers(threads),
        chores(on.get_executor(), [](std::string_view name, std::exception_ptr const& why) {
          log(importance::failure, fmt::format("{} ended: {}", name, async::thrown_text(why)));
        }) {}

  result<void> open_journal();
  result<void> open_places();
  result<void> begin_middle();
  void begin_tracing();
  result<void> open_door();
  result<std::vector<control::listener>> listeners();
  result<void> begin_keys();
  async::task<result<void>> keep_keys(std::vector<control::kept_record> records, control::key_purpose why);
  std::vector<std::string> environment_of(instance_id who) const;
  void told_condition(journal::condition now);
  async::task<void> tell_of_disk(bool full);
  async::task<void> tidy_up();
  void trim();

  asio::io_context& loop;
  state_directory state;
  daemon_options options;
  control::token_file token_store;
  async::pool workers;
  async::scope chores;
  std::unique_ptr<journal::sqlite_journal> kept_in;
  std::unique_ptr<providers::local::local_provider> local;
  std::unique_ptr<supervisor::supervisor> middle;
  std::unique_ptr<event_feed> feed;
  std::unique_ptr<agents::links> agent_links;
  std::unique_ptr<agent_servers> servers;
  // Null unless traces are wanted.
  std::unique_ptr<tracing> traced;
  answers::answer_needs needs;
  control::bindings bindings;
  std::unique_ptr<control::server> door;
  std::string url;
};

result<void> daemon::parts::open_journal() {
  auto opened = journal::sqlite_journal::open(
      {.directory = state.below("journal"), .on_condition = [this](journal::condition now) {
         asio::post(loop, [this, now] { told_condition(now); });
       }});
  if (!opened) return std::unexpected(opened.error());
  kept_in = std::move(*opened);
  return {};
}

void daemon::parts::told_condition(journal::condition now) {
  log(now == journal::condition::sound ? importance::info : importance::warning,
      fmt::format("the journal is {}", journal::name(now)));
  if (!middle || now == journal::condition::failed) return;
  bool const full = now == journal::condition::full;
  if (!chores.spawn("tell of the disk", [this, full] { return tell_of_disk(full); })) return;
}

async::task<void> daemon::parts::tell_of_disk(bool full) {
  static_cast<void>(co_await middle->ask(lifecycle::storage_seen{full}));
}

result<void> daemon::parts::open_places() {
  auto opened = providers::local::local_provider::open({.root = state.below("local"),
                                                        .keeper_program = options.keeper_program,
                                                        .environment = options.environment,
                                                        .open_files = options.open_files},
                                                       workers);
  if (!opened) return std::unexpected(opened.error());
  local = std::move(*opened);
  return {};
}

std::vector<std::string> daemon::parts::environment_of(instance_id who) const {
  if (!door) return {};
  std::vector<std::string> out{fmt::format("OSTLER_TOKEN={}", door->tokens().of_instance(who))};
  if (!url.empty()) out.push_back(fmt::format("OSTLER_URL={}", url));
  return out;
}

result<void> daemon::parts::begin_middle() {
  middle = std::make_unique<supervisor::supervisor>(
      supervisor::supervisor_needs{.where = loop.get_executor(),
                                   .kept_in = kept_in.get(),
                                   .rules = {},
                                   .daemon = state.id(),
                                   .providers = {{.name = "local", .type = "local", .place = local.get()}},
                                   .environment = [this](instance_id who) { return environment_of(who); },
                                   .log = [](std::string const& text) { log(importance::info, text); }});
  return {};
}

void daemon::parts::begin_tracing() {
  auto const wanted = traces::read_trace_settings(options.traces);
  if (!wanted) return log(importance::warning, fmt::format("no traces are told: {}", wanted.error().message));
  if (!*wanted) return;
  auto const& [to, name] = **wanted;
  traced = std::make_unique<tracing>(
      *middle, loop.get_executor(),
      traces::trace_source{.service_name = name, .version = options.version, .daemon = state.id()}, to,
      [](std::string const& text) { log(importance::warning, text); });
  log(importance::info, fmt::format("traces are told to {}", to.authority));
}

result<std::vector<control::listener>> daemon::parts::listeners() {
  if (!options.handed_over.empty()) return std::move(options.handed_over);
  auto by_socket = control::listen_unix(options.socket);
  if (!by_socket) return std::unexpected(by_socket.error());
  std::vector<control::listener> all;
  all.push_back(std::move(*by_socket));
  auto by_tcp = control::listen_tcp(options.port);
  if (!by_tcp && options.port != 0) by_tcp = control::listen_tcp(0);
  // Without it, everything goes over the socket.
  if (!by_tcp) log(importance::warning, fmt::format("nothing listens on TCP: {}", by_tcp.error().message));
  if (by_tcp)
    for (auto& each : *by_tcp) all.push_back(std::move(each));
  return all;
}

result<void> daemon::parts::open_door() {
  auto tokens = token_store.open();
  if (!tokens) return std::unexpected(tokens.error());
  auto all = listeners();
  if (!all) return std::unexpected(all.error());
  for (auto const& each : *all)
    if (each.door == control::door_kind::tcp) url = fmt::format("http://127.0.0.1:{}", each.port);
  needs = {
      .middle = middle.get(),
      .workers = &workers,
      .where = loop.get_executor(),
      .version = options.version,
      .features = {},
      .started = system::wall_now(),
      .daemon = state.id(),
      .default_provider = "local",
      .subscribers = [this] { return feed->hub().live(); },
      .more_metrics =
          [this] { return door_metrics(door->counts()) + (traced ? traced->metrics() : std::string()); }};
  auto const report = [](std::string_view name, std::exception_ptr const& why) {
    log(importance::failure, fmt::format("{} ended: {}", name, async::thrown_text(why)));
  };
  auto const rules = lifecycle::link_rules_of(middle->rules().limits);
  agent_links = std::make_unique<agents::links>(loop.get_executor(), system::this_moment, report,
                                                agents::roster_rules{.link = rules});
  servers = std::make_unique<agent_servers>(agent_server_needs{.where = loop.get_executor(),
                                                               .middle = middle.get(),
                                                               .links = agent_links.get(),
                                                               .rules = rules,
                                                               .luck = system::random_bits,
                                                               .report = report});
  answers::bind_all(bindings, needs);
  answers::bind_agents(bindings, needs, *agent_links);
  bindings.bind<operations::events_subscribe>(
      [this](operations::event_subscription asked, control::caller who) {
        return feed->subscribe(std::move(asked), std::move(who));
      });
  door = std::make_unique<control::server>(
      loop.get_executor(), bindings, control::limits(),
      [this](std::string_view text) -> std::optional<instance_id> {
        auto const* it = middle->find(text);
        return it == nullptr ? std::nullopt : std::optional(it->id);
      },
      report);
  door->use_tokens(std::move(*tokens));
  if (auto done = begin_keys(); !done) return done;
  // For programs that read where we are.
  static_cast<void>(system::replace_file_at(state.descriptor(), "url", url + "\n", system::survives::killed));
  door->open(std::move(*all));
  return {};
}

result<void> daemon::parts::begin_keys() {
  auto const kept = kept_in->load(keys_prefix);
  if (!kept) return std::unexpected(kept.error());
  std::vector<control::kept_record> earlier;
  for (auto const& one : kept->states)
    earlier.push_back({.key = one.key.substr(keys_prefix.size()), .body = one.body});
  door->keep_request_keys(std::move(earlier),
                          [this](std::vector<control::kept_record> records, control::key_purpose why) {
                            return keep_keys(std::move(records), why);
                          });
  return {};
}

async::task<result<void>> daemon::parts::keep_keys(std::vector<control::kept_record> records,
                                                   control::key_purpose why) {
  std::vector<journal::state_record> states;
  for (auto& one : records)
    states.push_back({.key = std::string(keys_prefix) + one.key, .body = std::move(one.body)});
  co_return co_await middle->keep(std::move(states), why == control::key_purpose::frees
                                                         ? journal::purpose::relief
                                                         : journal::purpose::growth);
}

// What is not urgent, again and again.
async::task<void> daemon::parts::tidy_up() {
  auto const swept = co_await local->sweep({.limit = sweep_limit, .report = {}});
  if (!swept) log(importance::warning, swept.error().message);
  if (swept)
    for (auto const& line : *swept) log(importance::warning, line);
  asio::steady_timer timer(loop);
  for (;;) {
    co_await middle->look_around();
    auto work = [this](std::stop_token const&) {
      auto const& limits = middle->rules().limits;
      return kept_in->trim(
          {.events_min = static_cast<std::size_t>(limits.events_kept), .age_min = limits.events_kept_for},
          system::wall_now());
    };
    if (auto const done = co_await workers.run(work); !done) log(importance::warning, done.error().message);
    timer.expires_after(look_every);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

daemon::daemon(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
daemon::~daemon() = default;

result<std::unique_ptr<daemon>> daemon::start(asio::io_context& loop, state_directory state,
                                              daemon_options options) {
  auto made = std::make_unique<parts>(loop, std::move(state), std::move(options));
  if (auto done = made->open_journal(); !done) return std::unexpected(done.error());
  if (auto done = made->open_places(); !done) return std::unexpected(done.error());
  if (auto done = made->begin_middle(); !done) return std::unexpected(done.error());
  // What it continues is only done when the loop runs, and by then there is a door.
  if (auto done = made->middle->begin(); !done) return std::unexpected(done.error());
  auto* const all = made.get();
  made->feed = std::make_unique<event_feed>(*made->middle, made->workers, [all](instance_id who) {
    if (all->door) all->door->instance_gone(who);
  });
  if (auto done = made->open_door(); !done) return std::unexpected(done.error());
  bool const begun =
      made->chores.spawn("tidy up", [all] { return all->tidy_up(); }) && made->chores.spawn("tokens", [all] {
        return all->token_store.follow(look_at_tokens, [all](result<control::token_book> book) {
          if (!book) return log(importance::warning, book.error().message);
          if (book->kept() == all->door->tokens().kept()) return;
          log(importance::info, "the tokens were changed");
          all->door->use_tokens(std::move(*book));
        });
      });
  if (!begun) return fail(error_code::system_failed, "the daemon is closed already");
  all->servers->begin();
  // Last, because it runs from now on; nothing was told yet.
  made->begin_tracing();
  return std::unique_ptr<daemon>(new daemon(std::move(made)));
}

async::task<void> daemon::close() {
  parts_->middle->refuse_changes("the daemon is on its way down");
  co_await parts_->chores.close(0ms);
  co_await parts_->door->close(close_grace);
  co_await parts_->agent_links->close(close_grace);
  co_await parts_->servers->close(close_grace);
  co_await parts_->middle->close();
  if (parts_->traced) co_await parts_->traced->close();
}

}  // namespace ostler::daemon
