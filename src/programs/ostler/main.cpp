// The command line. It knows how a process finds its words, its environment and its directory; everything
// else is in cli.
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "cli/verbs/all.hpp"
#include "whereabouts/whereabouts.hpp"

int main(int count, char** words) {
  try {
    ostler::cli::surroundings around{.variable = ostler::whereabouts::variables_of_this_process(),
                                     .directory = std::filesystem::current_path().string(),
                                     .version = OSTLER_VERSION};
    return ostler::cli::run(std::move(around), std::vector<std::string>(words + 1, words + count));
  } catch (std::exception const& why) {
    fmt::print(stderr, "error: ostler cannot go on: {}\n", why.what());
    return EXIT_FAILURE;
  }
}
