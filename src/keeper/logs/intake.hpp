// Reads from a FIFO into a log so that every byte is there once, also when the keeper is killed in the midst.
//
// What was read is gone from the FIFO and not yet in the log. For that instant it lies in a file of the
// keeper's directory, because a file that is mapped outlives whoever has mapped it. Beside it stands what it
// is and where in the log it belongs, written before it is read. Whether it was read shows at its last bytes:
// a mark that no text contains stands there until the kernel has written over it. Whoever comes after a
// killed keeper puts the rest into the log.
//
// Where no such file can be had, ordinary memory serves, and a keeper that is killed may lose what it has
// just read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "keeper/logs/lent_memory.hpp"
#include "keeper/logs/log_store.hpp"

namespace ostler::keeper {

class intake {
 public:
  enum class found : std::uint8_t { some, nothing, end };
  using listener = std::function<void(log_stream stream, byte_view bytes)>;

  explicit intake(loop& owner) : memory_(owner) {}

  // From now on in the file `name` of that directory, where a killed keeper may have left what it read last.
  result<void> survive_in(int directory, std::string const& name);
  // In which log what was found there belongs; empty when nothing was.
  std::string const& interrupted() const { return left_.log; }
  // Appends what this log lacks of it. To be called before anything is read.
  void recover(std::string_view log, log_store& store);
  // Will what is read outlive us?
  bool survives() const { return survives_; }
  bool holds_memory() const { return memory_.held(); }

  struct destination {
    log_store& store;
    // Names the store for whoever comes after us; as long as a name may be.
    std::string const& log;
    log_stream stream;
    listener const& told;
  };
  // Reads at most `bytes_max`, once. `some`: there may be more.
  found carry(int from, std::size_t bytes_max, destination const& into);

 private:
  // What was read last, and where in which log it belongs.
  struct left {
    std::string log;
    log_stream stream = log_stream::out;
    wall_time wall{};
    std::uint64_t position = 0;
    std::string bytes;
  };
  // True when the file says what is about to be read.
  bool intend(destination const& into, std::size_t bytes, wall_time wall);
  void forget();

  lent_memory memory_;
  left left_;
  bool survives_ = false;
};

}  // namespace ostler::keeper
