// Arbitrary bytes as a request: the first line is the method and the target, the rest the body. What was
// understood is written as a client would, read again, and must be the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "fuzz/target.hpp"
#include "operations/all.hpp"
#include "operations/request_reading.hpp"
#include "operations/shown.hpp"
#include "wire/json_value.hpp"

namespace {

using namespace ostler;
using namespace ostler::operations;

void expect_a_good_refusal(error const& refusal) {
  fuzz::expect_fit_to_show(refusal.message);
  ensure(is_utf8(refusal.message), "a refusal is UTF-8");
}

template <class Operation> void try_request(request_parts const& parts) {
  auto const read = read_request<Operation>(parts);
  if (!read) {
    expect_a_good_refusal(read.error());
    auto const errors = errors_of(entry_of<Operation>);
    ensure(std::ranges::find(errors, read.error().code) != errors.end(),
           "it refuses with what is told of it");
    return;
  }
  auto const line = write_request<Operation>(*read);
  auto const mark = std::min(line.target.find('?'), line.target.size());
  auto const target = std::string_view(line.target);
  auto const route = all_routes().find(name(line.method), target.substr(0, mark));
  ensure(route.has_value() && route->operation->about == &Operation::about,
         "what was written is found again");
  auto const query = target.substr(std::min(mark + 1, target.size()));
  auto const again = read_request<Operation>({.path = route->fields(), .query = query, .body = line.body});
  ensure(again.has_value(), "what was written is understood");
  ensure(wire::to_json(*again) == wire::to_json(*read), "what was written is what was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const input = fuzz::as_text(data, size);
  auto const first = input.substr(0, std::min(input.find('\n'), input.size()));
  auto const body = input.substr(std::min(first.size() + 1, input.size()));
  auto const blank = std::min(first.find(' '), first.size());
  auto const target = first.substr(std::min(blank + 1, first.size()));
  auto const mark = std::min(target.find('?'), target.size());

  auto const route = all_routes().find(first.substr(0, blank), target.substr(0, mark));
  if (!route) {
    expect_a_good_refusal(route.error());
    return 0;
  }
  auto const query = target.substr(std::min(mark + 1, target.size()));
  boost::mp11::mp_for_each<all_operations>([&]<class Operation>(Operation) {
    if (route->operation->about == &Operation::about)
      try_request<Operation>({.path = route->fields(), .query = query, .body = body});
  });
  return 0;
}
