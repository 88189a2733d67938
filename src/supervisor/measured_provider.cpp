#include "supervisor/measured_provider.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "system/clock.hpp"

namespace ostler::supervisor {

using namespace providers;

namespace {

// One call. It ends also when its coroutine is cancelled, which is a failure for whoever asked.
class stopwatch {
 public:
  using at_end = std::function<void(nanoseconds took, bool failed)>;
  explicit stopwatch(at_end tell) : tell_(std::move(tell)) {}
  stopwatch(stopwatch const&) = delete;
  stopwatch& operator=(stopwatch const&) = delete;
  ~stopwatch() { tell_(system::now() - begun_, failed); }

  bool failed = true;

 private:
  at_end tell_;
  instant begun_ = system::now();
};

}  // namespace

void measured_provider::note(std::string_view operation, nanoseconds took, bool failed) {
  auto& one = measures_[operation];
  ++one.calls;
  if (failed) ++one.failures;
  one.took += took;
  auto const* const limit = std::ranges::lower_bound(measured_limits, took);
  if (limit != measured_limits.end())
    ++one.within.at(static_cast<std::size_t>(limit - measured_limits.begin()));
}

template <class T>
async::task<result<T>> measured_provider::measured(std::string_view operation, task<result<T>> work) {
  stopwatch watch([this, operation](nanoseconds took, bool failed) { note(operation, took, failed); });
  auto out = co_await std::move(work);
  watch.failed = !out;
  co_return out;
}

async::task<result<description>> measured_provider::do_describe(call how) {
  return measured("describe", of_.describe(std::move(how)));
}

async::task<result<std::vector<resource_wish>>> measured_provider::do_plan(call how, place where) {
  return measured("plan", of_.plan(std::move(how), std::move(where)));
}

async::task<result<prepared>> measured_provider::do_prepare(call how, place where, named_resource what) {
  return measured("prepare", of_.prepare(std::move(how), std::move(where), std::move(what)));
}

async::task<result<launched>> measured_provider::do_launch(call how, place where, named_resource keeper,
                                                           wire::keeper_spec spec) {
  return measured("launch", of_.launch(std::move(how), std::move(where), std::move(keeper), std::move(spec)));
}

async::task<result<system::fd>> measured_provider::do_dial(call how, place where, named_resource keeper) {
  return measured("dial", of_.dial(std::move(how), std::move(where), std::move(keeper)));
}

async::task<result<std::vector<sighting>>> measured_provider::do_inspect(call how, place where,
                                                                         std::vector<named_resource> what) {
  return measured("inspect", of_.inspect(std::move(how), std::move(where), std::move(what)));
}

async::task<result<void>> measured_provider::do_destroy(call how, place where, named_resource what,
                                                        pace speed) {
  return measured("destroy", of_.destroy(std::move(how), std::move(where), std::move(what), speed));
}

async::task<result<wire::work_found>> measured_provider::do_find_work(call how, place where) {
  return measured("find_work", of_.find_work(std::move(how), std::move(where)));
}

async::task<result<std::vector<owned_thing>>> measured_provider::do_list_owned(call how, std::string daemon) {
  return measured("list_owned", of_.list_owned(std::move(how), std::move(daemon)));
}

}  // namespace ostler::supervisor
