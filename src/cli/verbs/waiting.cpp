#include "cli/verbs/waiting.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "cli/verbs/instance_watch.hpp"
#include "cli/verbs/interrupts.hpp"
#include "operations/error_values.hpp"
#include "system/clock.hpp"

namespace ostler::cli {
namespace {

// As often as the sign of progress turns.
constexpr milliseconds tick{100};

// The verdict over all conditions of all.
standing verdict(instance_watch const& watch, std::vector<awaited> const& whom, bool any) {
  bool waits = false;
  bool hopeless = false;
  bool holds = false;
  for (auto const& one : whom) {
    auto const* now = watch.find(one.instance);
    for (auto const& each : one.conditions) {
      auto const so = judge(each, now);
      waits = waits || so == standing::not_yet;
      hopeless = hopeless || so == standing::never;
      holds = holds || so == standing::holds;
    }
  }
  if (any) return holds ? standing::holds : waits ? standing::not_yet : standing::never;
  if (waits) return standing::not_yet;
  return hopeless ? standing::never : standing::holds;
}

std::vector<operations::instance> seen(instance_watch const& watch, std::vector<awaited> const& whom) {
  std::vector<operations::instance> out;
  for (auto const& one : whom)
    if (auto const* now = watch.find(one.instance)) out.push_back(*now);
  return out;
}

// The context listens to Ctrl-C only as long as this lives.
class listening {
 public:
  listening(context& with, int fd) : with_(&with), before_(with.stop_fd()) { with.stop_by(fd); }
  listening(listening const&) = delete;
  listening& operator=(listening const&) = delete;
  ~listening() { with_->stop_by(before_); }

 private:
  context* with_;
  int before_;
};

}  // namespace

result<waited> wait_for(context& with, std::vector<awaited> const& whom, wait_rules const& rules) {
  // The daemon is started before signals are held back, because it would inherit that.
  if (auto const there = with.daemon(); !there) return std::unexpected(there.error());
  auto const signals = interrupts::begin();
  if (!signals) return std::unexpected(signals.error());
  listening const ear(with, signals->fd());
  auto const began = system::now();
  auto const took = [&] { return std::chrono::duration_cast<milliseconds>(system::now() - began); };
  auto watch = instance_watch::begin(with);
  if (!watch) return std::unexpected(watch.error());

  progress shown(rules.silent ? progress_manner::quiet : with.progress_kind(), with.show().err);
  bool const turning = !rules.silent && with.progress_kind() == progress_manner::terminal;
  auto const finish = [&](wait_end end) {
    with.show().err.write(shown.clear());
    return waited{.end = end, .last = seen(*watch, whom), .took = took()};
  };
  for (;;) {
    with.show().err.write(shown.show(seen(*watch, whom), took()));
    auto const so = verdict(*watch, whom, rules.any);
    if (so != standing::not_yet) return finish(so == standing::holds ? wait_end::reached : wait_end::failed);
    auto left = milliseconds(-1);
    if (rules.limit > 0ms) left = std::max(0ms, rules.limit - took());
    if (left == 0ms) return finish(wait_end::time_over);
    if (turning) left = left < 0ms ? tick : std::min(left, tick);
    auto const news = watch->next(left);
    if (!news) {
      with.show().err.write(shown.clear());
      return std::unexpected(news.error());
    }
    if (*news == watch_news::stopped) return finish(wait_end::interrupted);
  }
}

error why_not(operations::instance const& what) {
  auto const broken =
      std::ranges::find_if(what.services, [](auto const& one) { return one.error.has_value(); });
  if (what.error || broken != what.services.end()) {
    auto out = operations::heard(what.error ? *what.error : *broken->error);
    if (out.hints.empty())
      out.hints = {fmt::format("ostler logs {}", what.name), fmt::format("ostler status {}", what.name)};
    return out;
  }
  return {.code = error_code::invalid_state,
          .message = fmt::format("{}: {}", what.name, what.message),
          .detail = what.detail,
          .hints = {fmt::format("ostler status {}", what.name), fmt::format("ostler events {}", what.name)}};
}

}  // namespace ostler::cli
