#include "providers/conformance/conformance.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "wire/frame.hpp"

namespace ostler::providers {

conformance::conformance() : rig_(GetParam().make()) {
  rig_->open(loop_);
  place_.whose = {.daemon = rig_->daemon(), .instance = instance_id::make({}, 1, 2), .generation = 1};
  place_.project = rig_->project();
  place_.settings = rig_->settings();
}

conformance::~conformance() = default;

void conformance::TearDown() {
  for (auto const& one : rig_->left_groups()) ADD_FAILURE() << "left: " << one;
}

void conformance::plan() {
  place_.resources.clear();
  auto const wishes = loop_.run(rig_->subject().plan(patiently(), place_));
  ASSERT_TRUE(wishes) << wishes.error().message;
  int number = 0;
  for (auto const& wish : *wishes)
    place_.resources.push_back(
        {.kind = wish.kind,
         .label = wish.label,
         .name = fmt::format("ostler-{}-{}-{}", place_.whose.instance.bare(), wish.kind, ++number),
         .handle = {},
         .generation = wish.kind == keeper_kind ? 1U : 0U});
  ASSERT_EQ(std::ranges::count_if(place_.resources, [](auto const& one) { return one.kind == keeper_kind; }),
            1);
}

std::vector<named_resource> conformance::directories() const {
  auto all = place_.resources;
  std::erase_if(all, [](auto const& one) { return one.kind == keeper_kind; });
  return all;
}

named_resource conformance::keeper() const {
  return *std::ranges::find_if(place_.resources, [](auto const& one) { return one.kind == keeper_kind; });
}

wire::keeper_spec conformance::spec() const {
  wire::keeper_spec made;
  made.instance = place_.whose.instance.text();
  made.name = "web";
  made.generation = keeper().generation;
  made.token = "secret";
  made.containment = containment_;
  wire::service_spec service;
  service.name = "sleeper";
  service.command = {"sleep 1000"};
  service.shell = true;
  made.services.push_back(service);
  return made;
}

result<prepared> conformance::prepare(named_resource const& what) {
  return loop_.run(rig_->subject().prepare(patiently(), place_, what));
}
result<launched> conformance::launch() {
  return loop_.run(rig_->subject().launch(patiently(), place_, keeper(), spec()));
}
result<system::fd> conformance::dial() {
  return loop_.run(rig_->subject().dial(patiently(), place_, keeper()));
}

std::vector<sighting> conformance::inspect() {
  auto seen = loop_.run(rig_->subject().inspect(patiently(), place_, place_.resources));
  EXPECT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(seen->size(), place_.resources.size());
  return seen ? std::move(*seen) : std::vector<sighting>{};
}

result<void> conformance::destroy(named_resource const& what, provider::pace speed) {
  return loop_.run(rig_->subject().destroy(patiently(), place_, what, speed));
}

void conformance::destroy_all() {
  auto all = place_.resources;
  std::ranges::reverse(all);
  for (auto const& one : all) {
    auto const done = destroy(one, provider::pace::hurry);
    EXPECT_TRUE(done) << one.name << ": " << done.error().message << " " << done.error().detail;
  }
}

void conformance::bring_up() {
  plan();
  for (auto const& one : directories()) {
    auto const made = prepare(one);
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_NE(made->how, made_how::existed_foreign);
  }
  auto const up = launch();
  ASSERT_TRUE(up) << up.error().message;
}

void conformance::await_services() {
  auto const deadline = std::chrono::steady_clock::now() + 60s;
  while (rig_->running() < 2 && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 1);
  ASSERT_GE(rig_->running(), 2U);
}

std::string conformance::first_message(int socket) {
  wire::frame_reader reader;
  for (;;) {
    pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, 60'000) != 1) return "nothing was said";
    auto const space = reader.space();
    auto const got = ::read(socket, space.data(), space.size());
    if (got <= 0) return "the stream ended";
    reader.filled(static_cast<std::size_t>(got));
    auto const frame = reader.next();
    if (!frame) return frame.error().message;
    if (*frame) return std::string((*frame)->payload);
  }
}

void conformance::expect_nothing_left() {
  for (auto const& one : inspect()) EXPECT_EQ(one.seen, presence::absent) << one.name << ": " << one.detail;
  auto const owned = loop_.run(rig_->subject().list_owned(patiently(), rig_->daemon()));
  ASSERT_TRUE(owned) << owned.error().message;
  for (auto const& one : *owned) ADD_FAILURE() << "left: " << one.kind << " " << one.name;
  for (auto const& one : rig_->left()) ADD_FAILURE() << "left: " << one;
}

}  // namespace ostler::providers
