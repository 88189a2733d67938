// How the fleet stands in the journal: golden texts of every shape, full round trips, and the refusal of
// whatever is damaged.

#include "records/records.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/golden.hpp"

namespace ostler::records {
namespace {

using testing::HasSubstr;
using namespace lifecycle;

constexpr wall_time noon{milliseconds(1'795'262'400'000)};

instance_id an_id(std::uint64_t luck = 1) { return instance_id::make(noon, luck, luck); }

resource full_resource(std::uint64_t luck, std::string kind) {
  resource entry;
  entry.id = resource_id::make(noon, luck, luck);
  entry.wish = {.kind = std::move(kind), .label = "box", .life = lifetime::run, .amount = 3};
  entry.name = fmt::format("ostler-{}-{}-{}", an_id().bare(), entry.wish.kind, luck);
  entry.held = true;
  entry.provider_id = "4f2a";
  entry.start_number = 2;
  entry.generation = 7;
  entry.removal_ordered = true;
  entry.call_in_the_air = true;
  entry.dead = true;
  return entry;
}

// No field has its default.
instance full_instance() {
  instance it;
  it.id = an_id();
  it.spec = {
      .name = "web",
      .provider = "docker",
      .project = "/src/a \"quoted\" shop",
      .services = {{.name = "server", .port_wanted = true, .port = 3001, .required = false, .task = true}},
      .after_connected_hook = true,
      .before_close_hook = true,
      .keep_on_error = true,
      .settings = "image = \"node:20\"\n"};
  it.request_key = "request-7";
  it.created = noon;
  it.wanted = goal::deleted;
  it.actor = "agent via mcp";
  it.force = true;
  it.bounce = true;
  it.failed = failure{{error_code::limit_reached, "docker allows 0 containers", "evidence", {"ostler ls"}},
                      phase::lost,
                      false};
  it.now = phase::delete_failed;
  it.since = noon + 5s;
  it.start_number = 2;
  it.generation = 7;
  it.resources_made = 9;
  it.project_resolved = it.workspace_resolved = true;
  it.after_connected_done = it.before_close_done = true;
  it.wishes = {{.kind = "directory", .label = "work"},
               {.kind = "container", .label = "box", .life = lifetime::run}};
  it.resources = {full_resource(1, "container"), full_resource(2, "keeper")};
  it.services = {{.name = "server",
                  .state = "running",
                  .ready = true,
                  .port = 3001,
                  .message = "Running :3001",
                  .error = "none"}};
  it.services_seq = 18'446'744'073'709'551'615ULL;
  it.trouble = "device busy";
  it.needs = {attention_kind::needs_decision, "which database?", noon + 1s};
  return it;
}

fleet_event full_event() {
  return {.seq = 41,
          .time = noon,
          .instance = an_id(),
          .subject = "server",
          .type = "service.error",
          .actor = "keeper",
          .from = "starting",
          .to = "error",
          .message = "exited (1) before it was ready",
          .reason = "exit"};
}

std::string pretty(boost::json::value const& value, std::string const& indent = {}) {
  auto const inner = indent + "  ";
  std::string out, gap = "\n";
  auto const add = [&](std::string const& text) { out += std::exchange(gap, ",\n") + inner + text; };
  if (auto const* object = value.if_object(); object != nullptr && !object->empty()) {
    for (auto const& [key, each] : *object) add(boost::json::serialize(key) + ": " + pretty(each, inner));
    return "{" + out + "\n" + indent + "}";
  }
  if (auto const* array = value.if_array(); array != nullptr && !array->empty()) {
    for (auto const& each : *array) add(pretty(each, inner));
    return "[" + out + "\n" + indent + "]";
  }
  return boost::json::serialize(value);
}

void expect_golden_json(std::string const& file, std::string const& written) {
  expect_golden("src/records/golden/" + file, pretty(boost::json::parse(written)) + "\n");
}

// The journal as one transaction leaves it.
journal::contents contents_of(std::vector<instance> const& all) {
  journal::contents kept;
  for (auto const& it : all) {
    kept.states.push_back({"instance/" + it.id.text(), write_instance(it)});
    for (auto const& entry : it.resources)
      kept.open_ledger.push_back(
          {entry.id, it.id, entry.held ? journal::ledger_status::held : journal::ledger_status::intent, {}});
  }
  kept.last_seq = 41;
  return kept;
}

TEST(records, a_full_instance_comes_back_as_it_was) {
  auto const text = write_instance(full_instance());
  auto const back = read_instance(text);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(write_instance(*back), text);
  EXPECT_EQ(back->spec, full_instance().spec);
  EXPECT_EQ(back->failed, full_instance().failed);
  EXPECT_EQ(back->services, full_instance().services);
  EXPECT_EQ(back->needs, full_instance().needs);
  EXPECT_EQ(back->wishes, full_instance().wishes);
  EXPECT_EQ(back->services_seq, full_instance().services_seq);
}

TEST(records, a_full_event_comes_back_as_it_was) {
  auto const back = read_event(write_event(full_event()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, full_event());
}

TEST(records, texts_are_kept_byte_by_byte) {
  auto it = full_instance();
  it.spec.settings = "tab\t nul-less \x01 \xff\xfe not UTF-8, \u00e9, \\ and \"";
  auto const back = read_instance(write_instance(it));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->spec.settings, it.spec.settings);
}

TEST(records, shapes_are_the_golden_ones) {
  expect_golden_json("instance.json", write_instance(full_instance()));
  expect_golden_json("instance_defined.json", write_instance([] {
                       instance it;
                       it.id = an_id();
                       it.spec = {.name = "web", .provider = "local"};
                       return it;
                     }()));
  expect_golden_json("event.json", write_event(full_event()));
}

TEST(records, a_step_becomes_one_transaction) {
  fleet all({});
  auto const id = an_id();
  auto const step =
      all.step(create_asked{id, {.name = "web", .provider = "local"}, {}, "user"}, {{}, noon, 1});
  auto const change = to_transaction(all, step);
  EXPECT_EQ(change.why, journal::purpose::growth);
  ASSERT_EQ(change.states.size(), 1U);
  EXPECT_EQ(change.states[0].key, "instance/" + id.text());
  ASSERT_EQ(change.events.size(), 1U);
  EXPECT_EQ(change.events[0].seq, 1U);
  EXPECT_EQ(change.events[0].type, "instance.defined");
  auto const gone = to_transaction(all, all.step(for_instance{id, delete_asked{"user"}}, {{}, noon, 2}));
  EXPECT_EQ(gone.why, journal::purpose::relief);
  ASSERT_EQ(gone.states.size(), 2U);
  EXPECT_EQ(gone.states[0].key, "instance/" + id.text());
  EXPECT_FALSE(gone.states[0].body) << "a start does not read it any more";
  EXPECT_EQ(gone.states[1].key, "deleted/" + id.text());
  EXPECT_EQ(read_instance(gone.states[1].body.value())->spec.name, "web") << "it is known for ever";
}

TEST(records, the_ledger_is_written_with_its_status) {
  fleet all({});
  fleet_step step;
  for (auto const kind : {ledger_change_kind::intent, ledger_change_kind::held, ledger_change_kind::released})
    step.ledger.push_back({an_id(), {kind, full_resource(1, "container")}});
  auto const change = to_transaction(all, step);
  ASSERT_EQ(change.ledger.size(), 3U);
  EXPECT_EQ(change.ledger[0].status, journal::ledger_status::intent);
  EXPECT_EQ(change.ledger[1].status, journal::ledger_status::held);
  EXPECT_EQ(change.ledger[2].status, journal::ledger_status::released);
  EXPECT_EQ(change.ledger[0].resource, full_resource(1, "container").id);
  expect_golden_json("resource.json", change.ledger[0].body);
}

TEST(records, contents_become_instances_again) {
  auto const back = read_contents(contents_of({full_instance()}));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  ASSERT_EQ(back->instances.size(), 1U);
  EXPECT_EQ(back->last_seq, 41U);
  EXPECT_EQ(write_instance(back->instances[0]), write_instance(full_instance()));
}

TEST(records, keys_of_others_are_left_alone) {
  auto kept = contents_of({});
  kept.states.push_back({"daemon/boot", "anything"});
  kept.states.push_back({"instance/x", std::nullopt});
  auto const back = read_contents(kept);
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(back->instances.empty());
}

void expect_damaged(journal::contents const& kept, std::string_view why) {
  auto const back = read_contents(kept);
  ASSERT_FALSE(back.has_value()) << why;
  EXPECT_EQ(back.error().code, error_code::journal_damaged);
  EXPECT_THAT(back.error().message, HasSubstr(std::string(why)));
}

TEST(records, a_text_cut_anywhere_is_refused) {
  auto const text = write_instance(full_instance());
  for (std::size_t length = 0; length < text.size(); ++length)
    ASSERT_FALSE(read_instance(std::string_view(text).substr(0, length)).has_value()) << length;
  auto kept = contents_of({full_instance()});
  kept.states[0].body->resize(100);
  expect_damaged(kept, "the journal's record instance/ins_");
}

// Replaces every value in turn by one of another kind.
void damage_each(boost::json::value const& whole, boost::json::value& place, std::string const& path,
                 std::vector<std::string>& accepted, bool (*reads)(std::string_view)) {
  auto const kept = place;
  bool const is_text = kept.is_string();
  place = is_text ? boost::json::value(7) : boost::json::value("of another kind");
  if (reads(boost::json::serialize(whole))) accepted.push_back(path);
  place = boost::json::value({1, 2});
  if (!kept.is_array() && reads(boost::json::serialize(whole))) accepted.push_back(path + " as a list");
  place = kept;
  if (auto* object = place.if_object())
    for (auto& each : *object)
      damage_each(whole, each.value(), path + "." + std::string(each.key()), accepted, reads);
  if (auto* array = place.if_array())
    for (auto& each : *array) damage_each(whole, each, path + "[]", accepted, reads);
}

TEST(records, each_field_of_a_wrong_kind_is_refused) {
  std::vector<std::string> accepted;
  auto it = boost::json::parse(write_instance(full_instance()));
  damage_each(it, it, "$", accepted, [](std::string_view text) { return read_instance(text).has_value(); });
  auto event = boost::json::parse(write_event(full_event()));
  damage_each(event, event, "$", accepted,
              [](std::string_view text) { return read_event(text).has_value(); });
  EXPECT_THAT(accepted, testing::IsEmpty());
}

TEST(records, the_refusal_names_the_place) {
  auto damaged = boost::json::parse(write_instance(full_instance()));
  damaged.at("resources").at(1).at("wish").at("life") = "for ever";
  auto const back = read_instance(boost::json::serialize(damaged));
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error().message, "$.resources[1].wish.life is not one of instance, run");
}

TEST(records, numbers_that_do_not_fit_are_refused) {
  auto damaged = boost::json::parse(write_instance(full_instance()));
  damaged.at("services").at(0).at("port") = 65'536;
  EXPECT_FALSE(read_instance(boost::json::serialize(damaged)).has_value());
  damaged.at("services").at(0).at("port") = -1;
  EXPECT_FALSE(read_instance(boost::json::serialize(damaged)).has_value());
}

TEST(records, a_key_about_another_instance_is_refused) {
  auto kept = contents_of({full_instance()});
  kept.states[0].key = "instance/" + an_id(2).text();
  expect_damaged(kept, "cannot be used: it is about " + an_id().text());
}

TEST(records, ledger_and_states_must_agree_on_what_exists) {
  constexpr auto why = "the ledger and the instance disagree on whether it exists";
  auto kept = contents_of({full_instance()});
  kept.open_ledger.pop_back();
  expect_damaged(kept, why);
  kept = contents_of({full_instance()});
  kept.open_ledger.push_back({resource_id::make(noon, 9, 9), an_id(), journal::ledger_status::intent, {}});
  expect_damaged(kept, why);
  kept = contents_of({full_instance()});
  kept.open_ledger[0].status = journal::ledger_status::intent;
  expect_damaged(kept, why);
  kept = contents_of({full_instance()});
  kept.states.clear();
  expect_damaged(kept, why);
}

}  // namespace
}  // namespace ostler::records
