// Bytes of a client of the door: heads and bodies, in pieces of any size, and what the guard makes of them.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "control/guard.hpp"
#include "control/http/request_reader.hpp"
#include "control/http/upgrade.hpp"
#include "fuzz/target.hpp"
#include "operations/routes.hpp"

namespace {

using namespace ostler;
using namespace ostler::control;

void judge(http::request_head const& head) {
  static auto const ours = authorities_of(7070);
  static token_book const nobody;
  auto const protocols = head.list("sec-websocket-protocol");
  knock const what{.door = door_kind::tcp,
                   .host = head.all("host"),
                   .origin = head.all("origin"),
                   .fetch_site = head.all("sec-fetch-site"),
                   .authorization = head.all("authorization"),
                   .protocols = protocols};
  if (auto const done = refuse_pages(what, ours); !done) fuzz::expect_fit_to_show(done.error().message);
  auto const who = identify(what, nobody);
  ensure(!who, "nobody comes in where there is no token");
  fuzz::expect_fit_to_show(who.error().message);
  auto const route = operations::all_routes().find(head.method, head.path);
  if (!route) fuzz::expect_fit_to_show(route.error().message);
  static_cast<void>(http::agree_to_upgrade(head));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  auto const piece = static_cast<unsigned char>(input.front()) + 1UL;
  input.remove_prefix(1);
  http::request_reader reader;
  std::string waiting;
  bool judged = false;
  std::size_t body = 0;
  while (!input.empty() && !reader.done()) {
    waiting += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
    for (std::size_t taken = 1; taken > 0 && !waiting.empty() && !reader.done();) {
      auto const got = reader.read(waiting);
      if (!got) {
        fuzz::expect_fit_to_show(got.error().message);
        return 0;
      }
      taken = *got;
      ensure(taken <= waiting.size(), "no more is taken than was given");
      waiting.erase(0, taken);
      body += reader.take_body().size();
    }
    if (reader.head_done() && !judged) judge(reader.head());
    judged = reader.head_done();
  }
  ensure(body <= size, "no more comes out than went in");
  return 0;
}
