// Does the service answer a GET as it should?
//
// Whoever accepts is asked for only when it is ours; a stranger is sent nothing. No redirect is followed: 301
// is an answer, and whether it will do is in the range of statuses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "keeper/probes/http_answer.hpp"
#include "keeper/probes/listener.hpp"
#include "keeper/probes/loopback.hpp"

namespace ostler::keeper {

struct http_question {
  std::uint16_t port = 0;
  // Begins with '/'.
  std::string path = "/";
  http_wanted wanted;
};

class http_look final : public limited_look {
 public:
  http_look(loop& on, milliseconds limit, http_question question, find_owner owner);

 protected:
  void start() override;
  void stop() override;
  std::string waited_for() const override;

 private:
  void connected(system::fd socket);
  void ready();
  bool send_rest();
  void receive();
  void decided(http_answer::verdict const& what);
  std::string where() const;

  http_question question_;
  find_owner owner_;
  loopback_connect connecting_;
  system::fd socket_;
  watch watch_;
  // What has yet to be sent.
  std::string request_;
  std::optional<http_answer> answer_;
};

}  // namespace ostler::keeper
