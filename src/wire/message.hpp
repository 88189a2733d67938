// A JSON message that arrived, read step by step: first what it is, then, by whoever knows it, its content.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/json.hpp"
#include "wire/keeper_link.hpp"

namespace ostler::wire {

class message {
 public:
  static result<message> parse(std::string_view text);

  std::string const& type() const { return head_.type; }
  std::string const& verb() const { return head_.verb; }
  // Of a request or an answer.
  std::optional<std::uint64_t> id() const { return head_.id; }

  template <class T> result<T> as() const { return read<T>(body_, "$"); }
  // Absent means that every field has its default.
  template <class T> result<T> params() const { return part<T>("params"); }
  template <class T> result<T> answer() const { return part<T>("result"); }
  // Of an answer that is a refusal.
  std::optional<error> refusal() const;

 private:
  template <class T> static result<T> read(boost::json::value const& from, std::string const& path) {
    T out{};
    if (auto const done = detail::read(out, from, path); !done) return std::unexpected(done.error());
    return out;
  }
  template <class T> result<T> part(std::string_view name) const {
    auto const* object = body_.if_object();
    auto const* value = object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
    if (value == nullptr || value->is_null()) return T{};
    return read<T>(*value, std::string("$.").append(name));
  }

  any_message head_;
  boost::json::value body_;
};

template <class T> std::string request_text(std::uint64_t id, std::string_view verb, T const& params) {
  std::string out = fmt::format(R"({{"id":{},"verb":"{}","params":)", id, verb);
  detail::write(out, params);
  return out += '}';
}

template <class T> std::string answer_text(std::uint64_t id, T const& value) {
  std::string out = fmt::format(R"({{"id":{},"result":)", id);
  detail::write(out, value);
  return out += '}';
}

std::string refusal_text(std::uint64_t id, error const& why);
// To a client that is sent away: {"type":"refused","error":{…}}.
std::string refused_text(error const& why);

}  // namespace ostler::wire
