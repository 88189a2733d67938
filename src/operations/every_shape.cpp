#include "operations/every_shape.hpp"

#include <algorithm>

#include "operations/all.hpp"
#include "operations/error_values.hpp"

namespace ostler::operations {
namespace {

void gather(std::vector<shape const*>& found, shape const& form) {
  if (form.element != nullptr) gather(found, *form.element);
  for (auto const* one : form.alternatives) gather(found, *one);
  bool const has_name = form.kind == shape_kind::structure || form.kind == shape_kind::enumeration;
  if (!has_name || std::ranges::find(found, &form) != found.end()) return;
  found.push_back(&form);
  for (auto const& field : form.members) gather(found, *field.form);
}

std::vector<shape const*> by_name(std::vector<shape const*> found) {
  std::ranges::sort(found, {}, &shape::name);
  return found;
}

void gather_of(std::vector<shape const*>& found, spoken_by side) {
  if (side == spoken_by::daemon) gather(found, shape_of<error_answer>);
  for (auto const& entry : all()) {
    if (side == spoken_by::daemon) {
      gather(found, *entry.answer);
      gather(found, *entry.line);
      continue;
    }
    gather(found, *entry.request);
    gather(found, *entry.incoming);
  }
}

}  // namespace

std::vector<shape const*> every_shape() {
  std::vector<shape const*> found;
  gather_of(found, spoken_by::client);
  gather_of(found, spoken_by::daemon);
  return by_name(std::move(found));
}

std::vector<shape const*> every_shape(spoken_by side) {
  std::vector<shape const*> found;
  gather_of(found, side);
  return by_name(std::move(found));
}

}  // namespace ostler::operations
