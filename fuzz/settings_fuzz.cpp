// Arbitrary bytes as what people and strangers write: durations, names, ids and numbers. For the numbers the
// first line is the key and the rest the value.
#include <string>

#include "base/id.hpp"
#include "base/instant.hpp"
#include "base/name.hpp"
#include "fuzz/target.hpp"
#include "lifecycle/policy/numbers.hpp"

namespace {

using namespace ostler;

void try_duration(std::string_view text) {
  auto const read = parse_duration(text);
  if (!read) return fuzz::expect_fit_to_show(read.error().message);
  ensure(*read >= 0ms && *read <= duration_max, "a duration is within its limits");
  auto const again = parse_duration(format_duration(*read));
  ensure(again.has_value() && *again == *read, "a duration that was written reads back as it was");
}

void try_name(std::string_view text) {
  auto const read = parse_name("instance name", text);
  if (!read) return fuzz::expect_fit_to_show(read.error().message);
  ensure(*read == text && text.size() <= name_length_max, "a name is taken as it was given");
}

void try_quotes(std::string_view text) {
  auto const quoted = in_quotes(text);
  fuzz::expect_fit_to_show(quoted);
  // 80 bytes, each escaped as four at most, the quotes, and how many bytes there are.
  ensure(quoted.size() <= 80 * 4 + 40, "what is quoted is short");
  ensure(quoted.front() == '\'', "what is quoted begins with a quote");
}

template <class Id> void try_id(std::string_view text) {
  auto const read = Id::parse(text);
  if (!read) return fuzz::expect_fit_to_show(read.error().message);
  ensure(read->text() == text, "an id is written as it was read");
  auto const kept = read->bytes();
  auto const again = Id::from_bytes(kept);
  ensure(again.has_value() && *again == *read, "an id comes back from its bytes");
}

void try_number(std::string_view text) {
  auto const line = std::min(text.find('\n'), text.size());
  auto const key = text.substr(0, line);
  auto const value = text.substr(std::min(line + 1, text.size()));

  lifecycle::numbers values;
  auto const done = lifecycle::set(values, key, value);
  if (!done) {
    fuzz::expect_fit_to_show(done.error().message);
    ensure(values == lifecycle::numbers{}, "a refusal leaves the numbers as they were");
    return;
  }
  auto const written = lifecycle::get(values, key);
  ensure(written.has_value(), "a number that was set can be asked for");
  lifecycle::numbers again;
  ensure(lifecycle::set(again, key, *written).has_value(), "a number that was written can be set");
  ensure(again == values, "a number that was written reads back as it was");
  if (auto const sound = lifecycle::check(values); !sound) fuzz::expect_fit_to_show(sound.error().message);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  try_duration(text);
  try_name(text);
  try_quotes(text);
  try_id<instance_id>(text);
  try_id<service_id>(text);
  try_id<resource_id>(text);
  try_number(text);
  return 0;
}
