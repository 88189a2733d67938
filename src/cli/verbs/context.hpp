// What a verb is given: the words of the call, where to write, and the daemon, which is looked for only when
// it is needed and started when it is ours and away.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/arguments.hpp"
#include "cli/exit_codes.hpp"
#include "cli/progress.hpp"
#include "cli/screen.hpp"
#include "client/connection.hpp"
#include "whereabouts/whereabouts.hpp"

namespace ostler::cli {

// What main() finds.
struct surroundings {
  whereabouts::variables variable;
  // Absolute, without "." and "..".
  std::string directory;
  int input = 0;
  int output = 1;
  int errors = 2;
  std::string version;
};

enum class format : std::uint8_t { table, wide, json, jsonl, name };

class context {
 public:
  context(surroundings around, arguments call);
  context(context const&) = delete;
  context& operator=(context const&) = delete;

  arguments const& call() const { return call_; }
  surroundings const& around() const { return around_; }
  screen const& show() const { return show_; }
  format how() const { return how_; }
  bool writes_json() const { return how_ == format::json || how_ == format::jsonl; }
  progress_manner progress_kind() const;

  // With what flags say of the daemon.
  whereabouts::variables const& variable() const { return variable_; }
  std::string directory() const { return directory_; }
  result<whereabouts::daemon_paths> paths() const { return whereabouts::find_paths(variable_); }

  // Tells it once when the daemon had to be started.
  result<client::connection*> daemon();
  // Nobody is started by this call.
  void never_start() { may_start_ = false; }

  template <class Operation>
  result<typename Operation::answer> ask(typename Operation::request const& request,
                                         milliseconds limit = 60s) {
    auto with = daemon();
    if (!with) return std::unexpected(with.error());
    return (*with)->call<Operation>(request, {.limit = limit, .stop_fd = stop_fd_});
  }
  // As the daemon wrote it.
  template <class Operation>
  result<std::string> ask_text(typename Operation::request const& request, milliseconds limit = 60s) {
    auto with = daemon();
    if (!with) return std::unexpected(with.error());
    return (*with)->call_text<Operation>(request, {.limit = limit, .stop_fd = stop_fd_});
  }

  // Readable once somebody asks us to end; -1 when nobody listens for it.
  int stop_fd() const { return stop_fd_; }
  void stop_by(int fd) { stop_fd_ = fd; }

  // Words for people, on standard error.
  void note(std::string_view text) const;
  // What may be typed next: on a terminal, and not when quiet.
  void hint(std::string_view text) const;
  bool may_ask() const;
  // With --yes without asking; refuses where nobody can be asked. `what` names it: "remove 3 leaks".
  result<bool> confirm(std::string const& question, std::string const& what) const;
  // The answer to a question that --yes does not answer.
  bool asks_yes(std::string const& question) const;

 private:
  surroundings around_;
  arguments call_;
  std::string directory_;
  whereabouts::variables variable_;
  screen show_;
  format how_ = format::table;
  bool may_start_ = true;
  int stop_fd_ = -1;
  std::optional<client::connection> daemon_;
};

// Whole of standard input, or up to `most` bytes of it.
result<std::string> read_input(int from, std::size_t most);

}  // namespace ostler::cli
