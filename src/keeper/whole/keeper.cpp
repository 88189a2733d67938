#include "keeper/whole/keeper.hpp"

#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "keeper/environment/user.hpp"
#include "keeper/hold/escape.hpp"
#include "keeper/hold/spawn.hpp"
#include "keeper/start/sparing.hpp"
#include "keeper/start/version.hpp"
#include "keeper/whole/file_verbs.hpp"
#include "keeper/whole/limits_told.hpp"
#include "keeper/whole/log_verbs.hpp"
#include "keeper/whole/port_verbs.hpp"
#include "keeper/whole/session_verbs.hpp"
#include "keeper/whole/watch_verbs.hpp"
#include "system/clock.hpp"
#include "system/failure.hpp"
#include "system/files.hpp"
#include "system/noted_cgroups.hpp"
#include "wire/service_checks.hpp"

namespace ostler::keeper {
namespace {

constexpr char const* containment_file = "containment";
constexpr milliseconds sync_after{200};
constexpr milliseconds write_again_after{1000};
// For shells and commands of clients, when the whole instance is stopped.
constexpr milliseconds sessions_grace{2000};

result<void> make_directory(int where, char const* name) {
  if (::mkdirat(where, name, 0700) == 0 || errno == EEXIST) return {};
  return system::fail_errno(fmt::format("make the directory {}", name));
}

wire::registered greeting_of(wire::keeper_spec const& spec, ident const& who) {
  return {.instance = spec.instance,
          .generation = spec.generation,
          .keeper = {.version = version,
                     .features = {"agent", "exec", "files", "keeper.replace", "limits", "logs", "ports",
                                  "services", "session"},
                     .pid = who.pid},
          .boot_id = who.boot_id,
          .nonce = who.nonce,
          .began_seq = who.began_seq};
}

// Who comes after us finds the processes where the first of us has put them.
result<containment> open_containment(home const& place, wire::keeper_spec const& spec,
                                     std::string const& name) {
  containment_options options{.instance = name, .forced = {}, .directory = {}, .home = place.get()};
  auto const former = system::read_file_at(place.get(), containment_file, 4096);
  if (former) {
    auto const split = former->find(' ');
    options.forced = containment_kind_named(former->substr(0, split));
    if (split != std::string::npos) options.directory = former->substr(split + 1);
  } else if (!spec.containment.empty()) {
    options.forced = containment_kind_named(spec.containment);
    if (!options.forced)
      return fail(error_code::value_unknown, fmt::format("containment {}; allowed: cgroup2, cgroup1, scan",
                                                         in_quotes(spec.containment)));
  }
  auto opened = containment::open(std::move(options));
  if (!opened || former) return opened;
  auto const kept = system::replace_file_at(place.get(), containment_file,
                                            fmt::format("{} {}", text(opened->kind()), opened->where()),
                                            system::survives::killed);
  if (!kept) return std::unexpected(kept.error());
  return opened;
}

}  // namespace

result<std::unique_ptr<keeper>> keeper::make(home place, wire::keeper_spec spec, own_pid pid,
                                             std::optional<handed_keeper> handed) {
  for (auto const* name : {"fifos", "marks", "logs"})
    if (auto done = make_directory(place.get(), name); !done) return std::unexpected(done.error());
  auto const former = place.holder();
  auto story = ledger::open(place.get());
  if (!story) return std::unexpected(story.error());
  auto nonce = place.nonce_of(spec.generation);
  auto const name = nonce.substr(0, system::cgroup_nonce_length);
  auto const escaped = leave_launchers_cgroup({.instance = name, .home = place.get(), .pid = pid});
  // Only now is it settled which process we are.
  auto who = place.take(spec.generation, story->last_seq(), std::move(nonce));
  if (!who) return std::unexpected(who.error());
  remove_left_cgroups(place.get());
  auto contained = open_containment(place, spec, name);
  if (!contained) return std::unexpected(contained.error());
  std::optional<workspace> files;
  if (!spec.workspace.empty()) {
    auto opened = workspace::open(spec.workspace);
    if (!opened) return std::unexpected(opened.error());
    files.emplace(std::move(*opened));
  }
  std::unique_ptr<keeper> made(new keeper(std::move(place), std::move(spec), std::move(*who),
                                          std::move(*story), std::move(*contained), std::move(files),
                                          handed ? handed->oom_score_adjust : ask_to_be_spared()));
  made->escaped_ = escaped;
  made->world_.same_boot = !former || former->boot_id == made->world_.who.boot_id;
  if (auto done = made->begin(std::move(handed)); !done) return std::unexpected(done.error());
  return made;
}

keeper::keeper(home place, wire::keeper_spec spec, ident who, ledger story, containment contained,
               std::optional<workspace> files, std::optional<int> oom_score_adjust)
    : place_(std::move(place)),
      spec_(std::move(spec)),
      story_(std::move(story)),
      kids_(loop_),
      contained_(std::move(contained)),
      graves_(loop_),
      reads_(loop_),
      memory_(loop_),
      world_{.on = loop_,
             .story = story_,
             .kids = kids_,
             .contained = contained_,
             .graves = graves_,
             .reads = reads_,
             .place = place_,
             .who = who,
             .workspace = spec_.workspace,
             .oom_score_adjust = oom_score_adjust,
             .tell = [this] { tell(); }},
      door_(loop_, story_,
            {.greeting = greeting_of(spec_, who), .token = spec_.token, .heartbeat = spec_.heartbeat}),
      notices_(loop_,
               [this](notification const& said) {
                 if (auto* host = services_.owner_of(said.pid)) host->notified(said.fields);
               }),
      services_(world_, spec_),
      sessions_(needs_of_sessions()),
      files_(std::move(files)),
      signals_watch_(loop_),
      write_again_(loop_, [this] { tell(); }),
      sync_(loop_, [this] { story_.sync(); }) {
  services_.changed = [this] { something_changed(); };
  door_.whose_agent = [this](connection const& from) {
    auto const* host = services_.owner_of(from.other().pid);
    return host == nullptr ? std::string() : host->name();
  };
  door_.agent_registered = [this](std::string const& service, connection const& from) {
    story_.append({.fact = "agent.registered", .service = service, .pid = from.other().pid});
    if (auto* host = services_.find(service)) host->registered(true);
    tell();
  };
  door_.agent_error = [this](std::string const& service, std::string const& message) {
    story_.append({.fact = "agent.error", .service = service, .message = message});
    tell();
  };
  door_.agent_gone = [this](std::string const& service) {
    story_.append({.fact = "agent.gone", .service = service});
    if (auto* host = services_.find(service)) host->registered(false);
    tell();
  };
  offer_core();
  offer_services();
  offer_replacement();
  offer_logs(door_, [this](wire::log_read const& asked) { return log_of(asked); });
  offer_ports(door_, loop_, services_);
  offer_sessions(door_, sessions_);
  if (files_) {
    offer_files(door_, loop_, *files_);
    offer_watches(door_, loop_, *files_);
  }
}

session_needs keeper::needs_of_sessions() {
  return {
      .on = loop_,
      .born = kids_,
      .hold = contained_,
      .buffer = memory_,
      .append = [this](wire::keeper_event event) { return story_.append(std::move(event)); },
      .tell = [this] { tell(); },
      .resolve_user = [](std::string const& user) -> result<session_user> {
        auto const found = find_user_in("/etc", user);
        if (!found) return std::unexpected(found.error());
        return session_user{.ids = {.user = found->uid,
                                    .group = found->gid,
                                    .groups = {found->groups.begin(), found->groups.end()}},
                            .name = found->name,
                            .home = found->home,
                            .shell = found->shell};
      },
      .environment = [this](std::vector<std::string> const& own, session_user const* user,
                            std::string const& service) { return session_environment(own, user, service); },
      .workdir_of =
          [this](std::string const& service) {
            auto const* const host = services_.find(service);
            return host == nullptr ? std::string() : host->spec().workdir;
          },
      .open_files = [this] { return services_.spec().limits.open_files; },
      .oom_score_adjust = world_.oom_score_adjust,
      .workspace = spec_.workspace,
      .token_prefix = world_.token("session-"),
      .logs = place_.path() + "/logs/sessions"};
}

result<std::vector<std::string>> keeper::session_environment(std::vector<std::string> const& own,
                                                             session_user const* user,
                                                             std::string const& service) {
  auto const* const host = service.empty() ? nullptr : services_.find(service);
  if (!service.empty() && host == nullptr)
    return fail(error_code::service_unknown, fmt::format("no service {}", in_quotes(service)));
  auto wanted = own;
  if (host != nullptr) wanted.insert(wanted.begin(), host->spec().env.begin(), host->spec().env.end());
  if (user != nullptr)
    wanted.insert(wanted.begin(), {"USER=" + user->name, "LOGNAME=" + user->name, "HOME=" + user->home,
                                   "SHELL=" + user->shell});
  auto const files = host == nullptr ? std::vector<std::string>() : host->spec().env_files;
  return services_.environment(wanted, files, host);
}

result<std::shared_ptr<log_store>> keeper::log_of(wire::log_read const& asked) {
  if (!asked.session.empty()) return sessions_.log(asked.session);
  auto* const host = services_.find(asked.service);
  if (host == nullptr)
    return fail(error_code::service_unknown, fmt::format("no service {}", in_quotes(asked.service)));
  return host->log();
}

result<void> keeper::begin(std::optional<handed_keeper> handed) {
  first_time_ = !place_.started(spec_.generation);
  watch_signals();
  // Without it, whoever waits for a notice will be told what is missing.
  static_cast<void>(notices_.listen(notice_socket_name));
  auto const* const how = handed ? "keeper.replaced" : first_time_ ? "keeper.started" : "keeper.adopted";
  story_.append({.fact = how, .pid = world_.who.pid, .message = handed ? handed->failed : std::string()});
  // What lies there since the machine went down may be half written.
  if (!world_.same_boot) ::unlinkat(place_.get(), intake_name, 0);
  // Without it, the status says what that means.
  static_cast<void>(reads_.survive_in(place_.get(), intake_name));
  if (auto done = services_.begin(); !done) return done;
  // Of one that is not up, nobody has asked for the log yet.
  if (auto* const host = services_.find(reads_.interrupted())) static_cast<void>(host->log());
  auto const sessions =
      handed ? sessions_.take_over(std::move(handed->sessions)) : sessions_.restore(story_.state());
  if (!sessions) return sessions;
  if (auto done = door_.listen(socket_name); !done) return done;
  return place_.mark_started(spec_.generation);
}

result<void> keeper::run() {
  if (story_.state().stopping)
    stop(std::nullopt);
  else
    services_.start_wanted(first_time_);
  tell();
  something_changed();
  // Who ended while there was no loop.
  kids_.reap();
  loop_.run();
  if (successor_.empty()) return {};
  return std::unexpected(become(
      place_, successor_, {.sessions = sessions_.hand_over(), .oom_score_adjust = world_.oom_score_adjust}));
}

// Whoever listens hears what was written. When nobody does, it is brought to the disk instead.
void keeper::tell() {
  if (story_.waits_for_space() && !story_.retry()) write_again_.set(system::now() + write_again_after);
  if (story_.last_seq() == told_) return;
  told_ = story_.last_seq();
  if (door_.anybody_listens())
    door_.story_grew();
  else if (!sync_.is_set())
    sync_.set(system::now() + sync_after);
}

void keeper::offer_core() {
  door_.offer<wire::nothing>("status",
                             [this](request const& asked, wire::nothing const&) { asked.answer(status()); });
  door_.offer<wire::signal_params>("signal", [this](request const& asked, wire::signal_params const& params) {
    auto const done = send_signal(params);
    done ? asked.answer(wire::nothing{}) : asked.refuse(done.error());
  });
  door_.offer<wire::stop_params>("stop", [this](request const& asked, wire::stop_params const& params) {
    asked.answer(wire::nothing{});
    stop(params.grace);
  });
  door_.offer<wire::forget_params>(
      "forget", [this](request const& asked, wire::forget_params const& params) { forget(asked, params); });
}

void keeper::offer_services() {
  auto const offer_order = [this](char const* verb, auto act) {
    door_.offer<wire::services_named>(verb, [act](request const& asked, wire::services_named const& params) {
      auto const done = act(params);
      done ? asked.answer(wire::nothing{}) : asked.refuse(done.error());
    });
  };
  offer_order("service.start", [this](auto const& params) { return services_.order(params.services, true); });
  offer_order("service.stop",
              [this](auto const& params) { return services_.order(params.services, false, params.grace); });
  offer_order("service.restart",
              [this](auto const& params) { return services_.restart(params.services, params.grace); });
  door_.offer<wire::services_wanted>("services.apply",
                                     [this](request const& asked, wire::services_wanted const& params) {
                                       auto const done = services_.apply(params);
                                       done ? asked.answer(wire::nothing{}) : asked.refuse(done.error());
                                     });
}

void keeper::offer_replacement() {
  door_.offer<wire::keeper_replace>("keeper.replace",
                                    [this](request const& asked, wire::keeper_replace const& params) {
                                      auto const fit = check_successor(params.program);
                                      if (!fit) return asked.refuse(fit.error());
                                      asked.answer(wire::nothing{});
                                      successor_ = params.program;
                                      loop_.stop();
                                    });
}

wire::keeper_status keeper::status() const {
  auto const greeting = greeting_of(spec_, world_.who);
  wire::keeper_status out{.instance = spec_.instance,
                          .generation = spec_.generation,
                          .keeper = greeting.keeper,
                          .seq = story_.last_seq(),
                          .forgotten_seq = story_.state().forgotten_seq,
                          .stopping = story_.state().stopping};
  for (auto const* all : {&services_.all(), &services_.leaving()})
    for (auto const& each : *all) out.services.push_back(each->status());
  out.sessions = sessions_.list();
  auto const can = system::probe_capabilities();
  auto const add = [&](char const* what, bool full, char const* with, char const* without) {
    out.abilities.push_back({.what = what, .full = full, .how = full ? with : without});
  };
  add("pidfd", can.pidfd, "signals reach the process that was meant",
      "a signal may meet a reused pid in a narrow window");
  add("clone3", can.clone3, "processes are born in their cgroup",
      "processes join their cgroup before they run");
  add("spared", world_.oom_score_adjust.has_value(), "others go first when memory ends",
      "when memory ends it is as likely to go as its size makes it");
  add("intake", reads_.survives(), "what was read from a service outlives the keeper until the log has it",
      "a keeper that is killed loses what it has read at that instant");
  add("openat2", can.openat2, "the kernel keeps paths beneath the workspace",
      "paths are walked step by step");
  out.abilities.push_back({.what = "own cgroup", .full = escaped_.escaped, .how = escaped_.how});
  out.abilities.push_back({.what = "containment",
                           .full = contained_.kind() == containment_kind::cgroup2,
                           .how = contained_.explanation()});
  out.limits = told(contained_.limits_of_all());
  return out;
}

result<void> keeper::send_signal(wire::signal_params const& params) {
  auto const number = wire::parse_signal(params.signal);
  if (!number) return std::unexpected(number.error());
  if (!params.session.empty()) return sessions_.signal(params.session, *number, params.tree);
  auto* const host = services_.find(params.service);
  if (host == nullptr)
    return fail(error_code::service_unknown, fmt::format("no service {}", in_quotes(params.service)));
  return host->signal(*number, params.tree);
}

void keeper::stop(std::optional<milliseconds> grace) {
  if (!story_.state().stopping) story_.append({.fact = "keeper.stopping"});
  services_.stop_all(grace);
  sessions_.close_all(grace.value_or(sessions_grace), [this] {
    sessions_gone_ = true;
    something_changed();
  });
  tell();
}

void keeper::forget(request const& asked, wire::forget_params const& params) {
  if (params.nonce != world_.who.nonce)
    return asked.refuse({error_code::invalid_state, "the nonce is that of another keeper", {}, {}});
  story_.forget(params.through_seq);
  asked.answer(wire::nothing{});
  leave_if_done();
}

void keeper::something_changed() {
  if (story_.state().stopping && !stopped_ && sessions_gone_ && services_.empty()) {
    stopped_ = true;
    story_.append({.fact = "keeper.stopped"});
  }
  tell_limits();
  tell();
  leave_if_done();
}

void keeper::tell_limits() {
  contained_.limit_all_again();
  auto text = text_of(contained_.limits_of_all());
  if (text == limits_told_) return;
  limits_told_ = std::move(text);
  story_.append({.fact = "limits.set", .message = limits_told_.empty() ? "no limits" : limits_told_});
}

void keeper::leave_if_done() {
  if (!stopped_) return;
  bool const known = story_.state().forgotten_seq >= story_.last_seq();
  if (!known && !leave_when_stopped_) return;
  return_to_launchers_cgroup();
  static_cast<void>(contained_.remove());
  // And what earlier ones have left; what does not go stays noted, for whoever clears the home away.
  static_cast<void>(system::remove_noted_cgroups(place_.get()));
  ::unlinkat(place_.get(), socket_name, 0);
  loop_.stop();
}

void keeper::watch_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  // A file that may not grow is a full disk, and no reason to die.
  ::signal(SIGXFSZ, SIG_IGN);
  signals_changed();
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  signals_ = system::fd(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signals_) return;
  static_cast<void>(signals_watch_.join(signals_.get(), EPOLLIN, [this](std::uint32_t) {
    signalfd_siginfo told{};
    while (::read(signals_.get(), &told, sizeof told) == sizeof told) {
    }
    // The machine goes down, or the container is being stopped.
    leave_when_stopped_ = true;
    stop(std::nullopt);
    something_changed();
  }));
}

}  // namespace ostler::keeper
