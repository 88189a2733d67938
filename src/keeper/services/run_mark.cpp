#include "keeper/services/run_mark.hpp"

#include <cstring>

#include "system/files.hpp"

namespace ostler::keeper {

std::optional<run_mark> read_mark(home const& place, std::string const& service) {
  auto const text = system::read_file_at(place.get(), "marks/" + service, 64);
  run_mark mark;
  if (!text || text->size() != sizeof mark) return std::nullopt;
  std::memcpy(&mark, text->data(), sizeof mark);
  return mark;
}

}  // namespace ostler::keeper
