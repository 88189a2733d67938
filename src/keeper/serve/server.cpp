#include "keeper/serve/server.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/clock.hpp"
#include "system/failure.hpp"

namespace ostler::keeper {
namespace {

constexpr int clients_max = 64;
constexpr milliseconds hello_limit{10s};
// After the end of a client, for what its buffers left in pieces between things that stay.
constexpr milliseconds give_back_after{1s};

// Takes as long for a wrong token as for a right one.
bool same_token(std::string_view said, std::string_view kept) {
  if (said.size() != kept.size()) return false;
  unsigned differs = 0;
  for (std::size_t at = 0; at < said.size(); ++at)
    differs |=
        static_cast<unsigned>(static_cast<unsigned char>(said[at]) ^ static_cast<unsigned char>(kept[at]));
  return differs == 0;
}

peer peer_of(int socket) {
  ucred seen{};
  socklen_t size = sizeof seen;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &seen, &size) != 0) return {};
  return {.pid = seen.pid, .uid = seen.uid, .known = true};
}

}  // namespace

server::server(loop& on, ledger& story, door_rules rules)
    : loop_(on),
      story_(story),
      rules_(std::move(rules)),
      accepting_(on),
      accept_again_(on, [this] { accepting_.want(EPOLLIN); }),
      heartbeat_(on, [this] { beat(); }),
      sweeping_(on, [this] { sweep(); }),
      giving_back_(on, [] { ::malloc_trim(0); }) {
  handlers_.message = [this](connection& from, wire::message const& content) { heard(from, content); };
  handlers_.asked = [this](request const& what, wire::message const& content) { asked(what, content); };
  handlers_.ended = [this](connection& gone) { ended(gone); };
  handlers_.attend = [this] { sweeping_.set(system::now()); };
}

result<void> server::listen(std::string const& name) {
  socket_ = system::fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return system::fail_errno("make a socket");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  // Bound beside and renamed, so that a name that is there always answers.
  auto const beside = name + ".new";
  if (beside.size() >= sizeof address.sun_path)
    return fail(error_code::value_out_of_range, fmt::format("the socket's name {} is too long", name));
  beside.copy(address.sun_path, beside.size());
  ::unlink(beside.c_str());
  if (::bind(socket_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    return system::fail_errno(fmt::format("bind {}", name));
  if (::listen(socket_.get(), 64) != 0) return system::fail_errno(fmt::format("listen on {}", name));
  if (::rename(beside.c_str(), name.c_str()) != 0)
    return system::fail_errno(fmt::format("rename the socket to {}", name));
  return accepting_.join(socket_.get(), EPOLLIN, [this](std::uint32_t) { accept(); });
}

void server::accept() {
  system::fd came(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!came) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    // No descriptor left: whoever waits at the door waits a little longer, and we do not spin.
    accepting_.want(0);
    return accept_again_.set(system::now() + 100ms);
  }
  auto const other = peer_of(came.get());
  auto& made = connections_.emplace_back(loop_, story_, std::move(came), other, handlers_);
  if (clients() > clients_max)
    return made.send_away(
        {error_code::limit_reached, fmt::format("{} clients are connected already", clients_max), {}, {}});
  auto greeting = rules_.greeting;
  greeting.seq = story_.last_seq();
  greeting.oldest_seq = story_.oldest_seq();
  made.send_message(wire::to_json(greeting));
  if (!sweeping_.is_set()) sweeping_.set(system::now() + hello_limit);
  if (!heartbeat_.is_set()) heartbeat_.set(system::now() + rules_.heartbeat);
}

void server::heard(connection& from, wire::message const& content) {
  if (content.type() == "heartbeat") return;
  if (!from.agent.empty()) {
    if (content.type() == "error")
      if (auto const said = content.as<wire::agent_error>()) agent_error(from.agent, said->message);
    return;
  }
  if (content.type() == "hello" && !from.welcome) {
    auto const said = content.as<wire::hello>();
    return said ? greeted(from, *said) : from.send_away(said.error());
  }
  if (content.type() == "register" && !from.welcome) return agent_came(from, content);
  // Of a later release: whatever it is, it asks for no answer.
}

void server::greeted(connection& from, wire::hello const& said) {
  bool const owner = !from.other().known || from.other().uid == ::geteuid() || from.other().uid == 0;
  if (!owner || !same_token(said.token, rules_.token))
    return from.send_away({error_code::not_authorized,
                           owner ? "the token is not that of this instance" : "another user owns this keeper",
                           {},
                           {}});
  from.welcome = true;
  from.tell_after(said.after_seq);
}

void server::agent_came(connection& from, wire::message const& content) {
  auto const said = content.as<wire::agent_register>();
  if (!said) return from.send_away(said.error());
  auto const service = whose_agent ? whose_agent(from) : std::string();
  if (service.empty())
    return from.send_away({error_code::not_authorized,
                           fmt::format("process {} belongs to no service of this instance", from.other().pid),
                           {},
                           {}});
  from.agent = service;
  from.send_message(R"({"type":"agent_registered"})");
  agent_registered(service, from);
}

void server::asked(request const& what, wire::message const& content) {
  auto const found = verbs_.find(content.verb());
  if (found == verbs_.end())
    return what.refuse({error_code::verb_unknown,
                        fmt::format("this keeper has no verb {}", in_quotes(content.verb())),
                        {},
                        {}});
  found->second(what, content);
}

void server::ended(connection& gone) {
  auto const agent = gone.agent;
  if (!giving_back_.is_set()) giving_back_.set(system::now() + give_back_after);
  connections_.remove_if([&](connection const& each) { return &each == &gone; });
  if (!agent.empty() && agent_gone) agent_gone(agent);
}

void server::story_grew() {
  for (auto at = connections_.begin(); at != connections_.end();) {
    auto& each = *at++;
    if (each.welcome) each.poke();
  }
}

bool server::anybody_listens() const {
  return std::ranges::any_of(connections_, [](connection const& each) { return each.welcome; });
}

void server::beat() {
  auto const text = wire::to_json(wire::heartbeat{.seq = story_.last_seq()});
  auto const now = system::now();
  for (auto at = connections_.begin(); at != connections_.end();) {
    auto& each = *at++;
    if (each.welcome) each.send_message(text);
    // A stream that was cut without an end says nothing for ever.
    if (now - each.heard_at() > 3 * rules_.heartbeat && each.agent.empty())
      each.send_away({error_code::timed_out, "nothing was heard for three heartbeats", {}, {}});
  }
  if (!connections_.empty()) heartbeat_.set(now + rules_.heartbeat);
}

// Those who never said who they are, those who ended while we spoke to them, and jobs that are done.
void server::sweep() {
  auto const now = system::now();
  auto next = instant::max();
  for (auto at = connections_.begin(); at != connections_.end();) {
    auto& each = *at++;
    if (each.over()) {
      ended(each);
      continue;
    }
    each.settle();
    if (each.welcome || !each.agent.empty()) continue;
    bool const late = now - each.came_at() >= hello_limit;
    if (late) each.send_away({error_code::timed_out, "nobody said hello", {}, {}});
    next = std::min(next, late ? now + hello_limit : each.came_at() + hello_limit);
  }
  // Who ended just now is swept at once.
  if (next != instant::max() && !sweeping_.is_set()) sweeping_.set(next);
}

}  // namespace ostler::keeper
