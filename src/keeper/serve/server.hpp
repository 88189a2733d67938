// The door of a keeper: a unix socket in its directory, the clients that came through it, and what they may
// ask.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "keeper/serve/connection.hpp"

namespace ostler::keeper {

// What the keeper says of itself, and what it asks of those who come.
struct door_rules {
  wire::registered greeting;
  std::string token;
  milliseconds heartbeat{30s};
};

class server {
 public:
  server(loop& on, ledger& story, door_rules rules);
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  // Binds `name` in the current directory. The name may be a leftover: whoever holds the directory's lock
  // owns it.
  result<void> listen(std::string const& name);

  // A verb and what it does with its parameters.
  template <class Params, class Act> void offer(std::string verb, Act act) {
    verbs_[std::move(verb)] = [act](request const& asked, wire::message const& content) {
      auto const params = content.params<Params>();
      if (!params) return asked.refuse(params.error());
      act(asked, *params);
    };
  }

  // An agent inside: may this process register, and as which service? An empty name refuses.
  std::function<std::string(connection const&)> whose_agent;
  std::function<void(std::string const& service, connection const&)> agent_registered;
  std::function<void(std::string const& service, std::string const& message)> agent_error;
  std::function<void(std::string const& service)> agent_gone;

  // The story has grown: tell everybody.
  void story_grew();
  bool anybody_listens() const;
  int clients() const { return static_cast<int>(connections_.size()); }

 private:
  void accept();
  void heard(connection& from, wire::message const& content);
  void greeted(connection& from, wire::hello const& said);
  void agent_came(connection& from, wire::message const& content);
  void asked(request const& what, wire::message const& content);
  void ended(connection& gone);
  void beat();
  void sweep();

  loop& loop_;
  ledger& story_;
  door_rules rules_;
  connection::handlers handlers_;
  std::map<std::string, std::function<void(request const&, wire::message const&)>, std::less<>> verbs_;
  system::fd socket_;
  watch accepting_;
  alarm accept_again_;
  alarm heartbeat_;
  alarm sweeping_;
  alarm giving_back_;
  std::list<connection> connections_;
};

}  // namespace ostler::keeper
