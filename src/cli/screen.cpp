#include "cli/screen.hpp"

#include "base/bytes.hpp"
#include "system/files.hpp"

namespace ostler::cli {
namespace {

// The sixteen colours that every terminal lets its user choose.
std::string_view code_of(role how) {
  switch (how) {
    case role::ok: return "\x1b[32m";
    case role::busy: return "\x1b[34m";
    case role::warning: return "\x1b[33m";
    case role::failure: return "\x1b[31m";
    case role::attention: return "\x1b[35m";
    case role::muted: return "\x1b[2m";
    case role::strong: return "\x1b[1m";
  }
  return {};
}

}  // namespace

void channel::write(std::string_view text) const {
  if (facts_.descriptor < 0 || text.empty()) return;
  // A reader that has gone ends the program by SIGPIPE; what else can fail leaves nobody to be told.
  static_cast<void>(system::write_all(facts_.descriptor, as_bytes(text)));
}

void channel::line(std::string_view text) const {
  std::string whole(text);
  whole += '\n';
  write(whole);
}

std::string channel::paint(role how, std::string_view text) const {
  if (!facts_.coloured || text.empty()) return std::string(text);
  return std::string(code_of(how)) + std::string(text) + "\x1b[0m";
}

bool takes_colours(colour_facts const& facts, bool terminal) {
  if (facts.asked != colour_choice::automatic) return facts.asked == colour_choice::always;
  if (facts.refused) return false;
  if (facts.forced) return true;
  return terminal && !facts.dumb;
}

}  // namespace ostler::cli
