// The daemon's middle with real places, real keepers and a real journal in a directory of its own, asked
// through the bindings as a door would ask it. Whatever was started ends with it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "answers/answers.hpp"
#include "operations/all.hpp"
#include "operations/request_reading.hpp"
#include "tests/daemon/played_socket.hpp"
#include "wire/json.hpp"

namespace ostler::test {

// The program that plays services; see tests/keeper/service_program.cpp.
wire::service_spec playing(std::string name, std::vector<std::string> words);

class joined {
 public:
  joined();
  joined(joined const&) = delete;
  joined& operator=(joined const&) = delete;
  ~joined();

  // As somebody who may do everything.
  template <class Operation>
  result<typename Operation::answer> ask(typename Operation::request const& request,
                                         control::caller who = anybody()) {
    auto const said = answer_to(operations::entry_of<Operation>,
                                operations::write_request<Operation>(request), std::move(who));
    if (!said) return std::unexpected(said.error());
    auto const* json = std::get_if<control::json_answer>(&*said);
    if (json == nullptr) return fail(error_code::system_failed, "the answer is no JSON");
    return wire::from_json<typename Operation::answer>(json->text);
  }
  // With bytes to be read.
  template <class Operation>
  result<typename Operation::answer> send(typename Operation::request const& request,
                                          control::byte_source* body) {
    auto const said = answer_to(operations::entry_of<Operation>,
                                operations::write_request<Operation>(request), anybody(), body);
    if (!said) return std::unexpected(said.error());
    return wire::from_json<typename Operation::answer>(std::get<control::json_answer>(*said).text);
  }
  // Whatever its form.
  result<control::answer> answer_to(operations::operation_entry const& entry,
                                    operations::request_line const& line, control::caller who,
                                    control::byte_source* body = nullptr);

  template <class T> T run(async::task<T> todo) {
    std::optional<T> answer;
    run_all(keep(std::move(todo), &answer));
    return std::move(*answer);
  }
  // Throws what it throws, or when it does not end.
  void run_all(async::task<void> todo);

  static control::caller anybody();
  // A local one with these services; waits until it is ready, and throws when it does not become so.
  operations::instance up(std::string name, std::vector<wire::service_spec> services,
                          std::string settings = {});
  std::filesystem::path project() const { return base_ / "project"; }
  std::filesystem::path base() const { return base_; }
  // Lives as long as whatever may be talked over it, also when the test fails.
  played_socket& socket() { return *sockets_.emplace_back(std::make_unique<played_socket>(needs_.where)); }
  // The daemon ends and another one starts on the same directory.
  void start_again();
  supervisor::supervisor& middle() { return *middle_; }
  answers::answer_needs const& needs() const { return needs_; }

 private:
  template <class T> static async::task<void> keep(async::task<T> todo, std::optional<T>* answer) {
    answer->emplace(co_await std::move(todo));
  }
  void open();
  void close();
  std::vector<pid_t> processes() const;

  std::filesystem::path base_;
  boost::asio::io_context io_{1};
  std::vector<std::unique_ptr<played_socket>> sockets_;
  std::unique_ptr<async::pool> workers_;
  std::unique_ptr<journal::journal> journal_;
  std::unique_ptr<providers::provider> place_;
  std::unique_ptr<supervisor::supervisor> middle_;
  answers::answer_needs needs_;
  control::bindings bindings_;
};

}  // namespace ostler::test
