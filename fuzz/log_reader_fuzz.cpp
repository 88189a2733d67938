// Arbitrary bytes as the segment of a log that somebody left in our directory, and as a batch of records from
// the other side. The first byte says which: a batch, a segment with a header that fits and anything behind,
// or a segment of chunks whose checks are right and whose numbers are arbitrary.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz/target.hpp"
#include "keeper/logs/log_query.hpp"
#include "keeper/logs/log_store.hpp"
#include "wire/little_endian.hpp"
#include "wire/log_records.hpp"

namespace {

using namespace ostler;
using namespace ostler::keeper;

constexpr std::uint64_t nonce = 7;

// Every input is a file; fuzz/run.sh has TMPDIR in memory, and removes it, because libFuzzer ends without
// destructors.
class workplace {
 public:
  workplace() {
    auto name = (std::filesystem::temp_directory_path() / "ostler-log-fuzz-XXXXXX").string();
    ensure(::mkdtemp(name.data()) != nullptr, "there is a place for files");
    path_ = name;
  }
  workplace(workplace const&) = delete;
  workplace& operator=(workplace const&) = delete;
  ~workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string log() const { return (path_ / "log").string(); }
  void put(std::string_view content) const {
    std::filesystem::remove_all(log());
    std::filesystem::create_directory(log());
    std::ofstream(std::filesystem::path(log()) / segment_name(1), std::ios::binary) << content;
  }

 private:
  std::filesystem::path path_;
};

void try_batch(std::string_view text) {
  auto const read = wire::parse_log_records(text);
  if (!read) return fuzz::expect_fit_to_show(read.error().message);
  std::string again;
  for (auto const& record : *read) wire::append_log_record(again, record);
  ensure(again == text, "a batch is written as it was read");
}

std::vector<wire::log_record> answers(log_store const& store, log_question question) {
  auto const query = log_query::ask(store, std::move(question));
  ensure(query.has_value(), "the question is sound");
  std::vector<wire::log_record> all;
  // A file of so few bytes cannot need more.
  for (int batches = 0;; ++batches) {
    ensure(batches < 100'000, "an answer has an end");
    auto batch = (*query)->next(512);
    std::ranges::move(batch.records, std::back_inserter(all));
    if (batch.state != log_batch::then::more) return all;
  }
}

void try_log(workplace const& place) {
  auto store = log_store::open(place.log(), {.cap = log_options::cap_least});
  if (!store) return fuzz::expect_fit_to_show(store.error().message);
  wire::log_cursor const end{.position = UINT64_MAX};
  auto const ask_all = [&] {
    answers(**store, {});
    answers(**store, {.from = end, .direction = log_question::order::backward});
    answers(**store, {.from = from_tail{3}, .pattern = "a", .before = 1, .after = 1});
    answers(**store, {.raw = true});
    answers(**store, {.from = wire::log_cursor{.position = (*store)->end_position() / 2, .lines = 1},
                      .streams = streams_err});
  };
  ask_all();
  // What positions beyond all sense claim cannot be gone on from, only survived.
  auto const goes_on =
      (*store)->end_position() < log_position_max / 2 && (*store)->end_lines() < log_position_max / 2;
  (*store)->append(log_stream::err, wall_time(1ms), as_bytes("\nmore\n"));
  ask_all();
  auto const told_end = (*store)->end_position();
  store = log_store::open(place.log(), {.cap = log_options::cap_least});
  if (!goes_on) return;
  ensure(store.has_value() && (*store)->end_position() == told_end, "a log is found as it was left");
  auto const last = answers(**store, {.from = from_tail{1}, .streams = streams_err});
  ensure(!last.empty() && last.back().payload == "more", "what was appended is there");
}

std::string header_that_fits(std::uint64_t position) {
  std::string header(segment_header_size, '\0');
  encode(segment_header{.number = 1, .nonce = nonce, .first_position = position, .first_lines = position},
         reinterpret_cast<std::byte*>(header.data()));
  return header;
}

// Twelve bytes decide a chunk: mostly the position that fits, so that the reader gets far.
std::string chunks_that_check(std::string_view text) {
  constexpr std::size_t step = 12;
  std::uint64_t position = text.empty() ? 0 : static_cast<std::uint8_t>(text[0]);
  auto segment = header_that_fits(position);
  for (; text.size() >= step; text.remove_prefix(step)) {
    auto const byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    std::string payload(1 + wire::get<std::uint16_t>(text, 0) % 600, static_cast<char>(byte(2)));
    for (std::size_t at = byte(3); at < payload.size(); at += 1U + byte(4)) payload[at] = '\n';
    chunk_header const head{.length = static_cast<std::uint32_t>(payload.size() + (byte(5) == 255 ? 9 : 0)),
                            .stream = static_cast<log_stream>(byte(6) % 4),
                            .flags = static_cast<std::uint8_t>(byte(7) % 5),
                            .lines = byte(8),
                            .wall = wall_time(milliseconds(byte(9))),
                            .position = position + (byte(10) > 250 ? byte(10) : 0),
                            .lines_before = byte(8),
                            .open = {byte(11) * 1100U, byte(9)}};
    std::string frame(chunk_overhead, '\0');
    auto* const bytes = reinterpret_cast<std::byte*>(frame.data());
    encode(head, nonce, bytes);
    encode_footer(head, nonce, bytes + chunk_header_size);
    segment += frame.substr(0, chunk_header_size) + payload + frame.substr(chunk_header_size);
    position += payload.size();
  }
  return segment + std::string(text);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static workplace const place;
  if (size == 0) return 0;
  auto const text = fuzz::as_text(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0: try_batch(text); return 0;
    case 1: place.put(header_that_fits(0) + std::string(text)); break;
    default: place.put(chunks_that_check(text)); break;
  }
  try_log(place);
  return 0;
}
