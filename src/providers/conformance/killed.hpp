// The suite with a process that is killed while it works on a place.
#pragma once

#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/conformance/conformance.hpp"
#include "system/process.hpp"

namespace ostler::providers {

class conformance_killed : public conformance {
 protected:
  static constexpr int moments = 24;

  // Runs `work` in another process with a provider of its own, which is killed after that time. How long it
  // took when it was not.
  template <class Work> nanoseconds run_killed(nanoseconds after, Work work) {
    rig_->close();
    auto const begun = std::chrono::steady_clock::now();
    auto const child = ::fork();
    if (child == 0) {
      // Nothing of ours is destroyed in the child: it has no right to.
      async::test::loop own;
      rig_->open(own);
      work(own);
      ::_exit(0);
    }
    auto const watch = system::open_pidfd(child);
    pollfd wait{.fd = watch.get(), .events = POLLIN, .revents = 0};
    timespec const limit{.tv_sec = after / 1s, .tv_nsec = (after % 1s) / 1ns};
    ::ppoll(&wait, 1, &limit, nullptr);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto const took = std::chrono::steady_clock::now() - begun;
    rig_->open(loop_);
    return took;
  }

  // At moments spread over the time that it takes.
  template <class Before, class Work, class After>
  void at_every_moment(Before before, Work work, After after) {
    before();
    auto const whole = run_killed(60s, work);
    after();
    for (int moment = 0; moment < moments && !HasFailure(); ++moment) {
      SCOPED_TRACE(moment);
      before();
      run_killed(whole * moment / moments, work);
      after();
    }
  }

  void prepare_all() {
    for (auto const& one : directories()) {
      auto const made = prepare(one);
      ASSERT_TRUE(made) << made.error().message;
      ASSERT_NE(made->how, made_how::existed_foreign);
    }
  }
  void expect_ours_or_absent() {
    for (auto const& one : inspect()) {
      EXPECT_NE(one.seen, presence::unknown) << one.name << ": " << one.detail;
      EXPECT_TRUE(one.ours) << one.name << ": " << one.detail;
    }
  }
};

}  // namespace ostler::providers
