#include "tests/keeper/held.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "system/files.hpp"
#include "system/noted_cgroups.hpp"
#include "system/process.hpp"
#include "wire/json.hpp"

namespace ostler::test {
namespace {

std::string beside_us(char const* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

std::string read_to_end(int from) {
  std::string out;
  std::array<char, 4096> piece{};
  for (;;) {
    auto const got = ::read(from, piece.data(), piece.size());
    if (got <= 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(got));
  }
}

// The number behind `"key":` in a small JSON text.
std::int64_t number_in(std::string const& text, std::string const& key) {
  auto const at = text.find("\"" + key + "\":");
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + key.size() + 3));
}

std::string text_in(std::string const& text, std::string const& key) {
  auto const at = text.find("\"" + key + "\":\"");
  if (at == std::string::npos) return {};
  auto const begin = at + key.size() + 4;
  return text.substr(begin, text.find('"', begin) - begin);
}

// Of those noted in the home; one that was killed is in them for a moment longer.
bool cgroups_are_gone(std::string const& directory) {
  auto const home = system::open_at(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);
  if (!home) return true;
  auto const left = system::remove_noted_cgroups(home->get());
  return left && left->empty();
}

}  // namespace

std::string service_program() { return beside_us("keeper_test_service"); }
std::string keeper_program() { return beside_us("ostler-keeper"); }

program_run run_program(std::vector<std::string> const& command) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  auto const pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    std::vector<char*> words;
    for (auto const& each : command) words.push_back(const_cast<char*>(each.c_str()));
    words.push_back(nullptr);
    ::execv(words[0], words.data());
    std::_Exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  program_run run;
  run.out = read_to_end(out[0]);
  run.err = read_to_end(err[0]);
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return run;
}

held::held(std::string const& containment) {
  std::filesystem::create_directory(workspace());
  ::mkdir(directory().c_str(), 0700);
  spec.instance = "ins_test";
  spec.name = "test";
  spec.project = "project";
  spec.workspace = workspace();
  spec.containment = containment;
}

held::~held() {
  auto const nonce = [&] {
    auto const text = system::read_file_at(AT_FDCWD, directory() + "/ident", 4096);
    return text ? text_in(*text, "nonce") : std::string();
  }();
  auto const keeper = keeper_pid();
  if (keeper > 0 && lives(keeper)) {
    ::kill(static_cast<pid_t>(keeper), SIGKILL);
    wait_until_gone(keeper);
  }
  // What bears our mark was started by our keeper.
  for (int round = 0; round < 100 && !nonce.empty(); ++round) {
    auto const left = alive();
    if (left.empty()) break;
    for (auto const pid : left) ::kill(static_cast<pid_t>(pid), SIGKILL);
  }
  wait_for([&] { return cgroups_are_gone(directory()); }, "the end of its cgroups");
}

wire::service_spec& held::service(std::string name, std::vector<std::string> words) {
  wire::service_spec made{.name = std::move(name), .command = {service_program()}};
  made.command.insert(made.command.end(), words.begin(), words.end());
  spec.services.push_back(std::move(made));
  return spec.services.back();
}

void held::write_spec() const { std::ofstream(directory() + "/spec.json") << wire::to_json(spec); }

program_run held::try_start() {
  write_spec();
  return run_program({keeper_program(), "run", "--dir", directory()});
}

void held::start() {
  auto const run = try_start();
  if (run.code != 0) throw std::runtime_error(fmt::format("the keeper did not start: {}", run.err));
}

void held::start_again() {
  auto const run = run_program({keeper_program(), "run", "--dir", directory()});
  if (run.code != 0) throw std::runtime_error(fmt::format("the keeper did not start again: {}", run.err));
}

std::int64_t held::keeper_pid() const {
  auto const text = system::read_file_at(AT_FDCWD, directory() + "/ident", 4096);
  return text ? number_in(*text, "pid") : 0;
}

void held::kill_keeper() {
  auto const pid = keeper_pid();
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  wait_until_gone(pid);
}

std::unique_ptr<link_client> held::client(std::uint64_t after_seq) {
  auto made = std::make_unique<link_client>(socket());
  made->hello(spec.token, after_seq);
  return made;
}

void held::stop() {
  auto const pid = keeper_pid();
  auto const link = client();
  link->ask("stop", wire::stop_params{});
  // Of this generation.
  auto const last = link->event(
      [&](wire::keeper_event const& one) {
        return one.fact == "keeper.stopped" && one.seq > link->greeting().began_seq;
      },
      "keeper.stopped");
  link->send("forget", wire::forget_params{.nonce = link->greeting().nonce, .through_seq = last.seq});
  wait_until_gone(pid);
}

std::vector<std::int64_t> held::alive() const {
  std::vector<std::int64_t> out;
  auto const text = system::read_file_at(AT_FDCWD, directory() + "/ident", 4096);
  if (!text) return out;
  auto const made_by_us = text_in(*text, "mark");
  for (auto const pid : system::all_processes().value()) {
    auto const mark = system::environment_of(pid, "OSTLER_RUN");
    if (mark && mark->starts_with(made_by_us) && lives(pid)) out.push_back(pid);
  }
  return out;
}

bool lives(std::int64_t pid) {
  auto const seen = system::stat_of(static_cast<pid_t>(pid));
  return seen && !seen->ended();
}

void wait_until_gone(std::int64_t pid) {
  auto const handle = system::open_pidfd(static_cast<pid_t>(pid));
  if (!handle) return;
  pollfd ended{.fd = handle.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) <= 0)
    throw std::runtime_error(fmt::format("process {} does not end", pid));
}

wire::service_status status_of(link_client& link, std::string_view name) {
  for (auto& each : link.ask<wire::keeper_status>("status").services)
    if (each.name == name) return each;
  return {};
}

void wait_for(std::function<bool()> const& holds, std::string_view what) {
  auto const end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      throw std::runtime_error(fmt::format("waited in vain for {}", what));
    std::this_thread::yield();
  }
}

}  // namespace ostler::test
