#include "operations/all.hpp"

#include <algorithm>
#include <array>

#include "base/ensure.hpp"

namespace ostler::operations {
namespace {

template <class List> struct table_of;
template <class... Operations> struct table_of<boost::mp11::mp_list<Operations...>> {
  static constexpr std::array entries{entry_of<Operations>...};
};
constexpr auto const& table = table_of<all_operations>::entries;

// --- what must hold for every operation ---

consteval bool names_are_unique() {
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t j = i + 1; j < table.size(); ++j) {
      auto const& a = *table[i].about;
      auto const& b = *table[j].about;
      if (a.name == b.name || (a.tool && a.tool.name == b.tool.name)) return false;
      if (a.method == b.method && a.path == b.path) return false;
    }
  return true;
}
static_assert(names_are_unique(), "every name, tool and route stands once");

consteval bool placeholders_are_fields() {
  return std::ranges::all_of(table, [](operation_entry const& entry) {
    return each_segment(entry.about->path, [&](std::string_view segment) {
      if (!is_placeholder(segment)) return !segment.empty() && segment.find('{') == segment.npos;
      auto const* field = entry.request->find(placeholder_name(segment));
      return field != nullptr &&
             (field->form->kind == shape_kind::text || field->form->kind == shape_kind::integer);
    });
  });
}
static_assert(placeholders_are_fields(), "what stands in braces is a plain field of the request");

// An upgrade to a websocket is always a GET; its door looks at the origin before it does anything.
consteval bool nothing_is_changed_by_get() {
  return std::ranges::all_of(table, [](operation_entry const& entry) {
    auto const& about = *entry.about;
    auto const reads = about.kind == operation_kind::read;
    if (about.transport == operation_transport::websocket) return about.method == http_method::get;
    return reads == (about.method == http_method::get);
  });
}
static_assert(nothing_is_changed_by_get(), "GET reads, and whatever reads is GET");

constexpr bool fits_a_query(shape const& form) {
  switch (form.kind) {
    case shape_kind::list:
    case shape_kind::optional: return fits_a_query(*form.element);
    case shape_kind::structure:
    case shape_kind::json:
    case shape_kind::services:
    case shape_kind::choice: return false;
    case shape_kind::boolean:
    case shape_kind::integer:
    case shape_kind::text:
    case shape_kind::path:
    case shape_kind::duration:
    case shape_kind::time:
    case shape_kind::point:
    case shape_kind::identifier:
    case shape_kind::enumeration: return true;
  }
  return false;
}

consteval bool queries_are_flat() {
  return std::ranges::all_of(table, [](operation_entry const& entry) {
    return sends_json(*entry.about) || std::ranges::all_of(entry.request->members, [](member const& field) {
             return fits_a_query(*field.form);
           });
  });
}
static_assert(queries_are_flat(), "what stands in a query is plain, or a list of what is plain");

consteval bool facts_fit_together() {
  return std::ranges::all_of(table, [](operation_entry const& entry) {
    auto const& about = *entry.about;
    auto const reads = about.kind == operation_kind::read;
    auto const bytes =
        about.transport == operation_transport::bytes_in || about.transport == operation_transport::bytes_out;
    // Whoever names an instance needs a token for it at least.
    auto const named = is_in_path(about, "instance");
    auto const* lines = about.lines_when.empty() ? nullptr : entry.request->find(about.lines_when);
    return about.help.size() <= 100 && !about.help.ends_with('.') && bytes == !about.media.empty() &&
           (!reads || about.idempotent) && (!named || about.scope != operation_scope::read_only) &&
           (reads || about.scope != operation_scope::read_only) &&
           (about.lines_when.empty() || (lines != nullptr && lines->form->kind == shape_kind::boolean));
  });
}
static_assert(facts_fit_together());

consteval bool tools_are_honest() {
  return std::ranges::all_of(table, [](operation_entry const& entry) {
    auto const& about = *entry.about;
    if (!about.tool) return about.tool.name.empty();
    return about.tool.read_only == (about.kind == operation_kind::read) &&
           about.tool.destructive == (about.kind == operation_kind::destroy);
  });
}
static_assert(tools_are_honest(), "what a tool says of itself is what the operation is");

// --- errors ---

constexpr std::array for_all{error_code::usage,          error_code::text_malformed,
                             error_code::body_too_large, error_code::not_authorized,
                             error_code::scope_refused,  error_code::operation_unknown,
                             error_code::method_refused, error_code::system_exhausted,
                             error_code::origin_refused, error_code::too_many_requests};
constexpr std::array for_fields{error_code::name_invalid, error_code::value_unknown,
                                error_code::value_out_of_range, error_code::duration_invalid};
constexpr std::array for_changes{error_code::request_key_reused, error_code::storage_failed,
                                 error_code::storage_busy};
constexpr std::array for_keepers{error_code::invalid_state,   error_code::link_failed,
                                 error_code::link_lost,       error_code::timed_out,
                                 error_code::feature_missing, error_code::not_permitted};

}  // namespace

std::span<operation_entry const> all() { return table; }

operation_entry const* find_operation(std::string_view name) {
  auto const found =
      std::ranges::find(table, name, [](operation_entry const& entry) { return entry.about->name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<error_code> errors_of(operation_entry const& entry) {
  auto const& about = *entry.about;
  std::vector<error_code> found(for_all.begin(), for_all.end());
  auto const add = [&](auto const& more) { found.insert(found.end(), more.begin(), more.end()); };
  if (!entry.request->members.empty()) add(for_fields);
  if (about.kind != operation_kind::read && about.transport != operation_transport::websocket)
    add(for_changes);
  if (is_in_path(about, "instance")) found.push_back(error_code::instance_unknown);
  if (about.asks_keeper) add(for_keepers);
  add(about.errors);
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

std::string_view name(http_method method) {
  switch (method) {
    case http_method::get: return "GET";
    case http_method::put: return "PUT";
    case http_method::post: return "POST";
    case http_method::patch: return "PATCH";
    case http_method::remove: return "DELETE";
  }
  ensure(false, "every method has a name");
  return {};
}

std::string_view name(operation_kind kind) {
  switch (kind) {
    case operation_kind::read: return "read";
    case operation_kind::change: return "change";
    case operation_kind::destroy: return "destroy";
  }
  ensure(false, "every kind has a name");
  return {};
}

std::string_view name(operation_scope scope) {
  switch (scope) {
    case operation_scope::read_only: return "read_only";
    case operation_scope::one_instance: return "one_instance";
    case operation_scope::admin: return "admin";
  }
  ensure(false, "every scope has a name");
  return {};
}

std::string_view name(operation_transport transport) {
  switch (transport) {
    case operation_transport::json: return "json";
    case operation_transport::bytes_out: return "bytes_out";
    case operation_transport::bytes_in: return "bytes_in";
    case operation_transport::websocket: return "websocket";
  }
  ensure(false, "every transport has a name");
  return {};
}

std::string_view name(tool_set set) {
  switch (set) {
    case tool_set::none: return "none";
    case tool_set::core: return "core";
    case tool_set::files: return "files";
    case tool_set::admin: return "admin";
  }
  ensure(false, "every set of tools has a name");
  return {};
}

}  // namespace ostler::operations
