#include "wire/log_records.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {
namespace {

std::vector<log_record> one_of_each() {
  return {
      {.kind = log_record_kind::out,
       .position = 7,
       .wall = wall_time(1'700'000'000'123ms),
       .payload = "a line"},
      {.kind = log_record_kind::err,
       .flags = partial | torn,
       .position = UINT64_MAX,
       .wall = wall_time(-1ms)},
      {.kind = log_record_kind::ours, .flags = context, .payload = std::string("\0\n\xff", 3)},
      {.kind = log_record_kind::dropped,
       .payload = encode(log_dropped{.lines = 3, .bytes = 40, .reason = "rotated"})},
      {.kind = log_record_kind::cursor, .payload = encode(log_cursor{.position = 9, .lines = 2})},
  };
}

std::string batch_of(std::vector<log_record> const& records) {
  std::string batch;
  for (auto const& record : records) append_log_record(batch, record);
  return batch;
}

TEST(log_records, read_back_as_they_were_written) {
  auto const records = one_of_each();
  auto const read = parse_log_records(batch_of(records));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, records);
  EXPECT_EQ(parse_log_dropped((*read)[3].payload)->reason, "rotated");
  EXPECT_EQ(parse_log_cursor((*read)[4].payload)->lines, 2U);
  EXPECT_TRUE(parse_log_records("")->empty());
}

TEST(log_records, lie_on_the_wire_as_documented) {
  log_record const record{
      .kind = log_record_kind::err, .flags = 2, .position = 0x0102, .wall = wall_time(3ms), .payload = "hi"};
  std::string const expected("\x02\x02\0\0\x02\0\0\0\x02\x01\0\0\0\0\0\0\x03\0\0\0\0\0\0\0hi", 26);
  EXPECT_EQ(batch_of({record}), expected);
}

TEST(log_records, are_refused_when_cut_anywhere) {
  auto const batch = batch_of({one_of_each().front()});
  for (std::size_t size = 1; size < batch.size(); ++size) {
    auto const read = parse_log_records(std::string_view(batch).substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, error_code::message_malformed);
  }
}

TEST(log_records, are_refused_when_no_writer_of_ours_made_them) {
  auto const good = batch_of({one_of_each().front()});
  auto const refused = [&](std::size_t at, char value) {
    auto bad = good;
    bad[at] = value;
    return !parse_log_records(bad).has_value();
  };
  EXPECT_TRUE(refused(0, 0));
  EXPECT_TRUE(refused(0, 6));
  EXPECT_TRUE(refused(1, 32));
  EXPECT_TRUE(refused(2, 1));
  EXPECT_TRUE(refused(3, 1));
  EXPECT_TRUE(refused(7, 1));   // a length beyond every limit
  EXPECT_TRUE(refused(0, 4));   // a drop without numbers
  EXPECT_TRUE(refused(0, 5));   // a cursor without numbers
  EXPECT_FALSE(refused(0, 2));  // the probe itself accepts what is sound
}

}  // namespace
}  // namespace ostler::wire
