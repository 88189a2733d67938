#include "config/writer.hpp"

#include <fmt/format.h>
#include <string_view>

#include "base/ensure.hpp"
#include "config/json_tree.hpp"
#include "config/keys.hpp"
#include "config/toml.hpp"
#include "config/written.hpp"

namespace ostler::config {
namespace {

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
