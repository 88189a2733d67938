#include "wire/json.hpp"

#include <gtest/gtest.h>

namespace ostler::wire {

enum class colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct base_part {
  int number = 7;
  bool operator==(base_part const&) const = default;
};
BOOST_DESCRIBE_STRUCT(base_part, (), (number))

struct sample : base_part {
  std::string text;
  bool flag = false;
  std::optional<std::uint16_t> port;
  std::vector<base_part> parts;
  colour paint = colour::red;
  instance_id who;
  milliseconds wait{};
  wall_time when{};
  std::uint64_t large = 0;
  bool operator==(sample const&) const = default;
};
BOOST_DESCRIBE_STRUCT(sample, (base_part), (text, flag, port, parts, paint, who, wait, when, large))

namespace {

sample full_sample() {
  sample value;
  value.number = -5;
  value.text = std::string("quote\" back\\ line\n nul\0 byte\xff end", 34);
  value.flag = true;
  value.port = 65535;
  value.parts = {{1}, {2}};
  value.paint = colour::green;
  value.who = instance_id::make(wall_time(milliseconds(1)), 2, 3);
  value.wait = 90s;
  value.when = wall_time(milliseconds(-4));
  value.large = ~0ULL;
  return value;
}

TEST(json, everything_goes_there_and_back) {
  EXPECT_EQ(from_json<sample>(to_json(full_sample())).value(), full_sample());
  EXPECT_EQ(from_json<sample>(to_json(sample{})).value(), sample{});
}

TEST(json, unknown_keys_are_skipped_and_missing_ones_keep_their_defaults) {
  auto const read = from_json<sample>(R"({"new_field":{"x":[1,2]},"text":"a"})").value();
  EXPECT_EQ(read.text, "a");
  EXPECT_EQ(read.number, 7);
}

TEST(json, a_wrong_kind_is_refused_with_its_path) {
  for (auto const& [text, path] : std::vector<std::pair<std::string, std::string>>{
           {R"({"text":1})", "$.text is not a text"},
           {R"({"port":65536})", "$.port is not a whole number from 0 to 65535"},
           {R"({"port":-1})", "$.port is not a whole number"},
           {R"({"parts":[{"number":1},{"number":"x"}]})", "$.parts[1].number"},
           {R"({"paint":"blue"})", "$.paint is not one of red, green"},
           {R"({"paint":"red\u0000blue"})", "$.paint is not one of red, green"},
           {R"({"who":"svc_1"})", "$.who is not an id"},
           {R"({"flag":0})", "$.flag is not true or false"},
           {R"({"parts":{}})", "$.parts is not a list"},
           {R"([])", "$ is not an object"}}) {
    auto const refused = from_json<sample>(text);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code, error_code::text_malformed);
    EXPECT_NE(refused.error().message.find(path), std::string::npos) << refused.error().message;
  }
}

TEST(json, bombs_and_nonsense_are_refused) {
  EXPECT_FALSE(from_json<sample>(std::string(1'000'000, '[')).has_value());
  EXPECT_FALSE(from_json<sample>("{\"text\":").has_value());
  EXPECT_FALSE(from_json<sample>("").has_value());
  EXPECT_FALSE(from_json<sample>(std::string(json_size_max + 1, ' ')).has_value());
}

}  // namespace
}  // namespace ostler::wire
