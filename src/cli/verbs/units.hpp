// The units with which systemd runs the daemon for a user. What `ostler daemon install` writes and what a
// package brings is the same text, so it is made here and nowhere else.
//
// They differ in what is known beforehand: a user has one socket and perhaps a state directory of his own, a
// package is for anybody, and systemd itself puts each user's runtime directory in.
#pragma once

#include <string>

namespace ostler::cli {

struct unit {
  std::string name;
  std::string text;
};

// `state` is empty for the usual one.
unit service_unit(std::string const& program, std::string const& state);
unit socket_unit(std::string const& socket);
unit socket_unit_of_anybody();

}  // namespace ostler::cli
