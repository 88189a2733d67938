#include "keeper/whole/file_verbs.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keeper/files/change.hpp"
#include "keeper/files/entry.hpp"
#include "keeper/files/reader.hpp"
#include "keeper/files/removal.hpp"
#include "keeper/files/writer.hpp"
#include "keeper/whole/archive_verbs.hpp"
#include "keeper/whole/stepping_job.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint32_t write_window = 256UL * 1024;

std::string tag_text(file_tag const& tag) {
  return fmt::format("{}-{}-{}", tag.size, tag.mtime_ns, tag.inode);
}

std::optional<file_tag> parse_tag(std::string_view text) {
  file_tag tag;
  auto const* at = text.data();
  auto const* const end = at + text.size();
  auto const number = [&](auto& into, bool last) {
    auto const read = std::from_chars(at, end, into);
    if (read.ec != std::errc{} || (last ? read.ptr != end : read.ptr == end || *read.ptr != '-'))
      return false;
    at = last ? read.ptr : read.ptr + 1;
    return true;
  };
  if (!number(tag.size, false) || !number(tag.mtime_ns, false) || !number(tag.inode, true))
    return std::nullopt;
  return tag;
}

wire::file_entry told(std::string name, file_info const& info) {
  return {.name = std::move(name),
          .kind = std::string(name_of(info.kind)),
          .size = info.tag.size,
          .mode = static_cast<std::uint32_t>(info.mode),
          .modified = wall_time(std::chrono::floor<milliseconds>(nanoseconds(info.tag.mtime_ns))),
          .target = info.target,
          .tag = tag_text(info.tag)};
}

template <class T> void answer(request const& asked, result<T> const& done) {
  if (!done) return asked.refuse(done.error());
  if constexpr (std::is_void_v<T>)
    asked.answer(wire::nothing{});
  else
    asked.answer(*done);
}

class read_job final : public job {
 public:
  read_job(reader from, std::unique_ptr<channel> stream)
      : reader_(std::move(from)), stream_(std::move(stream)) {
    stream_->on({.room = [this] { pass(); }});
  }
  bool finished() const override { return stream_->closed() || ended_; }

 private:
  void pass() {
    std::vector<std::byte> piece;
    while (!ended_ && stream_->may_send() > 0) {
      piece.resize(std::min(stream_->may_send(), piece_max));
      auto const got = reader_.pull(piece);
      if (!got) return stream_->cancel(got.error());
      stream_->send(as_text(byte_view(piece).first(*got)));
      if (*got > 0) continue;
      ended_ = true;
      stream_->end();
    }
  }
  reader reader_;
  std::unique_ptr<channel> stream_;
  bool ended_ = false;
};

class write_job final : public job {
 public:
  write_job(request asked, writer to, std::string name, std::unique_ptr<channel> stream)
      : asked_(asked), writer_(std::move(to)), name_(std::move(name)), stream_(std::move(stream)) {
    stream_->on({.data = [this](std::string_view bytes) { take(bytes); }, .end = [this] { finish(); }});
    stream_->grant(write_window);
  }
  bool finished() const override { return stream_->closed() || ended_; }

 private:
  void take(std::string_view bytes) {
    if (ended_) return;
    if (auto const done = writer_.push(as_bytes(bytes)); !done) return give_up(done.error());
    stream_->grant(static_cast<std::uint32_t>(bytes.size()));
  }
  void finish() {
    if (ended_) return;
    auto const done = writer_.finish();
    if (!done) return give_up(done.error());
    asked_.answer(told(name_, *done));
    stream_->end();
    ended_ = true;
  }
  void give_up(error const& why) {
    ended_ = true;
    asked_.refuse(why);
    stream_->cancel(why);
  }

  request asked_;
  writer writer_;
  std::string name_;
  std::unique_ptr<channel> stream_;
  bool ended_ = false;
};

class list_job final : public stepping_job {
 public:
  list_job(loop& on, request asked, listing what)
      : stepping_job(on, asked.from()), asked_(asked), listing_(std::move(what)) {
    go_on();
  }

 private:
  then step() override {
    auto const done = listing_.step();
    if (!done) {
      asked_.refuse(done.error());
      return then::done;
    }
    if (!*done) return then::again;
    auto page = listing_.take();
    wire::file_list out{.more = page.next.has_value()};
    for (auto& each : page.entries) out.entries.push_back(told(std::move(each.name), each.info));
    asked_.answer(out);
    return then::done;
  }
  request asked_;
  listing listing_;
};

class remove_job final : public stepping_job {
 public:
  remove_job(loop& on, request asked, system::tree_removal what)
      : stepping_job(on, asked.from()), asked_(asked), removal_(std::move(what)) {
    go_on();
  }

 private:
  then step() override {
    auto const done = removal_.step();
    if (done && !*done) return then::again;
    done ? asked_.answer(wire::nothing{}) : asked_.refuse(done.error());
    return then::done;
  }
  request asked_;
  system::tree_removal removal_;
};

void read_file(workspace const& files, request const& asked, wire::file_read const& params) {
  byte_range range{.offset = params.offset};
  if (params.length) range.length = *params.length;
  auto opened = reader::open(files, params.path, range);
  if (!opened) return asked.refuse(opened.error());
  auto stream = asked.from().open_channel(params.stream);
  if (!stream) return asked.refuse(stream.error());
  asked.answer(told(params.path, opened->info()));
  asked.from().take(std::make_unique<read_job>(std::move(*opened), std::move(*stream)));
}

void write_file(workspace const& files, request const& asked, wire::file_write const& params) {
  write_options options{
      .way = params.append ? write_options::how::append : write_options::how::replace,
      .folders = params.parents ? write_options::parents::made : write_options::parents::must_exist,
      .kept = params.durable ? write_options::sync::power : write_options::sync::none};
  if (params.mode) options.mode = static_cast<mode_t>(*params.mode);
  if (!params.if_tag.empty()) {
    options.if_match = parse_tag(params.if_tag);
    if (!options.if_match)
      return asked.refuse({error_code::value_unknown,
                           fmt::format("{} is no tag of a file", in_quotes(params.if_tag)),
                           {},
                           {}});
  }
  auto opened = writer::open(files, params.path, options);
  if (!opened) return asked.refuse(opened.error());
  auto stream = asked.from().open_channel(params.stream);
  if (!stream) return asked.refuse(stream.error());
  asked.from().take(std::make_unique<write_job>(asked, std::move(*opened), params.path, std::move(*stream)));
}

void remove_file(loop& on, workspace const& files, request const& asked, wire::file_named const& params) {
  if (!params.all) return answer(asked, remove_entry(files, params.path));
  auto opened = open_removal(files, params.path);
  if (!opened) return asked.refuse(opened.error());
  asked.from().take(std::make_unique<remove_job>(on, asked, std::move(*opened)));
}

}  // namespace

void offer_files(server& door, loop& on, workspace const& files) {
  door.offer<wire::file_read>("files.read", [&files](request const& asked, wire::file_read const& params) {
    read_file(files, asked, params);
  });
  door.offer<wire::file_write>("files.write", [&files](request const& asked, wire::file_write const& params) {
    write_file(files, asked, params);
  });
  door.offer<wire::file_named>("files.stat", [&files](request const& asked, wire::file_named const& params) {
    auto const seen = look(files, params.path, last_link::kept);
    seen ? asked.answer(told(params.path, *seen)) : asked.refuse(seen.error());
  });
  door.offer<wire::file_named>("files.make", [&files](request const& asked, wire::file_named const& params) {
    answer(asked, params.all ? make_directories(files, params.path) : make_directory(files, params.path));
  });
  door.offer<wire::file_named>("files.remove",
                               [&files, &on](request const& asked, wire::file_named const& params) {
                                 remove_file(on, files, asked, params);
                               });
  door.offer<wire::file_move>("files.move", [&files](request const& asked, wire::file_move const& params) {
    answer(asked, move_entry(files, params.from, params.to,
                             params.replace ? occupied::replaced : occupied::refused));
  });
  door.offer<wire::file_named>("files.list",
                               [&files, &on](request const& asked, wire::file_named const& params) {
                                 auto opened = listing::open(files, params.path, params.limit, params.after);
                                 if (!opened) return asked.refuse(opened.error());
                                 asked.from().take(std::make_unique<list_job>(on, asked, std::move(*opened)));
                               });
  offer_archives(door, on, files);
}

}  // namespace ostler::keeper
