// The one coroutine type of ours: runs on the event loop, hears cancellation, gives a T.
//
// A task does nothing before it is awaited or spawned. It is started by whoever owns it: awaited in place, or
// handed to a scope.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace ostler::async {

template <class T> using task = boost::asio::awaitable<T>;
// Where coroutines run: the one event loop.
using home = boost::asio::any_io_executor;

}  // namespace ostler::async
