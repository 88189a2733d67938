// Arbitrary bytes as a scenario: refused or read, and what is read is written and read again as the same. A
// scenario is written without its `about`.
#include <string>

#include "fuzz/target.hpp"
#include "simulation/scenario.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ostler;
  auto const first = simulation::parse_scenario(fuzz::as_text(data, size), "fuzzed.toml");
  if (!first) {
    fuzz::expect_fit_to_show(first.error().message);
    return 0;
  }
  std::string const written = simulation::write_scenario(*first);
  auto const second = simulation::parse_scenario(written, "written.toml");
  ensure(second.has_value(), "a scenario that was written can be read");
  ensure(second->numbers == first->numbers, "the numbers of a scenario read back as they were");
  ensure(simulation::write_scenario(*second) == written, "a scenario that was read is written as it was");
  return 0;
}
