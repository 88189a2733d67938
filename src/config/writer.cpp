#include "config/writer.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ensure.hpp"
#include "config/json_tree.hpp"
#include "config/keys.hpp"
#include "config/toml.hpp"
#include "config/values.hpp"

namespace ostler::config {
namespace {

std::string list(std::vector<std::string> const& texts) {
  node out{std::vector<node>{}, {}};
  for (auto const& each : texts) std::get<std::vector<node>>(out.value).push_back({each, {}});
  return toml_value(out);
}

// A line for /bin/sh is what reading one makes.
std::string argument_list(std::vector<std::string> const& words) {
  bool const line = words.size() == 3 && words[0] == "/bin/sh" && words[1] == "-c";
  return line ? toml_text(words[2]) : list(words);
}

std::vector<std::pair<std::string, std::string>> assignments(std::vector<std::string> const& variables) {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto const& each : variables) {
    auto const sign = each.find('=');
    ensure(sign != each.npos, "variables of a project are NAME=value");
    out.emplace_back(toml_key(each.substr(0, sign)), toml_text(each.substr(sign + 1)));
  }
  return out;
}

using settings = std::vector<std::pair<std::string, std::string>>;

std::string in_braces(settings const& all) {
  std::string out;
  for (auto const& [name, value] : all) out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", name, value);
  return out.empty() ? "{}" : "{ " + out + " }";
}

// The keys of a table and their values as TOML.
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
template <auto M, class T> std::string written(texts<M>, T const& from) { return list(from.*M); }
template <auto M, class T> std::string written(paths<M>, T const& from) { return list(from.*M); }
template <auto M, class T> std::string written(arguments<M>, T const& from) { return argument_list(from.*M); }
template <auto Command, auto Shell, class T> std::string written(a_command<Command, Shell>, T const& from) {
  return from.*Shell && (from.*Command).size() == 1 ? toml_text((from.*Command).front())
                                                    : list(from.*Command);
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

std::string lines(std::string_view header, settings const& all) {
  auto out = header.empty() ? std::string() : fmt::format("\n[{}]\n", header);
  for (auto const& [name, value] : all) out += fmt::format("{} = {}\n", name, value);
  return out;
}

// In the file a table of the top is a block of its own.
template <class Looks> inline constexpr bool is_block = false;
template <auto M> inline constexpr bool is_block<a_table<M>> = true;
template <auto M> inline constexpr bool is_block<variables<M>> = true;
template <auto M> inline constexpr bool is_block<tables_by_name<M>> = true;

template <auto M> void write_block(std::string& out, std::string_view name, a_table<M>, project const& what) {
  auto const inside = settings_of(what.*M);
  if (!inside.empty()) out += lines(name, inside);
}
template <auto M>
void write_block(std::string& out, std::string_view name, variables<M>, project const& what) {
  auto const inside = assignments(what.*M);
  if (!inside.empty()) out += lines(name, inside);
}
template <auto M>
void write_block(std::string& out, std::string_view name, tables_by_name<M>, project const& what) {
  for (auto const& each : what.*M)
    out += lines(fmt::format("{}.{}", name, toml_key(each.name)), settings_of(each));
}

// More than any that was read.
constexpr std::size_t json_size_max = 8 * text_size_max;

std::string provider_block(provider_table const& which) {
  auto const read = parse_json(which.json, json_size_max);
  ensure(read.has_value() && read->members() != nullptr, "a provider's table is an object");
  settings all;
  for (auto const& each : read->members()->members)
    all.emplace_back(toml_key(each.key), toml_value(each.value));
  return lines(toml_key(which.name), all);
}

}  // namespace

std::string to_toml(project const& what) {
  project const fresh;
  std::string out = fmt::format("version = {}\n", what.version);
  for_each_key<project>([&]<class Looks>(key<Looks> const& one) {
    if constexpr (!is_block<Looks>) {
      auto const value = written(one.looks, what);
      if (value != written(one.looks, fresh)) out += fmt::format("{} = {}\n", one.name, value);
    }
  });
  for_each_key<project>([&]<class Looks>(key<Looks> const& one) {
    if constexpr (is_block<Looks>) write_block(out, one.name, one.looks, what);
  });
  for (auto const& each : what.provider_tables) out += provider_block(each);
  return out;
}

}  // namespace ostler::config
