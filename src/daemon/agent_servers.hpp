// Services of instances that are agent servers: each is dialled while its service runs, through a forward of
// its keeper's link, and hung up on when the service stops or its instance goes away.
//
// The machine of an agent's link says when it is dialled again. Here is only said what a service means to it:
// a service that begins to run, or a keeper that is reached again, is a reason to dial at once. Nothing of it
// is kept: a daemon that begins anew sees which services run, and dials those.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agents/byte_stream.hpp"
#include "agents/links.hpp"
#include "async/scope.hpp"
#include "supervisor/supervisor.hpp"

namespace ostler::daemon {

struct agent_server_needs {
  async::home where;
  // Both outlive it.
  supervisor::supervisor* middle = nullptr;
  agents::links* links = nullptr;
  // Of each; how often it beats is said by its service.
  lifecycle::link_rules rules;
  // 64 random bits that nobody can foresee.
  std::function<std::uint64_t()> luck;
  async::scope::reporter report;
};

class agent_servers final : public supervisor::listener {
 public:
  explicit agent_servers(agent_server_needs needs);
  agent_servers(agent_servers const&) = delete;
  agent_servers& operator=(agent_servers const&) = delete;
  // After close().
  ~agent_servers() override;

  // Dials those whose services run already.
  void begin();
  // After the links were closed.
  async::task<void> close(milliseconds grace);

  void happened(lifecycle::fleet_event const& what, lifecycle::instance const* after) override;
  void overheard(instance_id who, wire::keeper_event const& what) override;
  void beaten(instance_id) override {}
  void progressed(instance_id, providers::progress const&) override {}

 private:
  struct server {
    std::string service;
    std::string websocket;
    wire::heartbeat_spec heartbeat;
  };
  struct dialled_server {
    agents::agent_number number = 0;
    std::string websocket;
    // Of the service, as it was when it was dialled last.
    std::uint64_t run = 0;
    // It does not run.
    bool is_down = false;
    // Its keeper said so already, and it is not decided yet.
    bool is_leaving = false;
    // A service that has begun a moment ago may not listen yet. shared_ptr, because an attempt that is under
    // way may outlive what is known here.
    std::shared_ptr<bool> is_new;
  };
  struct place {
    // Of the settings that the servers were read from.
    std::size_t settings = 0;
    std::vector<server> servers;
    std::map<std::string, dialled_server> dialled;
    bool reached = false;
  };
  // What is dialled: "the agent server web of shop".
  struct target {
    instance_id who;
    std::string service;
    std::string websocket;
  };

  void look(lifecycle::instance const& it);
  void look(lifecycle::instance const& it, server const& wanted, place& here, bool came_back);
  void go_on(dialled_server& one, std::uint64_t run, bool came_back);
  void dial(lifecycle::instance const& it, server const& wanted, place& here, std::uint64_t run);
  void forget(place const& here);

  async::task<result<std::unique_ptr<agents::text_socket>>> open(target what, std::shared_ptr<bool> is_new);
  // Tries again and again for a moment when the service is new.
  async::task<result<std::unique_ptr<agents::byte_stream>>> reach(target what, std::uint16_t* port,
                                                                  std::shared_ptr<bool> is_new);
  async::task<result<std::unique_ptr<agents::byte_stream>>> reach_once(target what, std::uint16_t* port);

  agent_server_needs needs_;
  async::scope tasks_;
  std::map<instance_id, place> places_;
};

}  // namespace ostler::daemon
