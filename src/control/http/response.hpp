// Heads of answers as they go over the wire, and the bodies of refusals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace ostler::control::http {

struct response_head {
  int status = 200;
  std::string_view media;
  // None: in chunks, or for HTTP/1.0 until the connection is closed.
  std::optional<std::uint64_t> size;
  bool in_chunks = false;
  bool keep_alive = true;
  // Further lines, each with its end.
  std::string_view more;
};

// Every answer says that it is nobody's to keep, that its type is what it says, and that it is no page: even
// if somebody brought a browser to show it, nothing in it runs.
std::string write_head(response_head const& head);

// The whole answer to an upgrade.
std::string write_upgrade(std::string_view accept, std::string_view protocol);

std::string refusal_text(error const& why, std::string_view instance);

inline constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace ostler::control::http
