#include "control/http/request_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>
#include <utility>

namespace ostler::control::http {
namespace {

namespace beast = boost::beast;
using failure = beast::error_code;

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Does a line begin with a blank, and so belong to the one before? The parser joins them, others do not.
bool is_folded(std::string_view fields) {
  return fields.find("\n ") != fields.npos || fields.find("\n\t") != fields.npos;
}

}  // namespace

std::vector<std::string_view> request_head::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (auto const& one : fields)
    if (one.name == name) values.emplace_back(one.value);
  return values;
}

std::vector<std::string_view> request_head::list(std::string_view name) const {
  std::vector<std::string_view> words;
  for (auto rest : all(name))
    for (bool more = true; more;) {
      auto const comma = rest.find(',');
      more = comma != rest.npos;
      auto const word = without_blanks(rest.substr(0, comma));
      if (!word.empty()) words.push_back(word);
      if (more) rest.remove_prefix(comma + 1);
    }
  return words;
}

class request_reader::parser : public beast::http::basic_parser<true> {
 public:
  parser() {
    header_limit(head_size_max);
    body_limit(boost::none);
  }

  request_head head;
  std::string body;

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       failure&) override {
    head.method = std::string(method);
    head.is_1_1 = version >= 11;
    auto const mark = std::min(target.find('?'), target.size());
    head.path = std::string(target.substr(0, mark));
    head.query = std::string(target.substr(std::min(mark + 1, target.size())));
  }
  void on_response_impl(int, beast::string_view, int, failure&) override {}
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     failure&) override {
    head.fields.push_back({.name = lower({name.data(), name.size()}), .value = std::string(value)});
  }
  void on_header_impl(failure&) override {
    head.keep_alive = keep_alive();
    head.upgrade = upgrade();
    for (auto const one : head.all("expect")) head.expects_continue = lower(one) == "100-continue";
    if (chunked()) return;
    auto const size = content_length();
    head.size = size ? *size : 0;
  }
  void on_body_init_impl(boost::optional<std::uint64_t> const&, failure&) override {}
  std::size_t on_body_impl(beast::string_view piece, failure&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, failure&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view piece, failure&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_finish_impl(failure&) override {}
};

request_reader::request_reader() : parser_(std::make_unique<parser>()) {}
request_reader::request_reader(request_reader&&) noexcept = default;
request_reader& request_reader::operator=(request_reader&&) noexcept = default;
request_reader::~request_reader() = default;

result<std::size_t> request_reader::read(std::string_view bytes) {
  std::size_t taken = 0;
  // The parser takes one part at a time: a head, a chunk, a piece of the body.
  while (taken < bytes.size() && !done()) {
    bool const was_in_head = !head_done();
    failure failed;
    auto const step =
        parser_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), failed);
    taken += step;
    if (failed == beast::http::error::need_more) return taken;
    if (failed == beast::http::error::header_limit)
      return fail(error_code::body_too_large,
                  fmt::format("the head of the request has more than {} bytes", head_size_max));
    if (failed)
      return fail(error_code::message_malformed,
                  fmt::format("this is no request as HTTP/1.1 has it: {}", failed.message()));
    if (was_in_head && head_done()) {
      if (is_folded(bytes.substr(taken - step, step)))
        return fail(error_code::message_malformed, "a field of the request goes on in the next line");
      return taken;
    }
    if (step == 0) return taken;
  }
  return taken;
}

bool request_reader::head_done() const { return parser_->is_header_done(); }
bool request_reader::done() const { return parser_->is_done(); }
request_head const& request_reader::head() const { return parser_->head; }
std::string request_reader::take_body() { return std::exchange(parser_->body, {}); }
std::size_t request_reader::body_waiting() const { return parser_->body.size(); }

}  // namespace ostler::control::http
