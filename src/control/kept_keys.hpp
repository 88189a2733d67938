// Request keys as they are kept over the end of the daemon: what stands in a record, and what a record means
// to a daemon that starts.
//
// Of a change that is not the same twice it is written down that it begins before it begins, so that a repeat
// after a crash in its middle is told that nobody knows, and nothing is done a second time. The answer is
// written down before it is told. See docs/decisions/0075-kept-request-keys.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "control/request_keys.hpp"

namespace ostler::control {

struct kept_record {
  std::string key;
  std::optional<std::string> body;  // nothing: the key is removed
};

// frees: the change gives something back, so it is kept also when the disk is full.
enum class key_purpose : std::uint8_t { grows, frees };

// Whoever keeps records; it answers when they are durable, in the order in which they were given.
using key_keeper = std::function<async::task<result<void>>(std::vector<kept_record>, key_purpose)>;

// An answer that is longer is not written down, only that there was one.
constexpr std::size_t kept_answer_max = 64UL * 1024;

class kept_keys {
 public:
  explicit kept_keys(request_keys& all) : all_(all) {}

  // What earlier daemons kept goes into the table, as far as it is not too old; from now on `where` keeps.
  void begin(std::vector<kept_record> earlier, key_keeper where, moment now);

  // Before the change begins.
  async::task<result<void>> begins(std::shared_ptr<request_keys::entry> what, key_purpose why, wall_time now);
  // Before the answer is told, and before it stands in the table.
  async::task<result<void>> ended(std::shared_ptr<request_keys::entry> what, result<std::string> answer,
                                  key_purpose why, wall_time now);

 private:
  async::task<result<void>> keep(std::vector<kept_record> records, key_purpose why);

  request_keys& all_;
  key_keeper where_;
};

}  // namespace ostler::control
