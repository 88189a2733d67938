// Where words go: data to standard output, talk to standard error, each with its own answer to whether it is
// a terminal, how wide it is and whether it takes colours.
//
// A class handed down instead of the streams of C++: so tests read what was written, and nothing is made
// before main().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ostler::cli {

// What a colour says; which one it is, is said in one place.
enum class role : std::uint8_t { ok, busy, warning, failure, attention, muted, strong };

enum class colour_choice : std::uint8_t { automatic, always, never };

// One of the two.
class channel {
 public:
  struct facts {
    int descriptor = -1;
    bool terminal = false;
    bool coloured = false;
    // Of the terminal; 0 when nothing is known, then nothing is cut.
    std::size_t columns = 0;
  };
  explicit channel(facts what) : facts_(what) {}

  // As it is. What cannot be written is lost: there is nobody left to tell.
  void write(std::string_view text) const;
  void line(std::string_view text) const;

  std::string paint(role how, std::string_view text) const;
  bool is_terminal() const { return facts_.terminal; }
  bool has_colours() const { return facts_.coloured; }
  std::size_t columns() const { return facts_.columns; }
  int descriptor() const { return facts_.descriptor; }

 private:
  facts facts_;
};

// What decides whether a channel takes colours.
struct colour_facts {
  colour_choice asked = colour_choice::automatic;
  // NO_COLOR or OSTLER_NO_COLOR is set and not empty.
  bool refused = false;
  // FORCE_COLOR or CLICOLOR_FORCE is set, not empty and not 0.
  bool forced = false;
  // TERM is "dumb" or not set.
  bool dumb = false;
};
bool takes_colours(colour_facts const& facts, bool terminal);

struct screen {
  channel out;
  channel err;
  // Hints and progress are left out.
  bool quiet = false;
};

}  // namespace ostler::cli
