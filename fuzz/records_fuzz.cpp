// Arbitrary bytes as records of the journal: refused or read, and what is read is written and read again as
// the same.
#include <string>

#include "fuzz/target.hpp"
#include "records/records.hpp"

namespace {

using namespace ostler;

template <class Read, class Write> void there_and_back(std::string_view text, Read read, Write write) {
  auto const first = read(text);
  if (!first) {
    fuzz::expect_fit_to_show(first.error().message);
    return;
  }
  std::string const written = write(*first);
  auto const second = read(written);
  ensure(second.has_value(), "a record that was written can be read");
  ensure(write(*second) == written, "a record that was read is written as it was");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  there_and_back(text, records::read_instance, records::write_instance);
  there_and_back(text, records::read_event, records::write_event);
  return 0;
}
