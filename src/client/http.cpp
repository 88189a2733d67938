#include "client/http.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

#include "base/ensure.hpp"
#include "base/name.hpp"

namespace ostler::client {
namespace {

constexpr std::size_t read_size = 16UL * 1024;
constexpr std::size_t fields_max = 256;
constexpr std::size_t line_max = 4096;
constexpr std::string_view end_of_head = "\r\n\r\n";

std::unexpected<error> not_http(std::string message) {
  return fail(error_code::message_malformed, "what answered is no daemon of ours: " + std::move(message));
}

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::string_view trimmed(std::string_view text) {
  auto const is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t out = 0;
  auto const* const end = text.data() + text.size();
  auto const [read_to, ec] = std::from_chars(text.data(), end, out, base);
  if (text.empty() || ec != std::errc{} || read_to != end) return std::nullopt;
  return out;
}

result<unsigned> status_of(std::string_view line) {
  // "HTTP/1.1 200 OK"; the phrase may be missing.
  constexpr std::string_view version = "HTTP/1.1 ";
  auto const digits = line.substr(std::min(version.size(), line.size()), 3);
  auto const status = number_of(digits, 10);
  bool const ends = line.size() == version.size() + 3 ||
                    (line.size() > version.size() + 3 && line[version.size() + 3] == ' ');
  if (!line.starts_with(version) || !status || *status < 100 || *status > 599 || !ends)
    return not_http(fmt::format("it begins with {}", in_quotes(line.substr(0, 60))));
  return static_cast<unsigned>(*status);
}

}  // namespace

std::string_view response_head::get(std::string_view name) const {
  for (auto const& field : fields)
    if (field.name == name) return field.value;
  return {};
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= ' ' && c < 0x7f; });
}

std::span<char> response_reader::space() {
  if (taken_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + taken_, used_ - taken_);
    used_ -= taken_;
    taken_ = 0;
  }
  if (buffer_.size() - used_ < read_size) buffer_.resize(used_ + read_size);
  return std::span(buffer_).subspan(used_);
}

void response_reader::filled(std::size_t count) {
  ensure(count <= buffer_.size() - used_, "no more came than there was space for");
  used_ += count;
  begun_ = begun_ || count > 0;
}

result<response_head const*> response_reader::head() {
  while (state_ == state::head) {
    auto const text = rest();
    auto const end = text.find(end_of_head);
    if (end == text.npos) {
      if (text.size() >= head_size_max + end_of_head.size())
        return not_http(fmt::format("its head is larger than {} bytes", head_size_max));
      // What can never become a head is not waited for.
      auto const prefix = text.substr(0, 5);
      if (!std::string_view("HTTP/").starts_with(prefix))
        return not_http(fmt::format("it begins with {}", in_quotes(text.substr(0, 60))));
      return nullptr;
    }
    if (end > head_size_max) return not_http(fmt::format("its head is larger than {} bytes", head_size_max));
    auto const final = read_head(text.substr(0, end + 2));
    if (!final) return std::unexpected(final.error());
    taken_ += end + end_of_head.size();
    if (!*final) continue;
    if (auto const found = find_body(); !found) return std::unexpected(found.error());
  }
  return &head_;
}

// `text` ends with the end of its last line. False when another answer follows.
result<bool> response_reader::read_head(std::string_view text) {
  head_ = {};
  bool first = true;
  while (!text.empty()) {
    auto const line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(line.size() + 2);
    auto const is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; };
    if (std::ranges::any_of(line, is_control)) return not_http("a line of its head holds control characters");
    if (std::exchange(first, false)) {
      auto const status = status_of(line);
      if (!status) return std::unexpected(status.error());
      head_.status = *status;
      continue;
    }
    auto const colon = line.find(':');
    if (colon == line.npos || !is_token(line.substr(0, colon)))
      return not_http(fmt::format("a line of its head is {}", in_quotes(line)));
    if (head_.fields.size() == fields_max) return not_http("its head has too many lines");
    head_.fields.push_back(
        {small_letters(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  }
  return head_.status >= 200 || head_.status == 101;
}

result<void> response_reader::find_body() {
  auto const count = [&](std::string_view name) {
    return std::ranges::count(head_.fields, name, &header_field::name);
  };
  auto const lengths = count("content-length");
  auto const codings = count("transfer-encoding");
  if (lengths + codings > 1) return not_http("it says more than once where it ends");
  if (head_.status == 101 || head_.status == 204 || head_.status == 304) {
    state_ = state::done;
    return {};
  }
  if (codings == 1) {
    if (small_letters(head_.get("transfer-encoding")) != "chunked")
      return not_http(fmt::format("its body is sent as {}", in_quotes(head_.get("transfer-encoding"))));
    state_ = state::chunk_head;
    return {};
  }
  auto const size = number_of(head_.get("content-length"), 10);
  if (!size) return not_http("it does not say where it ends");
  left_ = *size;
  state_ = left_ == 0 ? state::done : state::fixed;
  return {};
}

bool response_reader::keeps_connection() const {
  return is_done() && rest().empty() && head_.status != 101 &&
         small_letters(head_.get("connection")) != "close";
}

std::string_view response_reader::take(std::uint64_t size_max) {
  auto const piece = rest().substr(0, size_max);
  taken_ += piece.size();
  left_ -= piece.size();
  return piece;
}

result<std::optional<std::string_view>> response_reader::line() {
  auto const text = rest();
  auto const end = text.find("\r\n");
  if (end == text.npos && text.size() < line_max + 2) return std::nullopt;
  if (end == text.npos || end > line_max) return not_http("a line between its chunks does not end");
  taken_ += end + 2;
  return text.substr(0, end);
}

result<std::optional<std::string_view>> response_reader::body() {
  ensure(state_ != state::head, "the head is read before the body");
  while (state_ != state::done) {
    if (state_ == state::fixed || state_ == state::chunk) {
      auto const piece = take(left_);
      if (left_ == 0) state_ = state_ == state::fixed ? state::done : state::chunk_end;
      if (piece.empty()) break;
      return piece;
    }
    auto const found = line();
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    if (auto const done = read_line_between(**found); !done) return std::unexpected(done.error());
  }
  return std::nullopt;
}

// Of a body in chunks: what stands around them.
result<void> response_reader::read_line_between(std::string_view text) {
  if (state_ == state::chunk_end) {
    if (!text.empty()) return not_http("a chunk is longer than it said");
    state_ = state::chunk_head;
    return {};
  }
  if (state_ == state::trailer) {
    trailers_ += text.size();
    if (trailers_ > head_size_max) return not_http("it does not end");
    if (text.empty()) state_ = state::done;
    return {};
  }
  // Behind a semicolon stands what nobody uses.
  auto const size = number_of(trimmed(text.substr(0, text.find(';'))), 16);
  if (!size) return not_http(fmt::format("a chunk has the length {}", in_quotes(text)));
  left_ = *size;
  state_ = left_ == 0 ? state::trailer : state::chunk;
  return {};
}

}  // namespace ostler::client
