// A request as it came over HTTP made into what the operation takes, and back for a client.
//
// Nothing is guessed and nothing is skipped: a field that the operation does not have is refused with the
// names that are near, because a misspelt `force` that is dropped would do something else than was asked. For
// the same reason a client writes only the fields that differ from their defaults, so that an older daemon
// refuses exactly what it cannot do.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "operations/operation.hpp"
#include "operations/routes.hpp"

namespace ostler::operations {

constexpr std::size_t request_body_max = 1024UL * 1024;
// Objects and lists within each other.
constexpr std::size_t request_depth_max = 32;

// Of one request, all as they came; `path` is what the route captured.
struct request_parts {
  std::span<captured const> path;
  std::string_view query;
  // Looked at only where JSON is sent; the bytes of a file go another way.
  std::string_view body;
};

struct request_line {
  http_method method = http_method::get;
  // Path and query.
  std::string target;
  // JSON; empty when none is sent.
  std::string body;
};

// `out` must be a request of that operation, with nothing set.
result<void> read_request(operation_entry const& entry, request_parts const& parts, void* out);
request_line write_request(operation_entry const& entry, void const* request);

template <class Operation> result<typename Operation::request> read_request(request_parts const& parts) {
  typename Operation::request out{};
  if (auto const done = read_request(entry_of<Operation>, parts, &out); !done)
    return std::unexpected(done.error());
  return out;
}

template <class Operation> request_line write_request(typename Operation::request const& request) {
  return write_request(entry_of<Operation>, &request);
}

}  // namespace ostler::operations
