#include "answers/session_output.hpp"

#include <algorithm>
#include <utility>

#include "answers/log_reading.hpp"

namespace ostler::answers {
namespace {

constexpr std::size_t bytes_max = 512UL * 1024;

// How much of it still fits: whole lines, unless one line alone is too long.
std::size_t fitting(std::string_view bytes, std::size_t lines_left, std::size_t bytes_left) {
  std::size_t end = 0;
  while (end < bytes.size() && lines_left > 0) {
    auto const newline = bytes.find('\n', end);
    auto const next = newline == std::string_view::npos ? bytes.size() : newline + 1;
    if (next > bytes_left) return end == 0 ? std::min(bytes.size(), bytes_left) : end;
    end = next;
    if (newline != std::string_view::npos) --lines_left;
  }
  return end;
}

}  // namespace

task<result<output_read>> read_output(keeper_ptr keeper, output_question asked) {
  output_read out{.out = {}, .err = {}, .position = asked.position};
  wire::log_read how{.service = {}, .session = asked.session, .position = asked.position, .raw = true};
  auto opened = co_await record_stream::open(std::move(keeper), std::move(how));
  if (!opened) {
    if (opened.error().code == error_code::file_unknown) co_return out;
    co_return std::unexpected(std::move(opened.error()));
  }
  for (;;) {
    auto const next = co_await (*opened)->next();
    if (!next) co_return std::unexpected(next.error());
    if (!*next) {
      out.position = (*opened)->next_position().value_or(out.position);
      co_return out;
    }
    auto const& record = **next;
    if (record.kind == wire::log_record_kind::dropped) out.truncated = true;
    bool const is_err = record.kind == wire::log_record_kind::err;
    if (!is_err && record.kind != wire::log_record_kind::out) continue;
    auto& into = is_err ? out.err : out.out;
    auto const lines = static_cast<std::size_t>(std::ranges::count(into, '\n'));
    auto const taken = fitting(record.payload, asked.lines_max - std::min(asked.lines_max, lines),
                               bytes_max - std::min(bytes_max, into.size()));
    into += record.payload.substr(0, taken);
    out.position = record.position + taken;
    if (taken == record.payload.size()) continue;
    out.truncated = true;
    co_return out;
  }
}

}  // namespace ostler::answers
