// Where services tell that they are ready: the socket that NOTIFY_SOCKET names.
//
// Who has sent is what the kernel says, never what the text says; whether that process is one of ours is for
// others to judge. Descriptors that come along are closed at once: they are a stranger's, and for BARRIER=1
// that is the answer that the sender waits for.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "base/result.hpp"
#include "keeper/loop/loop.hpp"
#include "keeper/probes/notify_message.hpp"
#include "system/fd.hpp"

namespace ostler::keeper {

struct notification {
  // 0 when the sender is in a place whose pids we do not see.
  pid_t pid = 0;
  uid_t uid = 0;
  notify_message fields;
};

class notify_socket {
 public:
  // A longer one is passed over whole: half of a message could say the opposite.
  static constexpr std::size_t datagram_max = 4096;

  // `heard` may destroy neither the socket nor the loop.
  notify_socket(loop& on, std::function<void(notification const&)> heard);

  // In the current directory, replacing what a former keeper left. Open to every user: whoever reaches the
  // directory may speak, since a service may run as anybody.
  result<void> listen(std::string const& name);

 private:
  void ready();
  bool receive_one();

  std::function<void(notification const&)> heard_;
  system::fd socket_;
  watch watch_;
};

}  // namespace ostler::keeper
