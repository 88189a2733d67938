#include "config/reader.hpp"

#include <algorithm>
#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "base/ensure.hpp"
#include "base/name.hpp"
#include "config/checks.hpp"
#include "config/json_tree.hpp"
#include "config/keys.hpp"
#include "config/toml.hpp"
#include "config/values.hpp"

namespace ostler::config {
namespace {

template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;

class reader {
 public:
  reader(mistakes& told, std::vector<std::string_view> providers)
      : told_(told), providers_(std::move(providers)) {}

  template <class T> void read_table(node const& from, std::string const& path, T& out) {
    auto const* inside = from.members();
    if (inside == nullptr) return given{from, path, told_}.refuse_kind("a table");
    for (auto const& each : inside->members) {
      bool known = false;
      auto const name = path.empty() ? each.key : path + "." + toml_key(each.key);
      for_each_key<T>([&](auto const& one) {
        if (one.name != each.key) return;
        known = true;
        read({each.value, name, told_}, one.looks, out);
      });
      if constexpr (std::is_same_v<T, project>) known = known || read_provider(each, out);
      if (!known) unknown<T>(each, path);
    }
    for_each_key<T>([&](auto const& one) {
      if (one.required && find(*inside, one.name) == nullptr)
        told_.tell(error_code::value_unknown, from.at, fmt::format("[{}] has no `{}`", path, one.name),
                   std::string(one.about));
    });
  }

 private:
  template <class T> void unknown(member const& which, std::string const& path) {
    std::vector<std::string_view> names;
    for_each_key<T>([&](auto const& one) { names.push_back(one.name); });
    if (path.empty()) names.insert(names.end(), providers_.begin(), providers_.end());
    told_.tell(error_code::value_unknown, which.at,
               fmt::format("{} is unknown{}{}", in_quotes(which.key),
                           path.empty() ? "" : fmt::format(" in [{}]", path), did_you_mean(which.key, names)),
               fmt::format("{}", fmt::join(names, ", ")));
  }

  bool read_provider(member const& which, project& out) {
    if (std::ranges::find(providers_, which.key) == providers_.end()) return false;
    if (which.value.members() == nullptr)
      given{which.value, which.key, told_}.refuse_kind("a table that the provider reads");
    else
      out.provider_tables.push_back({which.key, json_text(which.value)});
    return true;
  }

  template <class T, class Value> static void put(T& to, std::optional<Value> value) {
    if (value) to = *std::move(value);
  }

  // One for each of the looks in keys.hpp.
  template <auto M, class T> void read(given what, a_text<M> looks, T& out) {
    put(out.*M, text_of(what, looks.beginnings));
  }
  template <auto M, class T> void read(given what, a_path<M>, T& out) { put(out.*M, path_of(what)); }
  template <auto M, class T> void read(given what, a_name<M>, T& out) {
    auto const text = text_of(what);
    if (!text) return;
    auto name = parse_name(what.name, *text);
    if (name)
      out.*M = *std::move(name);
    else
      what.refuse(error_code::name_invalid, fmt::format("{} is no name", in_quotes(*text)),
                  "1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'");
  }
  template <auto M, class T> void read(given what, a_signal<M>, T& out) { put(out.*M, signal_of(what)); }
  template <auto M, class T> void read(given what, a_word<M>, T& out) {
    using word = std::remove_cvref_t<decltype(out.*M)>;
    std::vector<std::string_view> choices;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<word>>(
        [&](auto one) { choices.emplace_back(one.name); });
    auto const chosen = choice_of(what, choices);
    if (chosen) boost::describe::enum_from_string(chosen->c_str(), out.*M);
  }
  template <auto M, class T> void read(given what, a_flag<M>, T& out) { put(out.*M, flag_of(what)); }
  template <auto M, class T> void read(given what, a_whole<M> looks, T& out) {
    auto const number = whole_of(what, looks.least, looks.most);
    if (number) out.*M = static_cast<std::remove_cvref_t<decltype(out.*M)>>(*number);
  }
  template <auto M, class T> void read(given what, a_duration<M> looks, T& out) {
    put(out.*M, duration_of(what, looks.least));
  }
  template <auto First, auto Last, class T> void read(given what, durations<First, Last>, T& out) {
    if (auto const both = durations_of(what)) std::tie(out.*First, out.*Last) = *both;
  }
  template <auto M, class T> void read(given what, a_size<M>, T& out) { put(out.*M, size_of(what)); }
  template <auto M, class T> void read(given what, processors<M>, T& out) {
    put(out.*M, processors_of(what));
  }
  template <auto M, class T> void read(given what, texts<M>, T& out) { put(out.*M, texts_of(what)); }
  template <auto M, class T> void read(given what, paths<M>, T& out) { put(out.*M, paths_of(what)); }
  template <auto M, class T> void read(given what, arguments<M>, T& out) {
    auto line = command_of(what);
    if (!line) return;
    if (line->shell) line->command.insert(line->command.begin(), {"/bin/sh", "-c"});
    out.*M = std::move(line->command);
  }
  template <auto Command, auto Shell, class T> void read(given what, a_command<Command, Shell>, T& out) {
    auto line = command_of(what);
    if (!line) return;
    out.*Command = std::move(line->command);
    out.*Shell = line->shell;
  }
  template <auto M, class T> void read(given what, a_port<M>, T& out) { put(out.*M, port_of(what)); }
  template <auto Least, auto Most, class T> void read(given what, statuses<Least, Most>, T& out) {
    if (auto const both = statuses_of(what)) std::tie(out.*Least, out.*Most) = *both;
  }
  template <auto M, class T> void read(given what, variables<M>, T& out) { put(out.*M, variables_of(what)); }
  template <auto M, class T> void read(given what, a_table<M>, T& out) {
    if constexpr (is_optional<std::remove_cvref_t<decltype(out.*M)>>)
      read_table(what.value, what.name, (out.*M).emplace());
    else
      read_table(what.value, what.name, out.*M);
  }
  template <auto M, class T> void read(given what, a_probe<M>, T& out) {
    auto& probe = (out.*M).emplace();
    if (what.value.text() == nullptr) return read_table(what.value, what.name, probe);
    constexpr std::array<std::string_view, 1> beginnings{"/"};
    put(probe.path, text_of(what, beginnings));
  }
  template <auto M, class T> void read(given what, tables_by_name<M>, T& out) {
    auto const* inside = what.value.members();
    if (inside == nullptr) return what.refuse_kind("a table for each: [service.web]");
    for (auto const& each : inside->members) {
      auto const path = what.name + "." + toml_key(each.key);
      if (!parse_name(what.name, each.key))
        told_.tell(error_code::name_invalid, each.at,
                   fmt::format("{} is no name of a service", in_quotes(each.key)),
                   "1 to 63 of a-z, 0-9 and '-', not starting or ending with '-'");
      auto& fresh = (out.*M).emplace_back();
      fresh.name = each.key;
      read_table(each.value, path, fresh);
    }
  }

  mistakes& told_;
  std::vector<std::string_view> providers_;
};

void lay_over(table& under, table&& over) {
  for (auto& each : over.members) {
    auto* known = find(under, each.key);
    if (known == nullptr) {
      under.members.push_back(std::move(each));
      continue;
    }
    auto* inside = known->value.members();
    auto* above = each.value.members();
    if (inside != nullptr && above != nullptr)
      lay_over(*inside, std::move(*above));
    else
      *known = std::move(each);
  }
}

void set_source(node& what, std::uint32_t source) {
  what.at.source = source;
  if (auto* inside = what.members()) {
    for (auto& each : inside->members) {
      each.at.source = source;
      set_source(each.value, source);
    }
  } else if (auto* list = std::get_if<std::vector<node>>(&what.value)) {
    for (auto& each : *list) set_source(each, source);
  }
}

void collect_origins(table const& from, std::string const& path, std::vector<document> const& layers,
                     std::vector<key_origin>& out) {
  for (auto const& each : from.members) {
    auto const name = path.empty() ? toml_key(each.key) : path + "." + toml_key(each.key);
    if (auto const* inside = each.value.members()) {
      collect_origins(*inside, name, layers, out);
      continue;
    }
    auto const& about = layers[each.at.source].about;
    out.push_back({name, about.from, about.name, each.at.line});
  }
}

std::vector<std::string_view> providers_among(table const& root, reader_options const& options) {
  std::vector<std::string_view> out(known_providers.begin(), known_providers.end());
  out.insert(out.end(), options.plugins.begin(), options.plugins.end());
  auto const* named = find(root, "provider");
  auto const* text = named == nullptr ? nullptr : named->value.text();
  if (text != nullptr && std::ranges::find(out, *text) == out.end()) out.emplace_back(*text);
  return out;
}

result<document> as_document(source about, std::expected<node, text_mistake> root) {
  if (root) return document{std::move(about), *std::move(root)};
  mistakes told(std::vector<source const*>{&about});
  told.tell(root.error());
  return std::unexpected(told.as_error());
}

}  // namespace

result<document> parse_document(source about) {
  auto root = parse_toml(about.text);
  return as_document(std::move(about), std::move(root));
}

result<document> parse_json_document(source about) {
  auto root = parse_json(about.text);
  return as_document(std::move(about), std::move(root));
}

document setting(layer from, std::string name, std::vector<std::string> const& path, node value) {
  for (auto key = path.rbegin(); key != path.rend(); ++key) {
    node outer{table{}, {}};
    outer.members()->members.emplace_back(*key, place{}, std::move(value));
    value = std::move(outer);
  }
  return {{from, std::move(name), {}}, std::move(value)};
}

std::vector<document> settings_of_environment(std::span<std::string const> variables) {
  constexpr std::string_view name = "OSTLER_PROVIDER";
  std::vector<document> out;
  for (auto const& each : variables)
    if (each.starts_with(name) && each.size() > name.size() + 1 && each[name.size()] == '=')
      out.push_back(
          setting(layer::environment, std::string(name), {"provider"}, {each.substr(name.size() + 1), {}}));
  return out;
}

result<project> read_project(std::vector<document> layers, reader_options const& options) {
  std::vector<source const*> sources;
  node root{table{}, {}};
  for (auto& each : layers) {
    set_source(each.root, static_cast<std::uint32_t>(sources.size()));
    sources.push_back(&each.about);
    ensure(each.root.members() != nullptr, "a document is a table");
    lay_over(*root.members(), std::move(*each.root.members()));
  }
  mistakes told(std::move(sources));
  project out;
  reader(told, providers_among(*root.members(), options)).read_table(root, "", out);
  if (told.none()) check_project(out, *root.members(), told);
  if (!told.none()) return std::unexpected(told.as_error());
  collect_origins(*root.members(), "", layers, out.origins);
  std::ranges::sort(out.origins, {}, &key_origin::key);
  return out;
}

result<project> read_toml(std::string name, std::string text, reader_options const& options) {
  auto read = parse_document({layer::project, std::move(name), std::move(text)});
  if (!read) return std::unexpected(read.error());
  std::vector<document> layers;
  layers.push_back(*std::move(read));
  return read_project(std::move(layers), options);
}

}  // namespace ostler::config
