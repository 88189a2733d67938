// What came to the door, for the metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace ostler::control {

struct door_counts {
  // Since the server was made.
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t refused_pages = 0;
  std::uint64_t refused_tokens = 0;
  std::uint64_t refused_scopes = 0;
  std::uint64_t refused_rates = 0;
  std::uint64_t refused_full = 0;
  std::uint64_t refused_peers = 0;
  // By operation, and by the code of its refusal or `ok`. Of what names no operation, the operation is empty.
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> answered;
  // Now.
  std::uint64_t open_tcp = 0;
  std::uint64_t open_unix = 0;
  std::uint64_t open_websockets = 0;
};

}  // namespace ostler::control
