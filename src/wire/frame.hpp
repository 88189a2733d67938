// Frames of the keeper link, over any stream of bytes: a length, a kind, the number of a stream, then bytes.
//
//   0        4      5          9
//   | length | kind | stream   | payload of `length` bytes |        numbers little-endian
//
// Control frames carry one JSON message each and belong to stream 0. Everything else belongs to a stream
// whose number the client chose when it asked for it, so that no answer has to be awaited before bytes flow.
// Each direction of a stream may only send as many bytes of data as the other side gave credit for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ostler::wire {

//   control  a JSON message
//   data     bytes of a stream
//   end      no more data will come in this direction
//   credit   four bytes: so many more bytes of data may be sent to me
//   cancel   the stream is given up in both directions; the payload may be an error as JSON
enum class frame_kind : std::uint8_t { control, data, end, credit, cancel };
inline constexpr int frame_kind_count = 5;

constexpr std::size_t frame_header_size = 9;
constexpr std::size_t control_size_max = 1024UL * 1024;
constexpr std::size_t data_size_max = 64UL * 1024;

struct frame {
  frame_kind kind = frame_kind::control;
  std::uint32_t stream = 0;
  // Valid until the reader is used again.
  std::string_view payload;
};

// Appends. The payload must be within the limit of its kind.
void write_frame(std::string& out, frame_kind kind, std::uint32_t stream, std::string_view payload);
void write_control(std::string& out, std::string_view message);
void write_credit(std::string& out, std::uint32_t stream, std::uint32_t bytes);
// The header alone, for those who send the payload from where it lies.
void write_frame_header(std::string& out, frame_kind kind, std::uint32_t stream, std::size_t size);
// Nothing when the payload is not that of a credit.
std::optional<std::uint32_t> credit_of(frame const& value);

// Cuts what arrives into frames. Holds at most one frame that is not complete, and nothing while idle.
class frame_reader {
 public:
  // Where the next bytes go: never empty. Then `filled` says how many came.
  std::span<char> space();
  void filled(std::size_t count);
  // The next whole frame; nothing when more bytes are needed. After an error the stream is lost: nobody can
  // say any more where a frame begins.
  result<std::optional<frame>> next();

 private:
  std::string buffer_;
  std::size_t used_ = 0;   // of buffer_, filled
  std::size_t taken_ = 0;  // of used_, given out
};

}  // namespace ostler::wire
