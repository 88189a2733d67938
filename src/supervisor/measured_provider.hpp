// A provider as it is, with what is asked of it counted and timed. It stands before each provider of the
// supervisor, so that nobody who calls one has to think of it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/instant.hpp"
#include "providers/provider.hpp"

namespace ostler::supervisor {

// Where the kinds of places differ: a copy of a directory takes milliseconds, a machine in a cloud minutes.
inline constexpr std::array<milliseconds, 10> measured_limits{10ms, 50ms, 100ms, 500ms, 1s,
                                                              5s,   10s,  30s,   60s,   300s};

struct operation_measure {
  std::uint64_t calls = 0;
  // Those that were given up too.
  std::uint64_t failures = 0;
  nanoseconds took{};
  // Of calls that took no longer than that limit and longer than the one before.
  std::array<std::uint64_t, measured_limits.size()> within{};
};

class measured_provider final : public providers::provider {
 public:
  // It outlives this.
  measured_provider(std::string name, providers::provider& of) : name_(std::move(name)), of_(of) {}

  std::string const& name() const { return name_; }
  std::map<std::string_view, operation_measure> const& measures() const { return measures_; }

 protected:
  template <class T> using task = async::task<T>;
  task<result<providers::description>> do_describe(providers::call how) override;
  task<result<std::vector<providers::resource_wish>>> do_plan(providers::call how,
                                                              providers::place where) override;
  task<result<providers::prepared>> do_prepare(providers::call how, providers::place where,
                                               providers::named_resource what) override;
  task<result<providers::launched>> do_launch(providers::call how, providers::place where,
                                              providers::named_resource keeper,
                                              wire::keeper_spec spec) override;
  task<result<system::fd>> do_dial(providers::call how, providers::place where,
                                   providers::named_resource keeper) override;
  task<result<std::vector<providers::sighting>>> do_inspect(
      providers::call how, providers::place where, std::vector<providers::named_resource> what) override;
  task<result<void>> do_destroy(providers::call how, providers::place where, providers::named_resource what,
                                pace speed) override;
  task<result<wire::work_found>> do_find_work(providers::call how, providers::place where) override;
  task<result<std::vector<providers::owned_thing>>> do_list_owned(providers::call how,
                                                                  std::string daemon) override;

 private:
  template <class T> task<result<T>> measured(std::string_view operation, task<result<T>> work);
  void note(std::string_view operation, nanoseconds took, bool failed);

  std::string name_;
  providers::provider& of_;
  std::map<std::string_view, operation_measure> measures_;
};

}  // namespace ostler::supervisor
