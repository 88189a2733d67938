// What the doing parts share: where they look things up, and where their results go.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/scope.hpp"
#include "lifecycle/fleet/fleet.hpp"
#include "providers/provider.hpp"
#include "supervisor/instance_plan.hpp"

namespace ostler::supervisor {

struct doing_needs {
  async::home where;
  async::scope* tasks = nullptr;
  // As decided; null when there is none any more.
  std::function<lifecycle::instance const*(instance_id)> find;
  // As kept.
  std::function<lifecycle::instance const*(instance_id)> find_kept;
  std::function<void(lifecycle::fleet_input)> feed;
  // Null when there is none of this name.
  std::function<providers::provider*(std::string_view)> provider;
  // What the programs of an instance find in their environment to reach us, "NAME=value".
  std::function<std::vector<std::string>(instance_id)> environment;
  std::string daemon;
  // What a provider says of the work it does.
  std::function<void(instance_id, providers::progress const&)> progress;
  // What went wrong and nobody waits for.
  std::function<void(std::string const&)> log;
};

// An instance with what was asked for, as providers are told of it.
struct told_place {
  providers::provider* by = nullptr;
  instance_plan plan;
  providers::place where;
};
// All that the ledger knows of it. provider_unknown, or what the journal has is not readable.
result<told_place> place_of(lifecycle::instance const& it, doing_needs const& needs);
providers::named_resource resource_of(lifecycle::resource const& entry);

}  // namespace ostler::supervisor
