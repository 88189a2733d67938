// Files of an instance, read and written by its keeper, who alone can see them.
#include <memory>
#include <utility>

#include "answers/asked.hpp"
#include "answers/groups.hpp"
#include "operations/file_operations.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::answers {
namespace {

operations::file_kind kind_of(std::string_view word) {
  if (word == "file") return operations::file_kind::file;
  if (word == "directory") return operations::file_kind::directory;
  if (word == "link") return operations::file_kind::link;
  return operations::file_kind::other;
}

operations::file_entry told(wire::file_entry const& entry) {
  return {.name = {entry.name},
          .kind = kind_of(entry.kind),
          .size = entry.size,
          .mode = entry.mode,
          .modified = entry.modified,
          .target = {entry.target},
          .tag = entry.tag};
}

// One question, one answer.
template <class Answer, class Params>
task<result<Answer>> ask(answer_needs const* needs, std::string instance, control::caller who,
                         std::string_view verb, Params params) {
  auto const where = reach(needs, instance, who);
  if (!where) co_return std::unexpected(where.error());
  co_return co_await where->keeper->ask<Answer>(verb, std::move(params));
}

// Bytes as the keeper sends them. A stream that is given up in the middle is an error, so nobody takes a part
// for the whole.
class keeper_bytes final : public control::byte_source {
 public:
  explicit keeper_bytes(keeper_ptr keeper) : stream_(std::move(keeper)) {}
  std::uint32_t number() const { return stream_.number(); }
  task<result<std::optional<std::string>>> next() override { return stream_.read(); }

 private:
  supervisor::keeper_stream stream_;
};

task<result<control::byte_answer>> read(answer_needs const* needs, operations::file_range asked,
                                        control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  auto bytes = std::make_unique<keeper_bytes>(where->keeper);
  wire::file_read how{.path = asked.path.text, .offset = asked.offset, .length = asked.length};
  how.stream = bytes->number();
  auto const begun = co_await where->keeper->ask<wire::file_entry>("files.read", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  // It may grow or shrink while it is read, so its size is no promise.
  co_return control::byte_answer{.media = {}, .size = {}, .source = std::move(bytes)};
}

task<result<control::byte_answer>> pack(answer_needs const* needs, operations::archive_query asked,
                                        control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  auto bytes = std::make_unique<keeper_bytes>(where->keeper);
  wire::file_archive how{.paths = {}, .exclude = std::move(asked.exclude), .stream = bytes->number()};
  for (auto& each : asked.path) how.paths.push_back(std::move(each.text));
  auto const begun = co_await where->keeper->ask<wire::nothing>("files.pack", std::move(how));
  if (!begun) co_return std::unexpected(begun.error());
  co_return control::byte_answer{.media = {}, .size = {}, .source = std::move(bytes)};
}

// Nothing more is written when the keeper has refused: its answer says why.
task<result<void>> pour(control::byte_source* from, supervisor::keeper_stream* into) {
  for (;;) {
    auto const piece = co_await from->next();
    if (!piece) co_return std::unexpected(piece.error());
    if (!*piece) break;
    auto const written = co_await into->write(**piece);
    if (!written) co_return result<void>{};
  }
  into->end();
  co_return result<void>{};
}

// What was sent of a body that broke off is given up with the stream, and the keeper keeps nothing of it.
template <class Answer, class Params>
task<result<Answer>> send(keeper_ptr keeper, std::string_view verb, Params params,
                          control::byte_source* body) {
  supervisor::keeper_stream stream(keeper);
  params.stream = stream.number();
  auto question = keeper->send(verb, params);
  question.carries(stream);
  auto const poured = co_await pour(body, &stream);
  if (!poured) co_return std::unexpected(poured.error());
  co_return co_await question.template answer<Answer>();
}

task<result<operations::file_entry>> write(answer_needs const* needs, operations::file_content asked,
                                           control::byte_source* body, control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  wire::file_write how{.path = asked.path.text,
                       .mode = asked.mode,
                       .append = asked.append,
                       .parents = asked.parents,
                       .durable = asked.durable,
                       .if_tag = asked.if_tag};
  auto const done = co_await send<wire::file_entry>(where->keeper, "files.write", std::move(how), body);
  if (!done) co_return std::unexpected(done.error());
  co_return told(*done);
}

task<result<operations::unpacked>> unpack(answer_needs const* needs, operations::archive_content asked,
                                          control::byte_source* body, control::caller who) {
  auto const where = reach(needs, asked.instance, who);
  if (!where) co_return std::unexpected(where.error());
  wire::file_archive how;
  if (!asked.path.text.empty()) how.paths.push_back(asked.path.text);
  auto const done = co_await send<wire::unpacked>(where->keeper, "files.unpack", std::move(how), body);
  if (!done) co_return std::unexpected(done.error());
  co_return operations::unpacked{.files = done->files, .bytes = done->bytes};
}

task<result<operations::file_list>> list(answer_needs const* needs, operations::file_listing asked,
                                         control::caller who) {
  auto const done =
      co_await ask<wire::file_list>(needs, asked.instance, std::move(who), "files.list",
                                    wire::file_named{.path = asked.path.text.empty() ? "." : asked.path.text,
                                                     .limit = asked.limit,
                                                     .after = asked.after.text});
  if (!done) co_return std::unexpected(done.error());
  operations::file_list out{.entries = {}, .more = done->more};
  for (auto const& each : done->entries) out.entries.push_back(told(each));
  co_return out;
}

task<result<operations::file_entry>> stat(answer_needs const* needs, std::string instance, std::string path,
                                          control::caller who) {
  auto const seen = co_await ask<wire::file_entry>(needs, std::move(instance), std::move(who), "files.stat",
                                                   wire::file_named{.path = std::move(path), .after = {}});
  if (!seen) co_return std::unexpected(seen.error());
  co_return told(*seen);
}

task<result<operations::file_entry>> make(answer_needs const* needs, operations::directory_new asked,
                                          control::caller who) {
  auto const done = co_await ask<wire::nothing>(
      needs, asked.instance, who, "files.make",
      wire::file_named{.path = asked.path.text, .all = asked.parents, .after = {}});
  if (!done) co_return std::unexpected(done.error());
  co_return co_await stat(needs, asked.instance, asked.path.text, std::move(who));
}

task<result<operations::done>> remove(answer_needs const* needs, operations::file_removal asked,
                                      control::caller who) {
  auto const done =
      co_await ask<wire::nothing>(needs, asked.instance, std::move(who), "files.remove",
                                  wire::file_named{.path = asked.path.text, .all = asked.all, .after = {}});
  if (!done) co_return std::unexpected(done.error());
  co_return operations::done{};
}

task<result<operations::file_entry>> move(answer_needs const* needs, operations::file_move asked,
                                          control::caller who) {
  wire::file_move how{.from = asked.from.text, .to = asked.to.text, .replace = asked.replace};
  auto const done = co_await ask<wire::nothing>(needs, asked.instance, who, "files.move", std::move(how));
  if (!done) co_return std::unexpected(done.error());
  co_return co_await stat(needs, asked.instance, asked.to.text, std::move(who));
}

}  // namespace

void bind_files(control::bindings& into, answer_needs const& needs) {
  using namespace operations;
  auto const* all = &needs;
  into.bind<files_read>([all](auto asked, auto who) { return read(all, asked, who); });
  into.bind<files_pack>([all](auto asked, auto who) { return pack(all, asked, who); });
  into.bind<files_write>([all](auto asked, auto* body, auto who) { return write(all, asked, body, who); });
  into.bind<files_unpack>([all](auto asked, auto* body, auto who) { return unpack(all, asked, body, who); });
  into.bind<files_list>([all](auto asked, auto who) { return list(all, asked, who); });
  into.bind<files_stat>([all](operations::file_named asked, control::caller who) {
    return stat(all, asked.instance, asked.path.text, std::move(who));
  });
  into.bind<files_make>([all](auto asked, auto who) { return make(all, asked, who); });
  into.bind<files_remove>([all](auto asked, auto who) { return remove(all, asked, who); });
  into.bind<files_move>([all](auto asked, auto who) { return move(all, asked, who); });
}

}  // namespace ostler::answers
