#include "operations/routes.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string>

#include "base/ensure.hpp"
#include "operations/all.hpp"
#include "operations/shown.hpp"

namespace ostler::operations {
namespace {

constexpr std::array every_method{http_method::get, http_method::put, http_method::post, http_method::patch,
                                  http_method::remove};

std::size_t place_of(http_method method) { return static_cast<std::size_t>(method); }

route captured_of(operation_entry const& entry, std::string_view path) {
  route out;
  out.operation = &entry;
  auto rest = path;
  each_segment(entry.about->path, [&](std::string_view segment) {
    rest.remove_prefix(1);
    auto const given = rest.substr(0, std::min(rest.find('/'), rest.size()));
    rest.remove_prefix(given.size());
    if (is_placeholder(segment)) out.found.at(out.count++) = {placeholder_name(segment), given};
    return true;
  });
  return out;
}

}  // namespace

route_table::route_table(std::span<operation_entry const> entries) : nodes_(1) {
  for (auto const& entry : entries) {
    node_number at = 0;
    each_segment(entry.about->path, [&](std::string_view segment) {
      at = below(at, segment);
      return true;
    });
    auto& place = nodes_[at].operations.at(place_of(entry.about->method));
    ensure(place == nullptr, "a route stands once in the table");
    place = &entry;
  }
}

route_table::node_number route_table::below(node_number at, std::string_view segment) {
  auto const made = static_cast<node_number>(nodes_.size());
  if (is_placeholder(segment)) {
    if (nodes_[at].placeholder != 0) return nodes_[at].placeholder;
    nodes_[at].placeholder = made;
  } else {
    auto& words = nodes_[at].words;
    auto const place = std::ranges::lower_bound(words, segment, {}, &word::text);
    if (place != words.end() && place->text == segment) return place->next;
    words.insert(place, word{segment, made});
  }
  nodes_.emplace_back();
  return made;
}

operation_entry const* route_table::search(node_number at, std::string_view rest, http_method method) const {
  auto const size = std::min(rest.find('/'), rest.size());
  auto const segment = rest.substr(0, size);
  bool const last = size == rest.size();
  auto const go_on = [&](node_number next) {
    return last ? nodes_[next].operations.at(place_of(method)) : search(next, rest.substr(size + 1), method);
  };
  auto const& words = nodes_[at].words;
  auto const found = std::ranges::lower_bound(words, segment, {}, &word::text);
  if (found != words.end() && found->text == segment)
    if (auto const* entry = go_on(found->next)) return entry;
  bool const captures = nodes_[at].placeholder != 0 && !segment.empty();
  return captures ? go_on(nodes_[at].placeholder) : nullptr;
}

result<route> route_table::find(std::string_view method, std::string_view path) const {
  bool const can_be = path.starts_with('/') && path.size() <= target_path_max;
  std::string others;
  for (auto const one : every_method) {
    auto const* entry = can_be ? search(0, path.substr(1), one) : nullptr;
    if (entry == nullptr) continue;
    if (name(one) == method) return captured_of(*entry, path);
    others += (others.empty() ? "" : ", ") + std::string(name(one));
  }
  if (others.empty())
    return fail(error_code::operation_unknown, fmt::format("there is nothing at {}", shown(path)));
  return fail(error_code::method_refused,
              fmt::format("{} is not for {}; allowed: {}", shown(path), shown(method), others), others);
}

route_table const& all_routes() {
  static route_table const table(all());
  return table;
}

}  // namespace ostler::operations
