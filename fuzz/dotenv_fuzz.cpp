// Arbitrary bytes as a .env file: read or refused, within the limits, and what was read is an environment.
#include <string>
#include <vector>

#include "fuzz/target.hpp"
#include "keeper/environment/compose.hpp"
#include "keeper/environment/variables.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ostler;
  std::vector<keeper::environment_layer> const layers{
      keeper::plain_layer{{"HOME=/h", "EMPTY="}},
      keeper::file_layer{.path = ".env", .text = std::string(fuzz::as_text(data, size))},
  };
  auto const made = keeper::compose_environment(layers);
  if (!made) {
    fuzz::expect_fit_to_show(made.error().message);
    return 0;
  }
  std::size_t total = 0;
  for (auto const& each : *made) {
    ensure(keeper::is_variable_name(std::string_view(each).substr(0, each.find('='))), "a name is a name");
    ensure(each.find('\0') == each.npos && each.size() < keeper::variable_size_max,
           "a process can be given it");
    total += each.size();
  }
  ensure(total <= keeper::environment_size_max, "an environment is within its limit");
  ensure(
      keeper::compose_environment(std::vector<keeper::environment_layer>{keeper::plain_layer{*made}}) == made,
      "what was made is an environment");
  return 0;
}
