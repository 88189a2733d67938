#include "keeper/files/removal.hpp"

#include <utility>

namespace ostler::keeper {

result<system::tree_removal> open_removal(workspace const& files, std::string_view path) {
  auto top = files.place_of(path, last_link::kept);
  if (!top) return std::unexpected(top.error());
  return system::tree_removal::begin(std::move(top->directory), std::move(top->name));
}

}  // namespace ostler::keeper
