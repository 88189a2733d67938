#include "keeper/whole/session_verbs.hpp"

#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {
namespace {

void answer(request const& asked, result<void> const& done) {
  done ? asked.answer(wire::nothing{}) : asked.refuse(done.error());
}

}  // namespace

void offer_sessions(server& door, session_table& sessions) {
  door.offer<wire::exec_start>("exec.start",
                               [&sessions](request const& asked, wire::exec_start const& params) {
                                 auto const started = sessions.start(asked.from(), params);
                                 started ? asked.answer(*started) : asked.refuse(started.error());
                               });
  door.offer<wire::session_attach>("session.attach",
                                   [&sessions](request const& asked, wire::session_attach const& params) {
                                     answer(asked, sessions.attach(asked.from(), params));
                                   });
  door.offer<wire::session_resize>("session.resize",
                                   [&sessions](request const& asked, wire::session_resize const& params) {
                                     answer(asked, sessions.resize(asked.from(), params));
                                   });
  door.offer<wire::session_named>("session.close",
                                  [&sessions](request const& asked, wire::session_named const& params) {
                                    answer(asked, sessions.close(params.session));
                                  });
}

}  // namespace ostler::keeper
