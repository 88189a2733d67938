// logs.read: a question to a log, answered on a stream as fast as the client takes it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "keeper/logs/log_store.hpp"
#include "keeper/serve/server.hpp"
#include "wire/keeper_verbs.hpp"

namespace ostler::keeper {

// `find` gives the log of the service or session that the request names.
void offer_logs(server& door, std::function<result<std::shared_ptr<log_store>>(wire::log_read const&)> find);

}  // namespace ostler::keeper
