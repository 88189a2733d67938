// Arbitrary bytes as ostler.toml: read or refused with a message that is fit to show, and what is read is
// written and read again as the same project.
#include <string>

#include "config/json_tree.hpp"
#include "config/reader.hpp"
#include "config/writer.hpp"
#include "fuzz/target.hpp"
#include "wire/json.hpp"

namespace {

void expect_fit_to_show(ostler::error const& refusal) {
  using namespace ostler;
  fuzz::expect_fit_to_show(refusal.message);
  // Up to ten mistakes with a line each.
  ensure(refusal.detail.size() <= 24UL * 1024, "evidence does not repeat all that it refuses");
  for (std::string_view rest = refusal.detail; !rest.empty();) {
    auto const end = std::min(rest.find('\n'), rest.size());
    fuzz::expect_fit_to_show(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::string without_origins(ostler::config::project what) {
  what.origins.clear();
  return ostler::wire::to_json(what);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ostler;
  std::string const text(fuzz::as_text(data, size));
  auto const first = config::read_toml("ostler.toml", text);
  if (!first) expect_fit_to_show(first.error());
  auto const other = config::parse_json_document({config::layer::project, "-", text});
  if (!other) expect_fit_to_show(other.error());
  if (!first) return 0;
  auto const written = config::to_toml(*first);
  // Escapes may make it larger than a file may be.
  if (written.size() > config::text_size_max) return 0;
  auto const second = config::read_toml("written.toml", written);
  ensure(second.has_value(), "a project that was written can be read");
  ensure(without_origins(*second) == without_origins(*first), "a project reads back as it was");
  return 0;
}
