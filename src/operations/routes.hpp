// Which operation a method and a path mean. The table is a small tree over the segments of the paths, made
// once; to look something up allocates nothing.
//
// A word goes before a placeholder, and the whole path must fit: nothing is normalised, so `//`, a slash at
// the end and `..` fit no word.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "operations/operation.hpp"

namespace ostler::operations {

constexpr std::size_t target_path_max = 8192;
constexpr std::size_t captured_max = 4;

// What stood in the place of a placeholder, still percent-encoded. Views of the path that was looked up.
struct captured {
  std::string_view name;
  std::string_view text;
};

struct route {
  operation_entry const* operation = nullptr;
  std::array<captured, captured_max> found{};
  std::size_t count = 0;

  std::span<captured const> fields() const { return {found.data(), count}; }
};

class route_table {
 public:
  explicit route_table(std::span<operation_entry const> entries);

  // Refuses with operation_unknown; or, when another method fits, with method_refused, which lists those that
  // do in its detail.
  result<route> find(std::string_view method, std::string_view path) const;

 private:
  static constexpr std::size_t methods = 5;
  using node_number = std::uint32_t;
  struct word {
    std::string_view text;
    node_number next;
  };
  struct node {
    std::vector<word> words;  // sorted
    node_number placeholder = 0;
    std::array<operation_entry const*, methods> operations{};
  };

  node_number below(node_number at, std::string_view segment);
  // `rest` begins behind a slash. As deep as the tree, at most.
  operation_entry const* search(node_number at, std::string_view rest, http_method method) const;

  std::vector<node> nodes_;
};

// Of all operations.
route_table const& all_routes();

}  // namespace ostler::operations
