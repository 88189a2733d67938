// Questions to a log asked to their end, batch by batch.
#pragma once

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

#include "keeper/logs/log_query.hpp"

namespace ostler::keeper {

struct answer {
  std::vector<wire::log_record> records;
  wire::log_cursor next;
  log_batch::then state = log_batch::then::more;
  std::uint64_t bytes_read = 0;
};

// What there is now: until the end, a limit, or there is nothing but to wait.
inline answer take_all(log_query& query, std::size_t batch_bytes = 1000) {
  answer all;
  while (all.state == log_batch::then::more) {
    auto batch = query.next(batch_bytes);
    std::ranges::move(batch.records, std::back_inserter(all.records));
    all.next = batch.next;
    all.state = batch.state;
  }
  all.bytes_read = query.bytes_read();
  return all;
}

inline answer ask_all(log_store const& store, log_question question) {
  auto const query = log_query::ask(store, std::move(question));
  if (!query) {
    ADD_FAILURE() << query.error().message;
    return {};
  }
  return take_all(**query);
}

inline std::vector<std::string> payloads(std::vector<wire::log_record> const& records) {
  std::vector<std::string> texts;
  for (auto const& record : records) texts.push_back(record.payload);
  return texts;
}

}  // namespace ostler::keeper
