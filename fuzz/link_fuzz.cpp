// Bytes of a keeper link: frames in pieces, and the messages in them read as everything they could be.
#include <algorithm>
#include <string_view>

#include "base/ensure.hpp"
#include "fuzz/target.hpp"
#include "wire/frame.hpp"
#include "wire/keeper_spec.hpp"
#include "wire/keeper_verbs.hpp"
#include "wire/log_records.hpp"
#include "wire/message.hpp"

namespace {

using namespace ostler;

template <class... Params> void read_as(wire::message const& content) {
  (static_cast<void>(content.params<Params>()), ...);
  (static_cast<void>(content.as<Params>()), ...);
}

void read_message(std::string_view text) {
  auto const content = wire::message::parse(text);
  if (!content) return;
  static_cast<void>(content->refusal());
  read_as<wire::hello, wire::registered, wire::agent_register, wire::agent_error, wire::keeper_event,
          wire::signal_params, wire::stop_params, wire::forget_params, wire::keeper_status, wire::keeper_spec,
          wire::services_named, wire::log_read, wire::exec_start, wire::session_attach, wire::file_write,
          wire::file_archive, wire::port_forward>(*content);
}

void read_frames(std::string_view bytes, std::size_t piece) {
  wire::frame_reader reader;
  while (!bytes.empty()) {
    auto const space = reader.space();
    auto const count = std::min({space.size(), bytes.size(), piece});
    bytes.copy(space.data(), count);
    reader.filled(count);
    bytes.remove_prefix(count);
    for (;;) {
      auto const next = reader.next();
      // The stream is lost, as it would be for a keeper.
      if (!next) return;
      if (!*next) break;
      ensure((*next)->payload.size() <= wire::control_size_max, "no frame is beyond its limit");
      if ((*next)->kind == wire::frame_kind::control) read_message((*next)->payload);
      static_cast<void>(wire::credit_of(**next));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = fuzz::as_text(data, size);
  if (input.empty()) return 0;
  read_frames(input.substr(1), static_cast<unsigned char>(input.front()) + 1UL);
  read_message(input);
  return 0;
}
