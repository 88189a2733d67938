// Bytes of whoever answers a client, in pieces: what is taken does not depend on how they were cut.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "client/http.hpp"
#include "fuzz/target.hpp"

namespace {

using namespace ostler;

std::string read_all(std::string_view bytes, std::size_t piece) {
  client::response_reader reader;
  std::string out;
  while (!bytes.empty() && !reader.is_done()) {
    auto const space = reader.space();
    auto const count = std::min({space.size(), bytes.size(), piece});
    bytes.copy(space.data(), count);
    reader.filled(count);
    bytes.remove_prefix(count);
    auto const head = reader.head();
    if (!head) {
      fuzz::expect_fit_to_show(head.error().message);
      return "refused";
    }
    if (*head == nullptr) continue;
    for (;;) {
      auto const part = reader.body();
      if (!part) {
        fuzz::expect_fit_to_show(part.error().message);
        return out + " refused";
      }
      if (!*part) break;
      ensure(!(*part)->empty(), "a piece holds something");
      out += **part;
    }
  }
  return out + (reader.is_done() ? " done" : " torn");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  auto const piece = static_cast<unsigned char>(input.front()) + 1UL;
  auto const bytes = input.substr(1);
  ensure(read_all(bytes, piece) == read_all(bytes, bytes.size() + 1),
         "what was answered does not depend on how the bytes were cut");
  return 0;
}
