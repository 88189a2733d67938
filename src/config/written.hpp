// Values of a project as TOML, by what they look like: shared by the writer of files and by the page of
// reference, which shows the defaults.
#pragma once

#include <boost/describe.hpp>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.hpp"
#include "config/keys.hpp"
#include "config/toml.hpp"
#include "config/values.hpp"

namespace ostler::config {

// Keys and their values, both as they stand in the file.
using settings = std::vector<std::pair<std::string, std::string>>;

std::string text_list(std::vector<std::string> const& texts);
// A line for /bin/sh is what reading one makes.
std::string argument_list(std::vector<std::string> const& words);
settings assignments(std::vector<std::string> const& variables);
std::string in_braces(settings const& all);

// The keys of a table that differ from the defaults.
template <class T> settings settings_of(T const& what);
template <class T> settings settings_of(std::optional<T> const& what);

// One for each of the looks in keys.hpp.
template <auto M, class T> std::string written(a_text<M>, T const& from) { return toml_text(from.*M); }
template <auto M, class T> std::string written(a_path<M>, T const& from) { return toml_text(from.*M); }
template <auto M, class T> std::string written(a_name<M>, T const& from) { return toml_text(from.*M); }
template <auto M, class T> std::string written(a_signal<M>, T const& from) { return toml_text(from.*M); }
template <auto M, class T> std::string written(a_word<M>, T const& from) {
  return toml_text(boost::describe::enum_to_string(from.*M, ""));
}
template <auto M, class T> std::string written(a_flag<M>, T const& from) {
  return from.*M ? "true" : "false";
}
template <auto M, class T> std::string written(a_whole<M>, T const& from) {
  return fmt::format("{}", from.*M);
}
template <auto M, class T> std::string written(a_duration<M>, T const& from) {
  return toml_text(format_duration(from.*M));
}
template <auto First, auto Last, class T> std::string written(durations<First, Last>, T const& from) {
  return toml_text(format_duration(from.*First) + ".." + format_duration(from.*Last));
}
template <auto M, class T> std::string written(a_size<M>, T const& from) { return format_size(from.*M); }
template <auto M, class T> std::string written(processors<M>, T const& from) {
  auto const milli = from.*M;
  return milli % 1000 == 0 ? fmt::format("{}", milli / 1000)
                           : fmt::format("{}", static_cast<double>(milli) / 1000);
}
template <auto M, class T> std::string written(texts<M>, T const& from) { return text_list(from.*M); }
template <auto M, class T> std::string written(paths<M>, T const& from) {
  if constexpr (requires { (from.*M).has_value(); })
    return from.*M ? text_list(*(from.*M)) : std::string();
  else
    return text_list(from.*M);
}
template <auto M, class T> std::string written(arguments<M>, T const& from) { return argument_list(from.*M); }
template <auto Command, auto Shell, class T> std::string written(a_command<Command, Shell>, T const& from) {
  return from.*Shell && (from.*Command).size() == 1 ? toml_text((from.*Command).front())
                                                    : text_list(from.*Command);
}
template <auto M, class T> std::string written(a_port<M>, T const& from) {
  auto const& port = from.*M;
  if (port.kind == wire::port_kind::none) return {};
  return port.kind == wire::port_kind::fixed ? fmt::format("{}", port.number) : "\"auto\"";
}
template <auto Least, auto Most, class T> std::string written(statuses<Least, Most>, T const& from) {
  return fmt::format("\"{}..{}\"", from.*Least, from.*Most);
}
template <auto M, class T> std::string written(variables<M>, T const& from) {
  return in_braces(assignments(from.*M));
}
template <auto M, class T> std::string written(a_table<M>, T const& from) {
  return in_braces(settings_of(from.*M));
}
template <auto M, class T> std::string written(a_probe<M>, T const& from) {
  if (!(from.*M)) return {};
  auto const inside = settings_of(*(from.*M));
  bool const path_alone = inside.empty() || (inside.size() == 1 && inside.front().first == "path");
  return path_alone ? toml_text((from.*M)->path) : in_braces(inside);
}
template <auto M, class T> std::string written(tables_by_name<M>, T const&) { return {}; }

template <class T> settings settings_of(T const& what) {
  T const fresh{};
  settings out;
  for_each_key<T>([&](auto const& one) {
    auto value = written(one.looks, what);
    if (one.required || value != written(one.looks, fresh))
      out.emplace_back(std::string(one.name), std::move(value));
  });
  return out;
}
template <class T> settings settings_of(std::optional<T> const& what) {
  return what ? settings_of(*what) : settings();
}

}  // namespace ostler::config
