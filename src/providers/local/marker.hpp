// The file that says whose a directory is. Nothing without it is ever changed or removed.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>

#include "base/id.hpp"
#include "base/result.hpp"

namespace ostler::providers::local {

struct marker {
  int version = 1;
  std::string daemon;
  instance_id instance;
  std::uint32_t generation = 0;
  std::string kind;
  std::string label;
  std::string name;
  // False while it is being filled: a copy that was cut off is begun again.
  bool whole = false;
  // Of a keeper's home: which keeper was launched in it last.
  std::string keeper;
  std::uint32_t keeper_generation = 0;
};
BOOST_DESCRIBE_STRUCT(marker, (),
                      (version, daemon, instance, generation, kind, label, name, whole, keeper,
                       keeper_generation))

// Survives a power cut: a directory with half a marker would be nobody's.
result<void> write_marker(int directory, marker const& value);
// file_unknown when there is none.
result<marker> read_marker(int directory);

}  // namespace ostler::providers::local
