#include "operations/openapi.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <vector>

#include "operations/all.hpp"
#include "operations/every_shape.hpp"
#include "operations/field_facts.hpp"
#include "operations/json_building.hpp"
#include "operations/schema.hpp"

namespace ostler::operations {
namespace {

constexpr std::string_view references = "#/components/schemas/";
constexpr schema_style in_body{.place = schema_place::body, .references = references};
constexpr schema_style in_query{.place = schema_place::query, .references = references};
constexpr schema_style in_answer{.place = schema_place::answer, .references = references};

std::string reference(std::string_view to) { return json_object().text("$ref", to).str(); }

std::string content(std::string_view media, std::string_view schema) {
  return json_object().add(media, json_object().add("schema", schema).str()).str();
}

std::string_view group_of(operation_facts const& about) {
  return about.name.substr(0, std::min(about.name.find('.'), about.name.size()));
}

std::vector<std::string_view> fields_of_path(operation_entry const& entry) {
  std::vector<std::string_view> names;
  for (auto const& field : entry.request->members)
    if (is_in_path(*entry.about, field.name)) names.push_back(field.name);
  return names;
}

std::string parameters_of(operation_entry const& entry) {
  json_array out;
  for (auto const& field : entry.request->members) {
    bool const in_path = is_in_path(*entry.about, field.name);
    if (!in_path && sends_json(*entry.about)) continue;
    auto const* about = facts_of(entry.request->name, field.name);
    auto const rule = about == nullptr ? field_rule{} : about->rule;
    json_object schema;
    schema.merge(schema_of_field(*field.form, rule, in_query));
    auto given = in_path || rule.required ? std::string() : default_of(*entry.request, field);
    if (field.form->kind == shape_kind::duration && !given.empty()) given = json_string(given + "ms");
    if (!given.empty()) schema.add("default", given);
    json_object parameter;
    parameter.text("name", field.name).text("in", in_path ? "path" : "query");
    if (about != nullptr) parameter.text("description", about->sentence);
    parameter.flag("required", in_path || rule.required).add("schema", schema.str());
    out.add(parameter.str());
  }
  bool const takes_key =
      entry.about->kind != operation_kind::read && entry.about->transport != operation_transport::websocket;
  if (takes_key) out.add(reference("#/components/parameters/idempotency_key"));
  return out.empty() ? std::string() : out.str();
}

std::string body_of(operation_entry const& entry) {
  auto const& about = *entry.about;
  if (about.transport == operation_transport::bytes_in)
    return json_object().flag("required", true).add("content", content(about.media, "{}")).str();
  auto const elsewhere = fields_of_path(entry);
  if (!sends_json(about) || entry.request->members.size() == elsewhere.size()) return {};
  auto const schema = schema_of(*entry.request, in_body, elsewhere);
  bool const needed = std::ranges::any_of(entry.request->members, [&](member const& field) {
    auto const* facts = facts_of(entry.request->name, field.name);
    return facts != nullptr && facts->rule.required && !is_in_path(about, field.name);
  });
  return json_object().flag("required", needed).add("content", content("application/json", schema)).str();
}

std::string success_of(operation_entry const& entry) {
  auto const& about = *entry.about;
  if (about.transport == operation_transport::websocket) {
    json_object out;
    out.text("description", "The connection is a WebSocket from now on.");
    if (entry.answer->name != "done")
      out.add("x-ostler-sends", schema_of_field(*entry.answer, {}, in_answer));
    if (entry.incoming->name != "done")
      out.add("x-ostler-takes", schema_of_field(*entry.incoming, {}, in_body));
    return out.str();
  }
  json_object out;
  out.text("description", "Done as asked.");
  if (about.transport == operation_transport::bytes_out)
    return out.add("content", content(about.media, "{}")).str();
  json_object media;
  media.merge(content("application/json", schema_of_field(*entry.answer, {}, in_answer)));
  if (!about.lines_when.empty())
    media.merge(content("application/jsonl", schema_of_field(*entry.line, {}, in_answer)));
  return out.add("content", media.str()).str();
}

// One answer for each status; its description names the codes.
std::string responses_of(operation_entry const& entry) {
  std::map<int, std::string> statuses;
  for (auto const code : errors_of(entry)) {
    auto const& known = facts(code);
    auto& text = statuses[known.http_status];
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", known.code, known.name);
  }
  json_object out;
  bool const upgrades = entry.about->transport == operation_transport::websocket;
  out.add(upgrades ? "101" : "200", success_of(entry));
  for (auto const& [status, text] : statuses)
    out.add(fmt::format("{}", status),
            json_object().text("$ref", "#/components/responses/refused").text("description", text).str());
  return out.str();
}

std::string tool_of(tool_facts const& tool) {
  return json_object()
      .text("name", tool.name)
      .text("set", name(tool.set))
      .flag("readOnlyHint", tool.read_only)
      .flag("destructiveHint", tool.destructive)
      .flag("idempotentHint", tool.idempotent)
      .flag("openWorldHint", tool.open_world)
      .str();
}

std::string operation_of(operation_entry const& entry) {
  auto const& about = *entry.about;
  json_object out;
  out.text("operationId", about.name).add("tags", json_array().text(group_of(about)).str());
  out.text("summary", about.help);
  if (!about.detail.empty()) out.text("description", about.detail);
  if (auto const parameters = parameters_of(entry); !parameters.empty()) out.add("parameters", parameters);
  if (auto const body = body_of(entry); !body.empty()) out.add("requestBody", body);
  out.add("responses", responses_of(entry));
  out.text("x-ostler-kind", name(about.kind)).text("x-ostler-scope", name(about.scope));
  out.text("x-ostler-transport", name(about.transport)).flag("x-ostler-idempotent", about.idempotent);
  if (!about.command.empty()) out.text("x-ostler-command", fmt::format("ostler {}", about.command));
  if (about.tool) out.add("x-ostler-tool", tool_of(about.tool));
  return out.str();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string paths() {
  json_object out;
  std::vector<std::string_view> written;
  for (auto const& entry : all()) {
    auto const path = entry.about->path;
    if (std::ranges::find(written, path) != written.end()) continue;
    written.push_back(path);
    json_object methods;
    for (auto const& other : all())
      if (other.about->path == path) methods.add(lower(name(other.about->method)), operation_of(other));
    out.add(path, methods.str());
  }
  return out.str();
}

// Requests themselves stand where they are taken; here is what they and the answers are made of.
std::string schemas() {
  std::vector<shape const*> requests;
  for (auto const& entry : all()) requests.push_back(entry.request);
  auto const said = every_shape(spoken_by::daemon);
  json_object out;
  for (auto const* form : every_shape()) {
    bool const by_daemon = std::ranges::find(said, form) != said.end();
    bool const is_request = std::ranges::find(requests, form) != requests.end();
    if (is_request && !by_daemon) continue;
    out.add(form->name, schema_of(*form, by_daemon ? in_answer : in_body));
  }
  return out.str();
}

std::string components() {
  auto const key =
      json_object()
          .text("name", "Idempotency-Key")
          .text("in", "header")
          .text(
              "description",
              "The same request with the same key is carried out once, also after the connection "
              "was lost or the daemon was started again. Keys are remembered for a day, the newest 4096 of "
              "them; of a command, an upload or a restart in whose middle the daemon was killed, the repeat "
              "says so instead of doing it twice.")
          .flag("required", false)
          .add("schema", R"({"type":"string","minLength":1,"maxLength":128})")
          .str();
  auto const refused =
      json_object()
          .text("description", "It was refused, or it failed.")
          .add("content", content("application/json", schema_of_field(shape_of<error_answer>, {}, in_answer)))
          .str();
  return json_object()
      .add("schemas", schemas())
      .add("responses", json_object().add("refused", refused).str())
      .add("parameters", json_object().add("idempotency_key", key).str())
      .add("securitySchemes", R"({"token":{"type":"http","scheme":"bearer"}})")
      .str();
}

std::string tags() {
  json_array out;
  std::vector<std::string_view> written;
  for (auto const& entry : all()) {
    auto const group = group_of(*entry.about);
    if (std::ranges::find(written, group) != written.end()) continue;
    written.push_back(group);
    out.add(json_object().text("name", group).str());
  }
  return out.str();
}

}  // namespace

std::string openapi_document() {
  auto const info =
      json_object()
          .text("title", "Ostler")
          .text("version", "1")
          .text("description", "All that can be asked of the daemon. Printed from src/operations.")
          .str();
  auto const document = json_object()
                            .text("openapi", "3.1.0")
                            .add("info", info)
                            .text("jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema")
                            .add("security", R"([{"token":[]}])")
                            .add("tags", tags())
                            .add("paths", paths())
                            .add("components", components())
                            .str();
  return indented(document);
}

}  // namespace ostler::operations
