#include "client/connection.hpp"

#include <fmt/format.h>
#include <utility>

#include "client/exchange.hpp"
#include "client/stream.hpp"
#include "operations/request_reading.hpp"
#include "system/random.hpp"
#include "wire/websocket_handshake.hpp"

namespace ostler::client {
namespace {

// Appends a piece of the answer, within the limit of what is read whole.
result<void> add(std::string& whole, std::string_view piece) {
  if (whole.size() + piece.size() > wire::json_size_max)
    return fail(error_code::body_too_large,
                fmt::format("the daemon answers more than {} bytes at once", wire::json_size_max), {},
                {"ask for less: a filter, or a limit"});
  whole += piece;
  return {};
}

result<std::string> read_whole(exchange& asked) {
  std::string whole;
  for (;;) {
    auto const piece = asked.next_piece();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) return whole;
    if (auto const added = add(whole, **piece); !added) return std::unexpected(added.error());
  }
}

constexpr std::string_view error_line = R"({"error":)";

// A line of the answer, which may be how it ends in the middle.
result<flow> give_line(std::string_view line, line_taker const& take) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return flow::go_on;
  if (line.starts_with(error_line)) {
    auto const told = wire::from_json<operations::error_answer>(line);
    if (!told) return std::unexpected(told.error());
    return std::unexpected(operations::heard(told->error));
  }
  return take(line);
}

// Gives what is whole of `lines`, and leaves the beginning of the next one.
result<flow> give_lines(std::string& lines, line_taker const& take) {
  std::size_t begin = 0;
  for (;;) {
    auto const end = lines.find('\n', begin);
    if (end == lines.npos) break;
    auto const next = give_line(std::string_view(lines).substr(begin, end - begin), take);
    if (!next || *next == flow::stop) return next;
    begin = end + 1;
  }
  lines.erase(0, begin);
  return flow::go_on;
}

}  // namespace

struct connection::parts {
  whereabouts::daemon_address where;
  std::unique_ptr<stream> kept;
};

connection::connection(whereabouts::daemon_address where)
    : parts_(std::make_unique<parts>(parts{.where = std::move(where), .kept = {}})) {}
connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;
connection::~connection() = default;

whereabouts::daemon_address const& connection::where() const { return parts_->where; }

result<std::string> connection::ask(operations::operation_entry const& entry, void const* request,
                                    call_options const& options) {
  exchange asked(parts_->where, *entry.about, options);
  if (auto const begun = asked.begin(operations::write_request(entry, request), std::move(parts_->kept));
      !begun)
    return std::unexpected(begun.error());
  auto whole = read_whole(asked);
  if (whole) parts_->kept = asked.release();
  return whole;
}

result<void> connection::ask_lines(operations::operation_entry const& entry, void const* request,
                                   line_taker const& take, call_options const& options) {
  exchange asked(parts_->where, *entry.about, options);
  auto const begun = asked.begin(operations::write_request(entry, request), std::move(parts_->kept));
  if (!begun) return begun;
  asked.wait_for_ever();
  std::string lines;
  for (;;) {
    auto const piece = asked.next_piece();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) break;
    if (auto const added = add(lines, **piece); !added) return added;
    auto const next = give_lines(lines, take);
    if (!next) return std::unexpected(next.error());
    if (*next == flow::stop) return {};
  }
  auto const last = give_line(lines, take);
  if (!last) return std::unexpected(last.error());
  parts_->kept = asked.release();
  return {};
}

result<void> connection::ask_bytes(operations::operation_entry const& entry, void const* request,
                                   bytes_taker const& take, call_options const& options) {
  exchange asked(parts_->where, *entry.about, options);
  auto const begun = asked.begin(operations::write_request(entry, request), std::move(parts_->kept));
  if (!begun) return begun;
  asked.wait_for_ever();
  for (;;) {
    auto const piece = asked.next_piece();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) break;
    auto const next = take(as_bytes(**piece));
    if (!next) return std::unexpected(next.error());
    if (*next == flow::stop) return {};
  }
  parts_->kept = asked.release();
  return {};
}

result<std::string> connection::ask_with_bytes(operations::operation_entry const& entry, void const* request,
                                               bytes_giver const& give, call_options const& options) {
  exchange asked(parts_->where, *entry.about, options);
  auto const begun = asked.begin_with_bytes(operations::write_request(entry, request), give);
  if (!begun) return std::unexpected(begun.error());
  auto whole = read_whole(asked);
  if (whole) parts_->kept = asked.release();
  return whole;
}

result<websocket> connection::upgrade(operations::operation_entry const& entry, void const* request,
                                      call_options const& options) const {
  exchange asked(parts_->where, *entry.about, options);
  auto const key = wire::websocket_key({system::random_bits(), system::random_bits()});
  auto const begun = asked.begin_upgrade(operations::write_request(entry, request), key);
  if (!begun) return std::unexpected(begun.error());
  // Named first: releasing must come after the last look at what came behind the answer.
  std::string const rest(asked.rest());
  return websocket(asked.release(), rest);
}

}  // namespace ostler::client
