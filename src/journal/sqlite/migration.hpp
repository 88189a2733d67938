// From the schema a file has to the one this program writes: forward only, all steps in one transaction.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "journal/sqlite/connection.hpp"

namespace ostler::journal::sqlite {

struct migration {
  int version;  // of the file after the step; counted from 1 without a gap
  std::string_view sql;
};

// The steps this program knows. The first one makes a new file.
std::span<migration const> migrations();

// Refuses with journal_newer what a later program wrote, with journal_damaged what is no journal of ours.
result<void> migrate(connection& database, std::span<migration const> steps,
                     std::filesystem::path const& file);

}  // namespace ostler::journal::sqlite
