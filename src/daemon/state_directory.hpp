// The directory in which one daemon keeps all that it must not forget. It belongs to one daemon at a time, by
// a lock that ends with the process.
//
//   lock      held for life; names the pid of who holds it
//   id        what everything that is made because of this directory bears, for ever
//   journal/  the journal
//   local/    the places of this machine
//   tokens.json, token   who may ask over TCP
//   url       where it is asked over TCP just now
#pragma once

#include <string>

#include "base/result.hpp"
#include "system/fd.hpp"

namespace ostler::daemon {

enum class when_held : std::uint8_t {
  refuse,
  // For the new binary of an upgrade: until the old one has gone.
  wait,
};

class state_directory {
 public:
  // Makes it, 0700, when it is not there; its parents too. Refuses one that others may use, and, with
  // state_locked, one that another daemon holds.
  static result<state_directory> open(std::string path, when_held rule);

  std::string const& path() const { return path_; }
  std::string below(std::string_view name) const { return path_ + "/" + std::string(name); }
  std::string const& id() const { return id_; }
  int descriptor() const { return directory_.get(); }

 private:
  state_directory(std::string path, system::fd directory, system::fd lock, std::string id)
      : path_(std::move(path)),
        directory_(std::move(directory)),
        lock_(std::move(lock)),
        id_(std::move(id)) {}

  std::string path_;
  system::fd directory_;
  system::fd lock_;
  std::string id_;
};

}  // namespace ostler::daemon
