#include "operations/request_reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "operations/all.hpp"
#include "operations/every_shape.hpp"
#include "operations/shown.hpp"
#include "operations/url.hpp"

namespace ostler::operations {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// As the door does it: the path is looked up, the rest is read.
template <class Operation>
result<typename Operation::request> ask(std::string const& target, std::string_view body = {}) {
  auto const mark = std::min(target.find('?'), target.size());
  auto const route =
      all_routes().find(name(Operation::about.method), std::string_view(target).substr(0, mark));
  if (!route) return std::unexpected(route.error());
  EXPECT_EQ(route->operation->about, &Operation::about);
  return read_request<Operation>({.path = route->fields(),
                                  .query = std::string_view(target).substr(std::min(mark + 1, target.size())),
                                  .body = body});
}

template <class Operation> error refused(std::string const& target, std::string_view body = {}) {
  auto const read = ask<Operation>(target, body);
  EXPECT_FALSE(read.has_value()) << target << " " << body;
  if (read) return {};
  auto const& message = read.error().message;
  EXPECT_TRUE(is_utf8(message)) << message;
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_LE(message.size(), 1000U) << message;
  auto const allowed = errors_of(entry_of<Operation>);
  EXPECT_THAT(allowed, testing::Contains(read.error().code)) << message;
  return read.error();
}

std::string const list = "/api/v1/instances";
std::string const one = "/api/v1/instances/auth";

TEST(query_reading, fills_every_kind_of_field) {
  auto const filter =
      ask<instances_list>(list + "?state=running&state=failed&provider=local&name=a%20b&limit=7");
  ASSERT_TRUE(filter.has_value()) << filter.error().message;
  EXPECT_THAT(filter->state, ElementsAre(instance_state::running, instance_state::failed));
  EXPECT_THAT(filter->provider, ElementsAre("local"));
  EXPECT_EQ(filter->name, "a b");
  EXPECT_EQ(filter->limit, 7U);

  auto const logs =
      ask<logs_read>(one + "/logs?since=10m&follow&tail=0&only=err&pattern=a%2Bb&literal=true&invert=0");
  ASSERT_TRUE(logs.has_value()) << logs.error().message;
  EXPECT_EQ(logs->instance, "auth");
  EXPECT_EQ(logs->since.ago, 600s);
  EXPECT_TRUE(logs->follow && logs->literal && !logs->invert);
  EXPECT_EQ(logs->tail, 0U);
  EXPECT_EQ(logs->only, log_stream::err);
  EXPECT_EQ(logs->pattern, "a+b");

  auto const wait = ask<instances_wait>(one + "/wait?until=ready&until=service:web&timeout=1m30s");
  ASSERT_TRUE(wait.has_value()) << wait.error().message;
  EXPECT_THAT(wait->until, ElementsAre("ready", "service:web"));
  EXPECT_EQ(wait->timeout, 90s);
}

TEST(query_reading, what_is_not_given_keeps_its_default) {
  auto const filter = ask<instances_list>(list);
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(filter->limit, 1000U);
  EXPECT_THAT(filter->state, IsEmpty());
}

TEST(query_reading, an_unknown_key_is_refused_with_near_names) {
  auto const refusal = refused<instances_list>(list + "?sate=running");
  EXPECT_EQ(refusal.code, error_code::usage);
  EXPECT_THAT(refusal.message, AllOf(HasSubstr("'sate'"), HasSubstr("did you mean 'state'?"),
                                     HasSubstr("allowed: state, provider")));
  EXPECT_EQ(refused<instances_get>(one + "?instance=other").code, error_code::usage);
  EXPECT_EQ(refused<instances_start>(one + "/start?wait=1s").code, error_code::usage);
  EXPECT_EQ(refused<instances_list>(list + "?=x").code, error_code::usage);
}

TEST(query_reading, what_takes_nothing_refuses_everything) {
  EXPECT_TRUE(ask<health>("/health").has_value());
  EXPECT_EQ(refused<health>("/health?verbose").code, error_code::usage);
  EXPECT_EQ(refused<health>("/health?%").code, error_code::text_malformed);
  EXPECT_EQ(refused<health>("/health?" + std::string(100'000, 'a')).code, error_code::body_too_large);
  EXPECT_EQ(refused<agents_stop_all>("/api/v1/agent-stop", R"({"all": true})").code, error_code::usage);
}

TEST(query_reading, a_word_that_is_none_is_refused_with_the_allowed_ones) {
  auto const refusal = refused<instances_list>(list + "?state=runing");
  EXPECT_EQ(refusal.code, error_code::value_unknown);
  EXPECT_EQ(
      refusal.message,
      "'state' is 'runing'; allowed: defined, starting, running, stopping, stopped, failed, deleted; did you "
      "mean 'running'?");
  EXPECT_EQ(refused<logs_read>(one + "/logs?follow=yes").code, error_code::value_unknown);
  EXPECT_EQ(refused<instances_list>(list + "?state").code, error_code::usage);
}

TEST(query_reading, numbers_have_bounds) {
  for (auto const* bad :
       {"0", "10001", "-1", "1.5", "1e3", "", " 1", "1 ", "0x10", "99999999999999999999999", "+1", "--"}) {
    auto const refusal = refused<instances_list>(list + "?limit=" + percent_encoded(bad));
    EXPECT_EQ(refusal.code, error_code::value_out_of_range) << bad;
    EXPECT_THAT(refusal.message, HasSubstr("whole numbers from 1 to 10000")) << bad;
  }
  EXPECT_EQ(ask<events_list>("/api/v1/events/history?after=18446744073709551615")->after, ~0ULL);
  EXPECT_EQ(refused<events_list>("/api/v1/events/history?after=18446744073709551616").code,
            error_code::value_out_of_range);
}

TEST(query_reading, durations_have_units_and_bounds) {
  for (auto const* bad : {"60", "-1s", "1 s", "", "11m", "s", "1h"})
    EXPECT_EQ(refused<instances_wait>(one + "/wait?timeout=" + percent_encoded(bad)).code,
              error_code::duration_invalid)
        << bad;
  EXPECT_THAT(refused<instances_wait>(one + "/wait?timeout=11m").message, HasSubstr("allowed: 0s to 10m"));
  EXPECT_EQ(refused<logs_read>(one + "/logs?since=yesterday").code, error_code::duration_invalid);
}

TEST(query_reading, what_may_be_given_once_is_refused_twice) {
  EXPECT_EQ(refused<instances_list>(list + "?limit=1&limit=1").code, error_code::usage);
  EXPECT_EQ(refused<logs_read>(one + "/logs?tail=1&tail=2").code, error_code::usage);
}

TEST(query_reading, what_must_be_given_is_missed) {
  auto const refusal = refused<files_read>(one + "/files/content");
  EXPECT_EQ(refusal.code, error_code::usage);
  EXPECT_THAT(refusal.message, HasSubstr("'path'"));
  EXPECT_EQ(refused<files_read>(one + "/files/content?path=").code, error_code::value_out_of_range);
  EXPECT_EQ(ask<files_list>(one + "/files")->path.text, "");
}

TEST(query_reading, the_path_of_a_file_is_any_bytes_but_nul) {
  EXPECT_EQ(ask<files_read>(one + "/files/content?path=%FF%0A")->path.text, "\xff\n");
  EXPECT_EQ(ask<files_read>(one + "/files/content?path=../x")->path.text, "../x");
  EXPECT_EQ(refused<files_read>(one + "/files/content?path=a%00b").code, error_code::text_malformed);
  EXPECT_EQ(refused<files_read>(one + "/files/content?path=" + std::string(4097, 'a')).code,
            error_code::value_out_of_range);
}

TEST(path_reading, nasty_names_are_refused_by_name) {
  for (auto const* bad :
       {"-rf", "..", "%2e%2e%2f", "a%0ab", "a%22b", "%27", "a%20b", "a+b", "*", "a%25b", "%E2%82%AC"}) {
    auto const refusal = refused<instances_get>("/api/v1/instances/" + std::string(bad));
    EXPECT_EQ(refusal.code, error_code::name_invalid) << bad;
    EXPECT_THAT(refusal.message, HasSubstr("'instance'")) << bad;
  }
  EXPECT_EQ(refused<instances_get>("/api/v1/instances/a%00").code, error_code::text_malformed);
  EXPECT_EQ(refused<instances_get>("/api/v1/instances/%FF").code, error_code::text_malformed);
  EXPECT_EQ(refused<instances_get>("/api/v1/instances/%").code, error_code::text_malformed);
  EXPECT_EQ(refused<instances_get>("/api/v1/instances/" + std::string(5000, 'a')).code,
            error_code::name_invalid);
  EXPECT_EQ(refused<ports_forward>(one + "/ports/0/forward").code, error_code::value_out_of_range);
  EXPECT_EQ(refused<ports_forward>(one + "/ports/65536/forward").code, error_code::value_out_of_range);
  EXPECT_EQ(ask<ports_forward>(one + "/ports/8080/forward")->port, 8080);
}

TEST(body_reading, fills_every_kind_of_field) {
  auto const made = ask<instances_create>(list, R"({
    "name": "auth", "provider": "worktree", "from": "feature/login", "wait": "45s", "keep_on_error": false,
    "settings": {"image": "node:22", "deep": [1, {"a": null}]},
    "services": [{"name": "web", "command": ["npm", "start"], "port": {"kind": "automatic"},
                  "ready": {"http": {"path": "/healthz"}, "limit": 60000}, "restart": {"on": "always"}}]})");
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->wait, 45s);
  EXPECT_FALSE(made->keep_on_error);
  EXPECT_EQ(made->settings.text, R"({"image":"node:22","deep":[1,{"a":null}]})");
  ASSERT_EQ(made->services.size(), 1U);
  auto const& web = made->services.front();
  EXPECT_EQ(web.port.kind, wire::port_kind::automatic);
  EXPECT_EQ(web.ready.http->path, "/healthz");
  EXPECT_EQ(web.ready.limit, 60s);
  EXPECT_EQ(web.restart.on, wire::restart_on::always);
}

TEST(body_reading, nothing_at_all_is_an_empty_object) {
  EXPECT_TRUE(ask<instances_start>(one + "/start").has_value());
  EXPECT_TRUE(ask<instances_start>(one + "/start", "{}").has_value());
  auto const changed = ask<instances_update>(one, R"({"services": null, "attention": "review"})");
  ASSERT_TRUE(changed.has_value());
  EXPECT_FALSE(changed->services.has_value());
  EXPECT_EQ(changed->attention, attention_kind::review);
}

TEST(body_reading, an_unknown_field_is_refused_wherever_it_stands) {
  EXPECT_THAT(refused<instances_create>(list, R"({"nmae": "x"})").message, HasSubstr("did you mean 'name'?"));
  auto const refusal = refused<instances_create>(
      list, R"({"services": [{"name": "a", "command": ["x"], "ready": {"htpp": {}}}]})");
  EXPECT_EQ(refusal.code, error_code::usage);
  EXPECT_THAT(refusal.message, AllOf(HasSubstr("'services[0].ready.htpp'"), HasSubstr("'http'")));
  EXPECT_THAT(refused<instances_start>(one + "/start", R"({"instance": "x"})").message,
              HasSubstr("in the path"));
}

TEST(body_reading, a_key_that_is_given_twice_is_refused_by_name) {
  auto const why = refused<instances_create>(list, R"({"name":"web","name":"db"})");
  EXPECT_EQ(why.code, error_code::text_malformed);
  EXPECT_THAT(why.message, HasSubstr("'name' twice"));
}

TEST(body_reading, the_wrong_kind_is_refused_with_what_is_right) {
  struct wrong {
    char const* body;
    error_code code;
  };
  for (auto const& [body, code] : std::vector<wrong>{
           {"[]", error_code::text_malformed},
           {"null", error_code::text_malformed},
           {"{", error_code::text_malformed},
           {"{} {}", error_code::text_malformed},
           {R"({"name": 3})", error_code::text_malformed},
           {R"({"name": null})", error_code::text_malformed},
           {R"({"start": "true"})", error_code::text_malformed},
           {R"({"start": 1})", error_code::text_malformed},
           {R"({"services": {}})", error_code::text_malformed},
           {R"({"services": [3]})", error_code::text_malformed},
           {R"({"wait": true})", error_code::text_malformed},
           {R"({"wait": 1.5})", error_code::text_malformed},
           {R"({"wait": -1})", error_code::duration_invalid},
           {R"({"wait": "60"})", error_code::duration_invalid},
           {R"({"wait": 9223372036854775807})", error_code::duration_invalid},
           {R"({"name": "Auth"})", error_code::name_invalid},
           {R"({"name": ""})", error_code::name_invalid},
           {R"({"from": "--upload-pack=x"})", error_code::value_unknown},
           {R"({"env": ["A=\u0000"]})", error_code::text_malformed},
           {"{\"env\": [\"A=\xff\"]}", error_code::text_malformed},
           {R"({"services": [{"name": "timestamp", "command": ["x"]}]})", error_code::name_invalid},
           {R"({"services": [{"name": "a"}]})", error_code::usage},
           {R"({"services": [{"name": "a", "command": []}]})", error_code::usage},
           {R"({"services": [{"name": "a", "command": ["x"], "kind": "daemon"}]})",
            error_code::value_unknown},
           {R"({"services": [{"name": "a", "command": ["x"], "port": {"number": 65536}}]})",
            error_code::value_out_of_range},
           {R"({"services": [{"name": "a", "command": ["x"], "port": {"number": "80"}}]})",
            error_code::text_malformed},
       })
    EXPECT_EQ(refused<instances_create>(list, body).code, code) << body;
}

TEST(body_reading, has_limits) {
  EXPECT_EQ(refused<instances_create>(list, std::string(request_body_max + 1, ' ')).code,
            error_code::body_too_large);
  auto const deep =
      "{\"settings\": " + std::string(request_depth_max, '[') + std::string(request_depth_max, ']') + "}";
  EXPECT_EQ(refused<instances_create>(list, deep).code, error_code::text_malformed);
  EXPECT_EQ(refused<instances_create>(list, std::string(100'000, '[')).code, error_code::text_malformed);
  EXPECT_TRUE(
      ask<instances_create>(list, R"({"settings": {"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"[[["}})")
          .has_value());
}

TEST(body_reading, long_and_strange_values_are_shortened_in_refusals) {
  auto const refusal = refused<instances_create>(list, "{\"name\": \"" + std::string(10'000, 'a') + "\"}");
  EXPECT_THAT(refusal.message, HasSubstr("(10000 bytes)"));
  EXPECT_THAT(refused<instances_create>(list, R"({"name": "a\n\"b"})").message, HasSubstr("'a\\x0a\"b'"));
  EXPECT_EQ(refused<instances_create>(list, R"({")" + std::string(10'000, 'k') + R"(": 1})").code,
            error_code::usage);
}

TEST(request_writing, comes_back_as_it_was) {
  log_query query;
  query.instance = "auth";
  query.service = {"web", "db"};
  query.pattern = "a+b&c=d%20 \xe2\x82\xac";
  query.since.ago = 600s;
  query.tail = 0;
  query.follow = true;
  auto const line = write_request<logs_read>(query);
  EXPECT_TRUE(line.body.empty());
  auto const again = ask<logs_read>(line.target);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(wire::to_json(*again), wire::to_json(query));
}

TEST(request_writing, only_what_differs_is_written) {
  instance_new made;
  made.name = "auth";
  made.wait = 1500ms;
  made.services.push_back({.name = "web", .command = {"npm", "start"}});
  auto const line = write_request<instances_create>(made);
  EXPECT_EQ(line.method, http_method::post);
  EXPECT_EQ(line.target, "/api/v1/instances");
  EXPECT_EQ(line.body,
            R"({"name":"auth","services":[{"name":"web","command":["npm","start"]}],"wait":1500})");
  EXPECT_EQ(wire::to_json(*ask<instances_create>(line.target, line.body)), wire::to_json(made));

  EXPECT_EQ(write_request<instances_stop>({.instance = "auth", .grace = 0ms}).body, R"({"grace":0})");
  EXPECT_EQ(write_request<instances_list>({}).target, "/api/v1/instances");
  EXPECT_EQ(write_request<agents_get>({.agent = "my agent/2"}).target, "/api/v1/agents/my%20agent%2F2");
  EXPECT_EQ(ask<agents_get>("/api/v1/agents/my%20agent%2F2")->agent, "my agent/2");
  EXPECT_EQ(write_request<instances_wait>({.instance = "a", .timeout = 90s}).target,
            "/api/v1/instances/a/wait?timeout=90000ms");
}

TEST(requests, begin_with_empty_lists_and_without_what_may_be_missing) {
  // Reading adds to a list and sets what may be missing; a default there could not be taken away.
  for (auto const* form : every_shape(spoken_by::client))
    for (auto const& field : form->members)
      if (field.form->size != nullptr) {
        EXPECT_EQ(field.form->size(part(field, form->untouched())), 0U) << form->name << "." << field.name;
      }
}

}  // namespace
}  // namespace ostler::operations
