// Which commands of which projects somebody has agreed to. What lies in a repository may be anybody's, and
// nothing of it runs before.
//
// The commands themselves are kept and compared, not a number made of them: so nobody can write others that
// have the same number, and who is asked again can be shown what has changed. What counts is whatever can
// make something run: commands, where and as whom they run, and the environment they get, because LD_PRELOAD
// is a command as well. What the user said, by the user's own settings, a variable or a flag, needs nobody's
// agreement.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/project.hpp"

namespace ostler::config {

struct told_command {
  // "service web", "setup copies", "environment": what `what` is. Only ours to say.
  std::string where;
  std::string what;
  bool operator==(told_command const&) const = default;
};
BOOST_DESCRIBE_STRUCT(told_command, (), (where, what))

// All that must be agreed to, in the order of the project.
std::vector<told_command> commands_of(project const& what);

// All agreements of a person, as they stand in one file.
class agreements {
 public:
  // An empty text: none.
  static result<agreements> parse(std::string_view text);
  std::string text() const;

  // `directory` is absolute. A project without commands needs no agreement.
  bool is_trusted(std::string_view directory, project const& what) const;
  // Those of its commands that were never agreed to.
  std::vector<told_command> unknown(std::string_view directory, project const& what) const;
  void trust(std::string_view directory, project const& what);
  // False when there was no agreement.
  bool revoke(std::string_view directory);

  struct agreement {
    std::string directory;
    std::vector<told_command> commands;
  };

 private:
  agreement const* find(std::string_view directory) const;

  std::vector<agreement> all_;
};

// The file of them, usually $XDG_STATE_HOME/ostler/trust.json.
class trust_store {
 public:
  explicit trust_store(std::string path) : path_(std::move(path)) {}

  result<bool> is_trusted(std::string_view directory, project const& what) const;
  result<std::vector<told_command>> unknown(std::string_view directory, project const& what) const;
  result<void> trust(std::string_view directory, project const& what) const;
  // False when there was no agreement.
  result<bool> revoke(std::string_view directory) const;

 private:
  result<agreements> read() const;
  result<void> change(std::function<void(agreements&)> const& how) const;

  std::string path_;
};

}  // namespace ostler::config
