// What a client can do in an instance beside its services: commands, terminals, files, archives, ports, logs.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

#include "tests/keeper/held.hpp"
#include "wire/json.hpp"
#include "wire/log_records.hpp"

namespace ostler::test {
namespace {

class verbs : public testing::Test {
 protected:
  void begin() {
    place_.start();
    link_ = place_.client();
  }
  held place_;
  std::unique_ptr<link_client> link_;
};

TEST_F(verbs, run_a_command_with_its_streams_and_tell_how_it_ended) {
  begin();
  auto const session = link_->ask<wire::exec_started>(
      "exec.start", wire::exec_start{.command = {"cat; echo $GREETING >&2; pwd >&2; exit 7"},
                                     .shell = true,
                                     .env = {"GREETING=hello"},
                                     .in = 3,
                                     .out = 5,
                                     .err = 7});
  link_->write(3, "to and fro");
  link_->end(3);
  EXPECT_EQ(link_->read_all(5), "to and fro");
  EXPECT_EQ(link_->read_all(7), "hello\n" + place_.workspace() + "\n");
  auto const end = link_->fact("process.exited", session.session);
  EXPECT_EQ(end.exit->how, wire::ended::code);
  EXPECT_EQ(end.exit->value, 7);
  link_->ask("logs.read",
             wire::log_read{.session = session.session, .stream = 9, .only = "out", .raw = true});
  auto const records = wire::parse_log_records(link_->read_all(9)).value();
  EXPECT_EQ(records.at(0).payload, "to and fro");
}

TEST_F(verbs, write_read_list_move_and_remove_files_and_nothing_outside) {
  begin();
  auto const content = std::string(300'000, 'x') + "end";
  auto const writing =
      link_->send("files.write", wire::file_write{.path = "a/b.txt", .stream = 3, .parents = true});
  link_->write(3, content);
  link_->end(3);
  auto const written = link_->answer_to(writing).answer<wire::file_entry>().value();
  EXPECT_EQ(written.size, content.size());
  auto const entry =
      link_->ask<wire::file_entry>("files.read", wire::file_read{.path = "a/b.txt", .stream = 5});
  EXPECT_EQ(entry.tag, written.tag);
  EXPECT_EQ(link_->read_all(5), content);
  link_->ask<wire::file_entry>(
      "files.read", wire::file_read{.path = "a/b.txt", .offset = 300'000, .length = 2, .stream = 6});
  EXPECT_EQ(link_->read_all(6), "en");
  auto const list = link_->ask<wire::file_list>("files.list", wire::file_named{.path = "a"});
  ASSERT_EQ(list.entries.size(), 1U);
  EXPECT_EQ(list.entries[0].name, "b.txt");
  link_->ask("files.move", wire::file_move{.from = "a/b.txt", .to = "c.txt"});
  link_->ask("files.remove", wire::file_named{.path = "a", .all = true});
  EXPECT_EQ(link_->refused("files.stat", wire::file_named{.path = "a"}).code, error_code::file_unknown);
  EXPECT_EQ(link_->refused("files.stat", wire::file_named{.path = "../keep/spec.json"}).code,
            error_code::path_refused);
  EXPECT_EQ(link_->refused("files.write", wire::file_write{.path = "/etc/ostler-test", .stream = 8}).code,
            error_code::path_refused);
}

TEST_F(verbs, pack_and_unpack_a_tree) {
  std::filesystem::create_directories(place_.workspace() + "/from/deep");
  std::ofstream(place_.workspace() + "/from/deep/file") << "content";
  begin();
  link_->ask("files.pack", wire::file_archive{.paths = {"from"}, .stream = 3});
  auto const archive = link_->read_all(3);
  std::filesystem::create_directory(place_.workspace() + "/to");
  auto const unpacking = link_->send("files.unpack", wire::file_archive{.paths = {"to"}, .stream = 5});
  link_->write(5, archive);
  link_->end(5);
  EXPECT_EQ(link_->answer_to(unpacking).answer<wire::unpacked>()->files, 1U);
  EXPECT_EQ(run_program({"/bin/cat", place_.workspace() + "/to/from/deep/file"}).out, "content");
}

TEST_F(verbs, tell_what_changes) {
  begin();
  link_->ask("files.watch", wire::file_watch{.path = ".", .all = true, .stream = 3});
  link_->credit(3, 100'000);
  link_->until([&] { return link_->at(3).data.find("\"ready\"") != std::string::npos; }, "the watch");
  std::ofstream(place_.workspace() + "/new") << "x";
  link_->until([&] { return link_->at(3).data.find("\"new\"") != std::string::npos; }, "the change");
}

TEST_F(verbs, show_who_listens_and_lead_there) {
  auto& web = place_.service("web", {"http", "200", "from inside"});
  web.port.kind = wire::port_kind::automatic;
  web.ready.tcp = true;
  begin();
  link_->fact("service.ready", "web");
  auto const list = link_->ask<wire::listening_list>("ports.list").listeners;
  auto const found = std::ranges::find(list, "web", &wire::listening::service);
  ASSERT_NE(found, list.end());
  link_->ask("ports.forward", wire::port_forward{.port = found->port, .stream = 3});
  link_->write(3, "GET / HTTP/1.0\r\n\r\n");
  link_->end(3);
  auto const answer = link_->read_all(3);
  EXPECT_NE(answer.find("from inside"), std::string::npos) << answer;
  EXPECT_EQ(link_->refused("ports.forward", wire::port_forward{.port = 1, .stream = 4}).code,
            error_code::link_failed);
}

TEST_F(verbs, follow_a_log_over_restarts_of_the_service) {
  auto& web = place_.service("web", {"print", "up\\n", "wait"});
  web.restart.first = milliseconds(1);
  begin();
  link_->ask("logs.read", wire::log_read{.service = "web", .stream = 3, .only = "out", .follow = true});
  link_->credit(3, 1'000'000);
  auto const lines = [&] {
    std::size_t count = 0;
    auto const& data = link_->at(3).data;
    for (std::size_t at = data.find("up"); at != std::string::npos; at = data.find("up", at + 1)) ++count;
    return count;
  };
  link_->until([&] { return lines() >= 1; }, "the first line");
  link_->ask("service.restart", wire::services_named{{"web"}});
  link_->until([&] { return lines() >= 2; }, "the second line");
  EXPECT_EQ(link_->refused("logs.read", wire::log_read{.service = "web", .stream = 4, .pattern = "("}).code,
            error_code::text_malformed);
}

TEST_F(verbs, answer_through_a_dial_as_through_the_socket) {
  begin();
  // `dial` carries the link on its standard streams.
  auto const shown =
      run_program({"/bin/sh", "-c", keeper_program() + " dial --dir " + place_.directory() + " < /dev/null"});
  EXPECT_EQ(shown.code, 0) << shown.err;
}

}  // namespace
}  // namespace ostler::test
