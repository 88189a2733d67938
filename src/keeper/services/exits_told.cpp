#include "keeper/services/exits_told.hpp"

namespace ostler::keeper {

using lifecycle::exit_status;

wire::exit_told told(exit_status status, bool asked, bool oom) {
  wire::exit_told out{.value = status.value, .asked = asked, .oom = oom};
  switch (status.what) {
    case exit_status::kind::code: out.how = wire::ended::code; break;
    case exit_status::kind::signal: out.how = wire::ended::signal; break;
    case exit_status::kind::unknown: out.how = wire::ended::unknown; break;
  }
  return out;
}

exit_status heard(wire::exit_told const& told) {
  switch (told.how) {
    case wire::ended::code: return {.what = exit_status::kind::code, .value = told.value};
    case wire::ended::signal: return {.what = exit_status::kind::signal, .value = told.value};
    case wire::ended::unknown: break;
  }
  return {};
}

}  // namespace ostler::keeper
