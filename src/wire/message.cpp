#include "wire/message.hpp"

#include <utility>

namespace ostler::wire {

result<message> message::parse(std::string_view text) {
  auto body = detail::parse(text);
  if (!body) return std::unexpected(body.error());
  auto head = read<any_message>(*body, "$");
  if (!head) return std::unexpected(head.error());
  message made;
  made.head_ = std::move(*head);
  made.body_ = std::move(*body);
  return made;
}

std::optional<error> message::refusal() const {
  auto const* object = body_.if_object();
  if (object == nullptr || !object->contains("error")) return std::nullopt;
  auto const read = part<told_error>("error");
  return read ? heard(*read) : read.error();
}

std::string refusal_text(std::uint64_t id, error const& why) {
  return fmt::format(R"({{"id":{},"error":{}}})", id, to_json(told(why)));
}

std::string refused_text(error const& why) {
  return fmt::format(R"({{"type":"refused","error":{}}})", to_json(told(why)));
}

}  // namespace ostler::wire
