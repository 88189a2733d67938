// The command line called within a test: words and an environment in, exit code and both outputs out. Nothing
// of it is a terminal.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "client/test/false_daemon.hpp"
#include "operations/instance_values.hpp"
#include "tests/support/temporary_directory.hpp"
#include "wire/json.hpp"

namespace ostler::cli::test {

struct called {
  int code = -1;
  std::string out;
  std::string err;
};

// A project directory and a home of its own, gone with it.
class place {
 public:
  place();
  place(place const&) = delete;
  place& operator=(place const&) = delete;
  ~place() = default;

  std::string const& root() const { return root_; }
  std::string project() const { return root_ + "/shop"; }
  void write(std::string const& name, std::string_view text) const;
  std::string read(std::string const& name) const;

  // Set for every call.
  std::map<std::string, std::string, std::less<>> environment;
  // What is on standard input.
  std::string input;

  called call(std::vector<std::string> const& words) const;
  // With --host for that daemon.
  called call(client::test::false_daemon const& daemon, std::vector<std::string> words) const;

 private:
  ostler::test::temporary_directory const made_in_{"cli"};
  std::string root_ = made_in_.text();
};

// An instance of the project of this place.
operations::instance instance_of(place const& where, std::string name, operations::instance_state state,
                                 std::string message);

template <class Value> client::test::handler answers(Value const& value) {
  return [text = wire::to_json(value)](client::test::peer& client) {
    client.request();
    client.answer(200, text);
  };
}

}  // namespace ostler::cli::test
