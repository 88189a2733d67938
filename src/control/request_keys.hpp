// Changes that are asked for again, because the first answer was lost on its way: the same key and the same
// request get the same answer, and nothing is done twice.
//
// A repeat that comes while the first still works waits for it. Another request with a key that was used is
// refused: one of the two is a mistake, and nobody can say which. Answers that say "try again" are not kept,
// because trying again is what a repeat is for. What must outlive the daemon is written down by kept_keys.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/bell.hpp"
#include "base/instant.hpp"
#include "base/result.hpp"
#include "control/digest.hpp"

namespace ostler::control {

constexpr std::size_t request_key_size_max = 128;

struct key_limits {
  milliseconds kept{24h};
  std::size_t entries = 4096;
  // Of all answers that are kept.
  std::size_t bytes = 16UL * 1024 * 1024;
};

// Under which what is kept of it is found; the name itself holds what a client chose, so it is none for a
// disk.
std::string record_key(std::string_view name);

class request_keys {
 public:
  // One request under its key, shared by the table, by who works on it and by those who wait: each lets go of
  // it at another time.
  struct entry {
    explicit entry(async::home const& where, digest const& of) : request(of), finished(where) {}
    digest request;
    // Of a body that comes in pieces; known at the end.
    std::optional<digest> body;
    std::optional<result<std::string>> answer;
    async::bell finished;
    // Of the caller and its key, as it stands in the table.
    std::string name;
    // Something is kept of it beyond the life of the daemon.
    bool on_disk = false;
  };
  struct claimed {
    std::shared_ptr<entry> what;
    // The caller is to do it, and to say how it ended.
    bool is_first = false;
  };

  request_keys(async::home where, key_limits limits) : where_(std::move(where)), limits_(limits) {}

  // request_key_reused; system_exhausted when too many are under way; usage when it can be no key.
  result<claimed> claim(std::string_view who, std::string_view key, digest const& request, instant now);
  void finish(std::shared_ptr<entry> const& what, result<std::string> answer, instant now);

  // As it was before the daemon was started again; in the order of their ending.
  void restore(std::string name, digest const& request, std::optional<digest> body,
               result<std::string> answer, instant when);
  void forget_old(instant now);
  // What is no longer in the table and still on disk, by the keys of its records; and one more of them.
  std::vector<std::string> take_forgotten() { return std::exchange(forgotten_, {}); }
  void also_forget(std::string record) { forgotten_.push_back(std::move(record)); }

  std::size_t size() const { return all_.size(); }
  static bool is_worth_keeping(result<std::string> const& answer);

 private:
  using table = std::map<std::string, std::shared_ptr<entry>, std::less<>>;
  struct done {
    table::iterator place;
    instant when;
    std::size_t bytes;
  };
  void forget_oldest();

  async::home where_;
  key_limits limits_;
  table all_;
  // In the order of finishing.
  std::deque<done> finished_;
  std::size_t bytes_ = 0;
  std::vector<std::string> forgotten_;
};

}  // namespace ostler::control
