#include "keeper/whole/archive_verbs.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "keeper/files/reader.hpp"
#include "keeper/files/tar_reader.hpp"
#include "keeper/files/tar_target.hpp"
#include "keeper/files/tar_writer.hpp"
#include "keeper/whole/stepping_job.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

constexpr std::uint32_t unpack_window = 256UL * 1024;

class pack_job final : public stepping_job {
 public:
  pack_job(loop& on, connection& from, tar_writer archive, std::unique_ptr<channel> stream)
      : stepping_job(on, from), archive_(std::move(archive)), stream_(std::move(stream)) {
    stream_->on({.room = [this] { go_on(); }, .gone = [this] { finish(); }});
  }

 private:
  then step() override {
    if (stream_->closed()) return then::done;
    if (stream_->may_send() == 0) return then::wait;
    piece_.resize(std::min(stream_->may_send(), piece_max));
    auto const got = archive_.pull(piece_);
    if (!got) {
      stream_->cancel(got.error());
      return then::done;
    }
    stream_->send(as_text(byte_view(piece_).first(got->size)));
    if (!got->done) return then::again;
    stream_->end();
    return then::done;
  }
  tar_writer archive_;
  std::unique_ptr<channel> stream_;
  std::vector<std::byte> piece_;
};

class unpack_job final : public job {
 public:
  unpack_job(request asked, workspace into, std::unique_ptr<channel> stream)
      : asked_(asked), target_(std::move(into)), archive_(target_), stream_(std::move(stream)) {
    stream_->on({.data = [this](std::string_view bytes) { take(bytes); }, .end = [this] { finish(); }});
    stream_->grant(unpack_window);
  }
  bool finished() const override { return stream_->closed() || ended_; }

 private:
  void take(std::string_view bytes) {
    if (ended_) return;
    if (auto const done = archive_.push(as_bytes(bytes)); !done) return give_up(done.error());
    stream_->grant(static_cast<std::uint32_t>(bytes.size()));
  }
  void finish() {
    if (ended_) return;
    auto const done = archive_.finish();
    if (!done) return give_up(done.error());
    ended_ = true;
    asked_.answer(wire::unpacked{.files = done->files, .bytes = done->bytes});
    stream_->end();
  }
  void give_up(error const& why) {
    ended_ = true;
    asked_.refuse(why);
    stream_->cancel(why);
  }

  request asked_;
  tar_target target_;
  tar_reader archive_;
  std::unique_ptr<channel> stream_;
  bool ended_ = false;
};

}  // namespace

void offer_archives(server& door, loop& on, workspace const& files) {
  door.offer<wire::file_archive>("files.pack", [&on, &files](request const& asked,
                                                             wire::file_archive const& params) {
    auto archive = tar_writer::open(files, {.paths = params.paths, .excluded = params.exclude});
    if (!archive) return asked.refuse(archive.error());
    auto stream = asked.from().open_channel(params.stream);
    if (!stream) return asked.refuse(stream.error());
    asked.answer(wire::nothing{});
    asked.from().take(std::make_unique<pack_job>(on, asked.from(), std::move(*archive), std::move(*stream)));
  });
  door.offer<wire::file_archive>("files.unpack", [&files](request const& asked,
                                                          wire::file_archive const& params) {
    if (params.paths.size() > 1)
      return asked.refuse({error_code::value_unknown, "an archive is unpacked below one directory", {}, {}});
    auto target = files.beneath(params.paths.empty() ? "." : params.paths.front());
    if (!target) return asked.refuse(target.error());
    auto stream = asked.from().open_channel(params.stream);
    if (!stream) return asked.refuse(stream.error());
    asked.from().take(std::make_unique<unpack_job>(asked, std::move(*target), std::move(*stream)));
  });
}

}  // namespace ostler::keeper
