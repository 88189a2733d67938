#include "wire/json.hpp"

// Boost.JSON is header-only when its sources are compiled once; this is where.
#include <boost/json/src.hpp>

namespace ostler::wire::detail {

void write_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

result<boost::json::value> parse(std::string_view text) {
  if (text.size() > json_size_max)
    return fail(error_code::text_malformed,
                fmt::format("the JSON text has {} bytes; allowed: at most {}", text.size(), json_size_max));
  boost::json::parse_options options;
  options.max_depth = json_depth_max;
  options.allow_invalid_utf8 = true;
  boost::system::error_code ec;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), ec, {}, options);
  if (ec)
    return fail(error_code::text_malformed, fmt::format("not JSON: {}: {}", ec.message(), in_quotes(text)));
  return value;
}

std::unexpected<error> wrong_kind(std::string_view path, std::string_view expected) {
  return fail(error_code::text_malformed, fmt::format("{} is not {}", path, expected));
}

result<void> read(bool& out, json_value const& from, std::string const& path) {
  auto const* value = from.if_bool();
  if (value == nullptr) return wrong_kind(path, "true or false");
  out = *value;
  return {};
}

result<void> read(std::string& out, json_value const& from, std::string const& path) {
  auto const* value = from.if_string();
  if (value == nullptr) return wrong_kind(path, "a text");
  out.assign(value->data(), value->size());
  return {};
}

result<void> read(error_code& out, json_value const& from, std::string const& path) {
  std::string text;
  if (auto done = read(text, from, path); !done) return done;
  auto const* known = find_error(text);
  if (known == nullptr) return wrong_kind(path, "the name of an error code");
  out = known->value;
  return {};
}

result<std::int64_t> read_integer(json_value const& from, std::string const& path, std::int64_t least,
                                  std::uint64_t most) {
  auto const* number = from.if_int64();
  bool const fits =
      number != nullptr && *number >= least && (*number < 0 || static_cast<std::uint64_t>(*number) <= most);
  if (!fits) return wrong_kind(path, fmt::format("a whole number from {} to {}", least, most));
  return *number;
}

}  // namespace ostler::wire::detail
