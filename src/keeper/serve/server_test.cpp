// The door of a keeper, with clients over a real unix socket served on a thread of its own loop turn by turn.
#include "keeper/serve/server.hpp"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "system/clock.hpp"
#include "system/files.hpp"
#include "tests/keeper/link_client.hpp"

namespace ostler::keeper {
namespace {

using test::link_client;

// Says back what it gets, as far as the client's credit goes.
class echo final : public job {
 public:
  explicit echo(std::unique_ptr<channel> stream) : stream_(std::move(stream)) {
    stream_->on({.data =
                     [this](std::string_view bytes) {
                       kept_ += bytes;
                       pass();
                     },
                 .end = [this] { ended_ = true, pass(); },
                 .room = [this] { pass(); },
                 .gone = [] {}});
    stream_->grant(1000);
  }
  bool finished() const override { return stream_->closed() || (ended_ && kept_.empty()); }

 private:
  void pass() {
    auto const piece = std::min(kept_.size(), stream_->may_send());
    if (piece > 0) {
      stream_->send(std::string_view(kept_).substr(0, piece));
      kept_.erase(0, piece);
      if (!ended_) stream_->grant(static_cast<std::uint32_t>(piece));
    }
    if (ended_ && kept_.empty()) stream_->end();
  }
  std::unique_ptr<channel> stream_;
  std::string kept_;
  bool ended_ = false;
};

class a_server : public testing::Test {
 protected:
  a_server() {
    auto pattern = (std::filesystem::temp_directory_path() / "ostler-serve-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    serving_ = std::thread([this] { serve(); });
    while (!listening_) std::this_thread::yield();
  }
  ~a_server() override {
    stop_ = true;
    serving_.join();
    std::filesystem::remove_all(path_);
  }

  void serve() {
    auto const directory = system::open_at(AT_FDCWD, path_, O_RDONLY | O_DIRECTORY).value();
    auto story = ledger::open(directory.get()).value();
    loop on;
    server door(on, story, {.greeting = {.instance = "ins_x", .generation = 2}, .token = "secret"});
    door.offer<wire::forget_params>("forget", [&](request const& asked, wire::forget_params const& params) {
      for (std::uint64_t at = 0; at < params.through_seq; ++at)
        story.append({.fact = "service.ready", .service = "web"});
      asked.answer(wire::nothing{});
      door.story_grew();
    });
    door.offer<wire::port_forward>("echo", [](request const& asked, wire::port_forward const& params) {
      auto stream = asked.from().open_channel(params.stream);
      if (!stream) return asked.refuse(stream.error());
      asked.answer(wire::nothing{});
      asked.from().take(std::make_unique<echo>(std::move(*stream)));
    });
    door.whose_agent = [](connection const& from) { return from.other().pid == ::getpid() ? "web" : ""; };
    door.agent_registered = [&](std::string const& service, connection const&) {
      story.append({.fact = "agent.registered", .service = service});
      door.story_grew();
    };
    door.agent_gone = [&](std::string const& service) {
      story.append({.fact = "agent.gone", .service = service});
      door.story_grew();
    };
    // Bound by its whole path here, because the test's directory is not the keeper's.
    ASSERT_TRUE(door.listen(socket()));
    listening_ = true;
    alarm look(on, [&] {
      if (stop_) return on.stop();
      look.set(system::now() + 5ms);
    });
    look.set(system::now());
    on.run();
  }

  std::string socket() const { return path_ + "/s"; }

  std::string path_;
  std::thread serving_;
  std::atomic<bool> listening_ = false;
  std::atomic<bool> stop_ = false;
};

TEST_F(a_server, greets_and_answers_whoever_knows_the_token) {
  link_client client(socket());
  EXPECT_EQ(client.greeting().instance, "ins_x");
  EXPECT_EQ(client.greeting().generation, 2U);
  EXPECT_EQ(client.refused("forget").code, error_code::not_authorized);
  client.hello("secret");
  client.ask("forget", wire::forget_params{.through_seq = 3});
  for (std::uint64_t seq = 1; seq <= 3; ++seq) EXPECT_EQ(client.fact("service.ready").seq, seq);
}

TEST_F(a_server, sends_away_who_does_not_know_the_token) {
  link_client client(socket());
  client.hello("secreT");
  EXPECT_NE(client.sent_away().find("not_authorized"), std::string::npos);
}

TEST_F(a_server, tells_what_happened_after_the_number_given) {
  link_client first(socket());
  first.hello("secret");
  first.ask("forget", wire::forget_params{.through_seq = 2000});
  link_client second(socket());
  second.hello("secret", 1990);
  EXPECT_EQ(second.greeting().seq, 2000U);
  EXPECT_EQ(second.fact("service.ready").seq, 1991U);
  for (std::uint64_t seq = 1; seq <= 2000; ++seq) ASSERT_EQ(first.fact("service.ready").seq, seq);
}

TEST_F(a_server, refuses_what_it_does_not_know_and_goes_on) {
  link_client client(socket());
  client.hello("secret");
  EXPECT_EQ(client.refused("fly").code, error_code::verb_unknown);
  client.send_text(R"({"type":"later"})");
  client.ask("forget");
}

TEST_F(a_server, ends_a_link_whose_bytes_make_no_sense_and_no_other) {
  link_client good(socket());
  good.hello("secret");
  for (auto const& nonsense : {std::string(9, '\xff'), std::string("\x02\0\0\0\0\0\0\0\0{]", 11),
                               std::string("\x04\0\0\0\x01\x05\0\0\0abcd", 13)}) {
    link_client bad(socket());
    bad.hello("secret");
    bad.send_bytes(nonsense);
    if (nonsense.size() == 13) {
      // Data for a stream that is not open may have been on its way when we closed it.
      bad.ask("forget");
      continue;
    }
    EXPECT_NE(bad.sent_away().find("message_malformed"), std::string::npos) << bad.sent_away();
  }
  std::string deep;
  for (int at = 0; at < 100'000; ++at) deep += '[';
  link_client bomb(socket());
  bomb.send_text(deep);
  EXPECT_NE(bomb.sent_away().find("message_malformed"), std::string::npos);
  good.ask("forget");
}

TEST_F(a_server, carries_streams_within_their_credit) {
  link_client client(socket());
  client.hello("secret");
  client.ask("echo", wire::port_forward{.stream = 7});
  client.ask("echo", wire::port_forward{.stream = 8});
  EXPECT_EQ(client.refused("echo", wire::port_forward{.stream = 8}).message, "stream 8 is in use");
  // Nobody gives credit for stream 7, so nothing of it comes back, and stream 8 is not held up by it.
  client.write(7, std::string(1000, 'x'));
  client.write(8, std::string(900, 'y'));
  client.end(8);
  EXPECT_EQ(client.read_all(8), std::string(900, 'y'));
  EXPECT_TRUE(client.at(7).data.empty());
  client.end(7);
  EXPECT_EQ(client.read_all(7), std::string(1000, 'x'));
  // It is free again.
  client.ask("echo", wire::port_forward{.stream = 8});
}

TEST_F(a_server, ends_a_link_that_sends_more_than_was_granted) {
  link_client client(socket());
  client.hello("secret");
  client.ask("echo", wire::port_forward{.stream = 7});
  std::string out;
  wire::write_frame(out, wire::frame_kind::data, 7, std::string(1001, 'x'));
  client.send_bytes(out);
  EXPECT_NE(client.sent_away().find("stream 7 carries 1001 bytes, but 1000 were granted"), std::string::npos);
}

TEST_F(a_server, lets_an_agent_register_without_a_token_and_notices_when_it_goes) {
  link_client client(socket());
  client.hello("secret");
  {
    link_client agent(socket());
    agent.send_text(R"({"type":"register","name":"claude"})");
    EXPECT_EQ(client.fact("agent.registered").service, "web");
    EXPECT_EQ(agent.refused("forget").code, error_code::not_authorized);
  }
  client.fact("agent.gone");
}

TEST_F(a_server, forgets_a_client_that_is_gone_in_the_middle_of_anything) {
  for (int round = 0; round < 50; ++round) {
    link_client client(socket());
    client.hello("secret");
    client.send("echo", wire::port_forward{.stream = 7});
    client.credit(7, 100'000);
    client.send("forget", wire::forget_params{.through_seq = 50});
  }
  link_client client(socket());
  client.hello("secret");
  client.ask("forget");
}

}  // namespace
}  // namespace ostler::keeper
