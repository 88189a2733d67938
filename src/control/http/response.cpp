#include "control/http/response.hpp"

#include <array>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "operations/error_values.hpp"
#include "wire/json.hpp"

namespace ostler::control::http {
namespace {

// Of those that errors.def uses; a client needs none of these words.
constexpr std::array<std::pair<int, std::string_view>, 18> reasons{{{200, "OK"},
                                                                    {400, "Bad Request"},
                                                                    {401, "Unauthorized"},
                                                                    {403, "Forbidden"},
                                                                    {404, "Not Found"},
                                                                    {405, "Method Not Allowed"},
                                                                    {409, "Conflict"},
                                                                    {410, "Gone"},
                                                                    {413, "Content Too Large"},
                                                                    {422, "Unprocessable Content"},
                                                                    {426, "Upgrade Required"},
                                                                    {429, "Too Many Requests"},
                                                                    {500, "Internal Server Error"},
                                                                    {501, "Not Implemented"},
                                                                    {502, "Bad Gateway"},
                                                                    {503, "Service Unavailable"},
                                                                    {504, "Gateway Timeout"},
                                                                    {507, "Insufficient Storage"}}};

std::string_view reason(int status) {
  for (auto const& [number, words] : reasons)
    if (number == status) return words;
  return "Answer";
}

}  // namespace

std::string write_head(response_head const& head) {
  std::string out;
  auto const to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\n", head.status, reason(head.status));
  if (!head.media.empty()) fmt::format_to(to, "Content-Type: {}\r\n", head.media);
  if (head.size) fmt::format_to(to, "Content-Length: {}\r\n", *head.size);
  if (head.in_chunks) out += "Transfer-Encoding: chunked\r\n";
  out += head.more;
  out +=
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n"
      "Cross-Origin-Resource-Policy: same-origin\r\n";
  out += head.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return out;
}

std::string write_upgrade(std::string_view accept, std::string_view protocol) {
  auto out = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n",
      accept);
  if (!protocol.empty()) fmt::format_to(std::back_inserter(out), "Sec-WebSocket-Protocol: {}\r\n", protocol);
  return out + "\r\n";
}

std::string refusal_text(error const& why, std::string_view instance) {
  return wire::to_json(operations::error_answer{.error = operations::told(why, instance)});
}

}  // namespace ostler::control::http
