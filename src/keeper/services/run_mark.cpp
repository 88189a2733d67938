#include "keeper/services/run_mark.hpp"

#include <cstddef>
#include <cstring>

#include "system/files.hpp"

namespace ostler::keeper {

std::optional<run_mark> read_mark(home const& place, std::string const& service) {
  auto const text = system::read_file_at(place.get(), "marks/" + service, 64);
  run_mark mark;
  // A keeper of a former release did not say where the run before began.
  constexpr auto former_size = offsetof(run_mark, before);
  if (!text || (text->size() != sizeof mark && text->size() != former_size)) return std::nullopt;
  std::memcpy(&mark, text->data(), text->size());
  if (text->size() == former_size) mark.before = mark.position;
  return mark;
}

}  // namespace ostler::keeper
