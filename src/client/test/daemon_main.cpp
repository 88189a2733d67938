// Plays a daemon for the tests of autostart: takes the lock of its state directory, answers on its socket,
// and ends when a client says END. How it behaves stands in the file `mode` of the state directory.
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/fd.hpp"
#include "system/files.hpp"
#include "whereabouts/readiness.hpp"
#include "whereabouts/whereabouts.hpp"

namespace {

using namespace ostler;

void say(int to, char word) { static_cast<void>(::write(to, &word, 1)); }

int serve(std::string const& path, int ready) {
  ::unlink(path.c_str());
  system::fd const listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of sockets is that way.
  if (::bind(listening.get(), reinterpret_cast<sockaddr const*>(&name), sizeof name) != 0) return 1;
  if (::listen(listening.get(), 16) != 0) return 1;
  say(ready, whereabouts::ready_byte);
  ::close(ready);
  for (;;) {
    system::fd const client(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string word(3, '\0');
    if (::recv(client.get(), word.data(), word.size(), MSG_WAITALL) == 3 && word == "END") return 0;
  }
}

}  // namespace

int main() {
  // A test that fails must not leave it behind.
  ::alarm(120);
  auto const variables = whereabouts::variables_of_this_process();
  auto const paths = whereabouts::find_paths(variables);
  auto const ready_text = variables(whereabouts::ready_fd_variable);
  if (!paths || !ready_text) return 2;
  auto const ready = std::stoi(*ready_text);
  auto const directory = system::open_at(AT_FDCWD, paths->state_directory, O_RDONLY | O_DIRECTORY);
  if (!directory) return 2;
  auto const mode = system::read_file_at(directory->get(), "mode", 100).value_or("serve");
  if (mode == "fail") {
    static_cast<void>(system::write_all(STDERR_FILENO, as_bytes("the journal is damaged\n")));
    return 1;
  }
  if (mode == "hang") {
    // Until whoever started it has gone.
    pollfd asked{.fd = ready, .events = 0, .revents = 0};
    ::poll(&asked, 1, -1);
    return 0;
  }
  auto const lock = system::open_at(directory->get(), "lock", O_RDWR | O_CREAT);
  if (!lock) return 2;
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    say(ready, whereabouts::held_byte);
    return 7;
  }
  return serve(paths->socket, ready);
}
