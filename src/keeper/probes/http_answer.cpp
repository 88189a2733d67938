#include "keeper/probes/http_answer.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "base/name.hpp"

namespace ostler::keeper {
namespace {

http_answer::verdict no(std::string why) { return {.holds = false, .why = std::move(why)}; }

std::optional<std::size_t> parse_size(std::string_view text, int base) {
  std::size_t number = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

std::string lowered(std::string_view text) {
  std::string made(text);
  for (char& c : made)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return made;
}

}  // namespace

std::optional<http_answer::verdict> http_answer::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!takes_lines()) {
      // Before the end of the connection there is no other.
      auto const count = part_ == part::body_to_end ? bytes.size() : std::min(left_, bytes.size());
      if (auto decided = take_body(bytes.substr(0, count))) return decided;
      bytes.remove_prefix(count);
      left_ -= part_ == part::body_to_end ? 0 : count;
      if (part_ == part::body_to_end || left_ > 0) continue;
      if (auto decided = body_data_ended()) return decided;
      continue;
    }
    auto const end = bytes.find('\n');
    auto const piece = bytes.substr(0, end);
    if (line_.size() + piece.size() + head_size_ > head_size_max)
      return no(part_ == part::status
                    ? fmt::format("the answer is not HTTP: no line ends within {} bytes", head_size_max)
                    : fmt::format("the head of the answer is longer than {} bytes", head_size_max));
    line_ += piece;
    if (end == bytes.npos) return std::nullopt;
    bytes.remove_prefix(end + 1);
    if (auto decided = take_line()) return decided;
  }
  return std::nullopt;
}

http_answer::verdict http_answer::end() const {
  switch (part_) {
    case part::status:
      if (line_.empty() && head_size_ == 0) return no("the connection was closed without an answer");
      return no("the connection was closed within the status line");
    case part::fields: return no("the connection was closed within the head of the answer");
    case part::body_to_end: return not_in_body();
    case part::body_counted:
    case part::chunk_size:
    case part::chunk_data:
    case part::chunk_end: break;
  }
  return no(fmt::format("the connection was closed within the body, of which {} bytes came", body_.size()));
}

std::optional<http_answer::verdict> http_answer::take_line() {
  auto const line = std::exchange(line_, {});
  std::string_view view = line;
  if (view.ends_with('\r')) view.remove_suffix(1);
  // Lines between chunks count as well, so that nobody sends them without end.
  head_size_ += line.size() + 1;
  switch (part_) {
    case part::status: return take_status(view);
    case part::fields: return view.empty() ? head_ended() : take_field(view);
    case part::chunk_size: return take_chunk_size(view);
    case part::chunk_end:
      if (!view.empty()) return no("the answer is not HTTP: a chunk is longer than it says");
      part_ = part::chunk_size;
      return std::nullopt;
    case part::body_to_end:
    case part::body_counted:
    case part::chunk_data: break;
  }
  return std::nullopt;
}

std::optional<http_answer::verdict> http_answer::take_status(std::string_view line) {
  auto const status = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' '
                          ? parse_size(line.substr(9, 3), 10)
                          : std::nullopt;
  if (!status || *status < 100 || *status > 999 || (line.size() > 12 && line[12] != ' '))
    return no(fmt::format("the answer is not HTTP; it begins with {}", in_quotes(line)));
  status_ = static_cast<int>(*status);
  chunked_ = false;
  length_.reset();
  part_ = part::fields;
  return std::nullopt;
}

std::optional<http_answer::verdict> http_answer::take_field(std::string_view line) {
  auto const colon = line.find(':');
  if (colon == 0 || colon == line.npos)
    return no(fmt::format("the answer is not HTTP; its head has the line {}", in_quotes(line)));
  auto const name = lowered(line.substr(0, colon));
  auto const value = trimmed(line.substr(colon + 1));
  if (name == "transfer-encoding") chunked_ = lowered(value).ends_with("chunked");
  if (name != "content-length") return std::nullopt;
  auto const size = parse_size(value, 10);
  if (!size || (length_ && *length_ != *size))
    return no(fmt::format("the answer is not HTTP; its length is {}", in_quotes(value)));
  length_ = size;
  return std::nullopt;
}

std::optional<http_answer::verdict> http_answer::head_ended() {
  if (status_ == 101) return no("the answer is 101, another protocol");
  // An interim answer, before the one that counts.
  if (status_ < 200) {
    part_ = part::status;
    return std::nullopt;
  }
  if (status_ < wanted_.status_least || status_ > wanted_.status_most)
    return no(
        fmt::format("the answer is {}, not {} to {}", status_, wanted_.status_least, wanted_.status_most));
  if (wanted_.body.empty()) return verdict{.holds = true};
  if (status_ == 204 || status_ == 304) return not_in_body();
  part_ = chunked_ ? part::chunk_size : length_ ? part::body_counted : part::body_to_end;
  if (part_ != part::body_counted) return std::nullopt;
  left_ = *length_;
  if (left_ == 0) return not_in_body();
  return std::nullopt;
}

std::optional<http_answer::verdict> http_answer::take_chunk_size(std::string_view line) {
  auto const size = parse_size(trimmed(line.substr(0, line.find(';'))), 16);
  if (!size) return no(fmt::format("the answer is not HTTP; a chunk has the size {}", in_quotes(line)));
  if (*size == 0) return not_in_body();
  left_ = *size;
  part_ = part::chunk_data;
  return std::nullopt;
}

std::optional<http_answer::verdict> http_answer::take_body(std::string_view bytes) {
  // Where a match that these bytes complete can begin.
  auto const from = body_.size() - std::min(body_.size(), wanted_.body.size() - 1);
  body_ += bytes.substr(0, body_size_max - body_.size());
  if (body_.find(wanted_.body, from) != body_.npos) return verdict{.holds = true};
  if (body_.size() < body_size_max) return std::nullopt;
  return not_in_body();
}

std::optional<http_answer::verdict> http_answer::body_data_ended() {
  if (part_ == part::body_counted) return not_in_body();
  part_ = part::chunk_end;
  return std::nullopt;
}

http_answer::verdict http_answer::not_in_body() const {
  return no(fmt::format("the answer is {}, but the {}{} bytes of its body do not contain {}", status_,
                        body_.size() < body_size_max ? "" : "first ", body_.size(), in_quotes(wanted_.body)));
}

}  // namespace ostler::keeper
