// Arbitrary bytes as files of other tools: refused with a message that is fit to show, or read as a project
// that can be written and read again.
#include <string>

#include "config/imports.hpp"
#include "config/reader.hpp"
#include "config/writer.hpp"
#include "fuzz/target.hpp"
#include "wire/json.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ostler;
  std::string const text(fuzz::as_text(data, size));
  for (auto const kind :
       {config::file_kind::compose, config::file_kind::procfile, config::file_kind::package}) {
    auto first = config::import_project(kind, {config::layer::project, "fuzzed", text});
    if (!first) {
      fuzz::expect_fit_to_show(first.error().message);
      continue;
    }
    for (auto const& each : first->not_mapped) fuzz::expect_fit_to_show(each.what);
    auto const written = config::to_toml(first->what);
    if (written.size() > config::text_size_max) continue;
    auto second = config::read_toml("written.toml", written);
    ensure(second.has_value(), "a project that was imported and written can be read");
    first->what.origins.clear();
    second->origins.clear();
    ensure(wire::to_json(*second) == wire::to_json(first->what), "an imported project reads back as it was");
  }
  return 0;
}
