#include "config/schema.hpp"

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/json_tree.hpp"
#include "config/keys.hpp"
#include "config/tree_maker.hpp"

namespace ostler::config {
namespace {

constexpr std::string_view name_pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
constexpr std::string_view duration_pattern = "(0|([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)";

template <class T> struct without_optional {
  using type = T;
};
template <class T> struct without_optional<std::optional<T>> {
  using type = T;
};
template <auto M> struct member_type;
template <class Owner, class Type, Type Owner::* M> struct member_type<M> {
  using type = typename without_optional<Type>::type;
};
template <auto M> using type_of = typename member_type<M>::type;

node text(std::string_view value) { return text_at({}, std::string(value)); }

node typed(std::string_view type) {
  auto out = table_at({});
  put(out, "type", text(type));
  return out;
}
node patterned(std::string_view pattern) {
  auto out = typed("string");
  put(out, "pattern", text(pattern));
  return out;
}
node whole(std::int64_t least, std::int64_t most) {
  auto out = typed("integer");
  put(out, "minimum", {least, {}});
  put(out, "maximum", {most, {}});
  return out;
}
node chosen(std::vector<std::string> const& choices) {
  auto out = table_at({});
  auto& list = std::get<std::vector<node>>(put(out, "enum", {std::vector<node>{}, {}}).value);
  for (auto const& each : choices) list.push_back(text(each));
  return out;
}
node either(node one, node other) {
  auto out = table_at({});
  auto& list = std::get<std::vector<node>>(put(out, "anyOf", {std::vector<node>{}, {}}).value);
  list.push_back(std::move(one));
  list.push_back(std::move(other));
  return out;
}
node list_of_texts(std::int64_t least) {
  auto out = typed("array");
  put(out, "items", typed("string"));
  put(out, "minItems", {least, {}});
  return out;
}

template <class T> node object_schema();

// One for each of the looks in keys.hpp.
template <auto M> node schema_of(a_text<M> looks) {
  std::string beginnings;
  for (auto const each : looks.beginnings)
    if (!each.empty()) beginnings += (beginnings.empty() ? "" : "|") + std::string(each);
  return beginnings.empty() ? typed("string") : patterned("^(" + beginnings + ")");
}
template <auto M> node schema_of(a_path<M>) { return patterned("^[^/~]"); }
template <auto M> node schema_of(a_name<M>) { return patterned(name_pattern); }
template <auto M> node schema_of(a_signal<M>) {
  std::vector<std::string> choices;
  for (auto const each : known_signals) choices.emplace_back(each);
  for (auto const each : known_signals) choices.push_back("SIG" + std::string(each));
  return chosen(choices);
}
template <auto M> node schema_of(a_word<M>) {
  std::vector<std::string> choices;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<type_of<M>>>(
      [&](auto one) { choices.emplace_back(one.name); });
  return chosen(choices);
}
template <auto M> node schema_of(a_flag<M>) { return typed("boolean"); }
template <auto M> node schema_of(a_whole<M> looks) { return whole(looks.least, looks.most); }
template <auto M> node schema_of(a_duration<M>) { return patterned(fmt::format("^{}$", duration_pattern)); }
template <auto First, auto Last> node schema_of(durations<First, Last>) {
  return patterned(fmt::format(R"(^{0}\.\.{0}$)", duration_pattern));
}
template <auto M> node schema_of(a_size<M>) {
  auto bytes = typed("integer");
  put(bytes, "minimum", {std::int64_t{1}, {}});
  return either(std::move(bytes), patterned("^[0-9]+[KMGT]?$"));
}
template <auto M> node schema_of(processors<M>) {
  auto out = typed("number");
  put(out, "minimum", {0.001, {}});
  put(out, "maximum", {std::int64_t{4096}, {}});
  return out;
}
template <auto M> node schema_of(texts<M>) { return either(typed("string"), list_of_texts(0)); }
template <auto M> node schema_of(paths<M>) { return either(patterned("^[^/~]"), list_of_texts(0)); }
template <auto M> node schema_of(arguments<M>) { return either(typed("string"), list_of_texts(1)); }
template <auto Command, auto Shell> node schema_of(a_command<Command, Shell>) {
  return either(typed("string"), list_of_texts(1));
}
template <auto M> node schema_of(a_port<M>) { return either(chosen({"auto"}), whole(1, port_max)); }
template <auto Least, auto Most> node schema_of(statuses<Least, Most>) {
  return either(whole(100, 599), patterned(R"(^[1-5][0-9][0-9]\.\.[1-5][0-9][0-9]$)"));
}
template <auto M> node schema_of(variables<M>) {
  auto out = typed("object");
  put(out, "propertyNames", patterned("^[A-Za-z_][A-Za-z0-9_]*$"));
  auto& values = put(out, "additionalProperties", table_at({}));
  auto& types = std::get<std::vector<node>>(put(values, "type", {std::vector<node>{}, {}}).value);
  for (std::string_view const each : {"string", "integer", "boolean"}) types.push_back(text(each));
  return out;
}
template <auto M> node schema_of(a_table<M>) { return object_schema<type_of<M>>(); }
template <auto M> node schema_of(a_probe<M>) { return either(patterned("^/"), object_schema<type_of<M>>()); }
template <auto M> node schema_of(tables_by_name<M>) {
  auto out = typed("object");
  put(out, "propertyNames", patterned(name_pattern));
  put(out, "additionalProperties", object_schema<typename type_of<M>::value_type>());
  return out;
}

template <class T> node object_schema() {
  auto out = typed("object");
  auto inside = table_at({});
  std::vector<node> required;
  for_each_key<T>([&](auto const& one) {
    auto value = table_at({});
    put(value, "description", text(one.about));
    auto looks = schema_of(one.looks);
    for (auto& each : looks.members()->members) put(value, std::move(each.key), std::move(each.value));
    put(inside, std::string(one.name), std::move(value));
    if (one.required) required.push_back(text(one.name));
  });
  put(out, "properties", std::move(inside));
  if (!required.empty()) put(out, "required", {std::move(required), {}});
  put(out, "additionalProperties", {false, {}});
  return out;
}

// JSON that people can read and compare.
std::string pretty(node const& value, std::size_t depth = 0) {
  auto const* inside = value.members();
  if (inside == nullptr || inside->members.empty()) {
    auto const* list = value.list();
    bool const of_tables = list != nullptr && !list->empty() && list->front().members() != nullptr;
    if (!of_tables) return json_text(value);
  }
  std::string const indent(2 * depth + 2, ' ');
  std::string out;
  if (auto const* list = value.list()) {
    for (auto const& each : *list)
      out += fmt::format("{}\n{}{}", out.empty() ? "" : ",", indent, pretty(each, depth + 1));
    return fmt::format("[{}\n{}]", out, indent.substr(2));
  }
  for (auto const& each : inside->members)
    out += fmt::format("{}\n{}{}: {}", out.empty() ? "" : ",", indent, json_quoted(each.key),
                       pretty(each.value, depth + 1));
  return fmt::format("{{{}\n{}}}", out, indent.substr(2));
}

}  // namespace

std::string json_schema() {
  auto root = table_at({});
  put(root, "$schema", text("http://json-schema.org/draft-07/schema#"));
  put(root, "title", text("ostler.toml"));
  auto whole_file = object_schema<project>();
  for (auto& each : whole_file.members()->members) {
    if (each.key == "additionalProperties") each.value = typed("object");
    put(root, std::move(each.key), std::move(each.value));
  }
  return pretty(root) + "\n";
}

}  // namespace ostler::config
