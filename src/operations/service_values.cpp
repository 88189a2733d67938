#include "operations/service_values.hpp"

#include <fmt/format.h>

namespace ostler::operations {

void write(std::string& out, service_map const& value) {
  out += '{';
  for (auto const& [name, brief] : value.services) {
    wire::write_part(out, name);
    out += ':';
    wire::write_part(out, brief);
    out += ',';
  }
  out += '"';
  out += timestamp_key;
  out += "\":";
  wire::write_part(out, value.timestamp);
  out += '}';
}

result<void> read(service_map& out, wire::json_value const& from, std::string const& path) {
  auto const* object = from.if_object();
  if (object == nullptr) return fail(error_code::text_malformed, path + " is not an object");
  out = {};
  for (auto const& member : *object) {
    auto const name = std::string(member.key());
    auto const below = fmt::format("{}.{}", path, in_quotes(name));
    if (name == timestamp_key) {
      if (auto done = wire::read_part(out.timestamp, member.value(), below); !done) return done;
      continue;
    }
    auto& entry = out.services.emplace_back(name);
    if (auto done = wire::read_part(entry.brief, member.value(), below); !done) return done;
  }
  return {};
}

}  // namespace ostler::operations
