#include "keeper/probes/output_match.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <re2/re2.h>
#include <utility>

#include "base/name.hpp"

namespace ostler::keeper {
namespace {

constexpr char escape = '\x1b';

bool within(char c, unsigned char first, unsigned char last) {
  auto const byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

std::size_t skip_within(std::string_view text, std::size_t at, unsigned char first, unsigned char last) {
  while (at < text.size() && within(text[at], first, last)) ++at;
  return at;
}

// ECMA-48: "ESC [" parameters, intermediates, one final byte; or ESC, intermediates, one final byte. The
// length of the one that the text begins with; all of it when it is not complete.
std::size_t escape_length(std::string_view text) {
  auto const is_control_sequence = text.size() > 1 && text[1] == '[';
  auto at = is_control_sequence ? skip_within(text, 2, 0x30, 0x3f) : std::size_t{1};
  at = skip_within(text, at, 0x20, 0x2f);
  if (at == text.size()) return at;
  auto const ends = is_control_sequence ? within(text[at], 0x40, 0x7e) : within(text[at], 0x30, 0x7e);
  return ends ? at + 1 : at;
}

re2::StringPiece as_piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string without_escapes(std::string_view line) {
  std::string kept;
  kept.reserve(line.size());
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == escape)
      at += escape_length(line.substr(at));
    else
      kept += line[at++];
  }
  return kept;
}

result<output_match> output_match::make(std::string const& pattern) {
  RE2::Options options(RE2::Quiet);
  // Shared by all that it computes; with too little of it a search is slow, never wrong.
  options.set_max_mem(1 << 20);
  auto made = std::make_unique<RE2>(pattern, options);
  if (!made->ok())
    return fail(error_code::text_malformed,
                fmt::format("the pattern {} cannot be used: {}", in_quotes(pattern), made->error()));
  return output_match(std::move(made));
}

output_match::output_match(std::unique_ptr<re2::RE2> pattern) : pattern_(std::move(pattern)) {}
output_match::output_match(output_match&&) noexcept = default;
output_match& output_match::operator=(output_match&&) noexcept = default;
output_match::~output_match() = default;

bool output_match::feed(output_stream from, byte_view bytes) {
  if (matched()) return true;
  auto& line = lines_[std::to_underlying(from)];
  auto rest = as_text(bytes);
  while (!rest.empty()) {
    // The second half of "\r\n" ends no line of its own.
    if (std::exchange(line.ended_by_return, false) && rest.front() == '\n') {
      rest.remove_prefix(1);
      continue;
    }
    auto const end = rest.find_first_of("\r\n");
    if (end == rest.npos) return take_part(line, rest) && finish();
    if (take_line(line, rest.substr(0, end))) return finish();
    line.ended_by_return = rest[end] == '\r';
    rest.remove_prefix(end + 1);
  }
  return false;
}

std::size_t output_match::bytes_kept() const {
  std::size_t sum = 0;
  for (auto const& each : lines_) sum += each.text.size();
  return sum;
}

bool output_match::take_line(unfinished& line, std::string_view rest) {
  if (line.text.empty()) return holds(rest, false, line_end::seen);
  // Long ones go through the window as they do while they grow.
  if (rest.size() > line_kept_max && take_part(line, rest)) return true;
  if (rest.size() <= line_kept_max) line.text += rest;
  auto const yes = holds(line.text, line.beginning_dropped, line_end::seen);
  line = {};
  return yes;
}

bool output_match::take_part(unfinished& line, std::string_view part) {
  while (!part.empty()) {
    auto const piece = part.substr(0, line_kept_max);
    part.remove_prefix(piece.size());
    line.text += piece;
    if (holds(line.text, line.beginning_dropped, line_end::open)) return true;
    if (line.text.size() <= line_kept_max) continue;
    line.text.erase(0, line.text.size() - line_kept_max);
    line.text.shrink_to_fit();
    line.beginning_dropped = true;
  }
  return false;
}

bool output_match::holds(std::string_view text, bool beginning_dropped, line_end end) const {
  if (found(text, beginning_dropped, end)) return true;
  return text.contains(escape) && found(without_escapes(text), beginning_dropped, end);
}

bool output_match::found(std::string_view text, bool beginning_dropped, line_end end) const {
  auto const from = std::min<std::size_t>(beginning_dropped ? 1 : 0, text.size());
  auto const search = [&](std::string_view whole) {
    return pattern_->Match(as_piece(whole), from, text.size(), RE2::UNANCHORED, nullptr, 0);
  };
  if (end == line_end::seen) return search(text);
  // What comes next is not known: the match must hold before a letter and before what is none.
  std::string before_letter(text);
  before_letter += 'x';
  if (!search(before_letter)) return false;
  before_letter.back() = ' ';
  return search(before_letter);
}

bool output_match::finish() {
  pattern_.reset();
  lines_ = {};
  return true;
}

}  // namespace ostler::keeper
