// Arbitrary bytes as a datagram of a service, and as what it prints: what is told of it is fit to be shown,
// and what is found in it is there.
#include <string>

#include "fuzz/target.hpp"
#include "keeper/probes/notify_message.hpp"
#include "keeper/probes/output_match.hpp"

namespace {

using namespace ostler;

void try_message(std::string_view text) {
  auto const read = keeper::parse_notify(text);
  if (!read) return;
  ensure(*read != keeper::notify_message{}, "what was read says something");
  if (!read->status) return;
  fuzz::expect_fit_to_show(*read->status);
  ensure(read->status->size() <= keeper::notify_status_max, "a status is short");
  auto const again = keeper::parse_notify("STATUS=" + *read->status);
  ensure(again && again->status == read->status, "a status that was made safe stays as it is");
}

// The first byte is where the rest is cut in two.
void try_match(std::string_view text) {
  if (text.empty()) return;
  auto const cut = std::min<std::size_t>(static_cast<unsigned char>(text.front()), text.size() - 1);
  text.remove_prefix(1);
  auto whole = keeper::output_match::make("ab+c").value();
  auto parts = keeper::output_match::make("ab+c").value();
  auto const found = whole.feed(keeper::output_stream::out, as_bytes(text));
  parts.feed(keeper::output_stream::out, as_bytes(text.substr(0, cut)));
  auto const found_too = parts.feed(keeper::output_stream::out, as_bytes(text.substr(cut)));
  ensure(!found || found_too, "what is found in one piece is found in two");
  ensure(text.contains('\x1b') || found == found_too, "without escapes, a cut changes nothing");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  try_message(text);
  try_match(text);
  return 0;
}
