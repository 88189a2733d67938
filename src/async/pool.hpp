// Blocking work on threads of its own, awaited from the loop.
//
// Work that is cancelled is not left alone: it is asked through its stop token, and its end is awaited, so
// that nobody works on what the loop believes to be at rest. Work that never looks at the token is waited
// for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "async/task.hpp"
#include "base/result.hpp"

namespace ostler::async {

class pool {
 public:
  // More than `waiting_max` jobs that wait for a thread are refused with system_exhausted.
  explicit pool(std::size_t threads, std::size_t waiting_max = 1024);
  pool(pool const&) = delete;
  pool& operator=(pool const&) = delete;
  // Waits for what runs.
  ~pool();

  // `work(std::stop_token)` gives a result<T>; it runs on a thread, everything else of the caller at home.
  // What it throws is thrown here.
  template <class Work> auto run(Work work) -> task<std::invoke_result_t<Work&, std::stop_token>> {
    std::optional<std::invoke_result_t<Work&, std::stop_token>> answer;
    job todo = [&answer, &work](std::stop_token stop) { answer.emplace(work(std::move(stop))); };
    // The frame stays until the job has ended, and with it all that the job refers to.
    auto done = co_await run_job(std::move(todo));
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return std::move(*answer);
  }

  // Waiting and running.
  std::size_t jobs() const;

 private:
  using job = std::move_only_function<void(std::stop_token)>;
  task<result<void>> run_job(job todo);

  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ostler::async
