#include "async/cancelled.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace ostler::async {

bool is_cancellation(std::exception_ptr const& what) {
  if (!what) return false;
  try {
    std::rethrow_exception(what);
  } catch (boost::system::system_error const& failed) {
    return failed.code() == boost::asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

void throw_cancelled() {
  throw boost::system::system_error(
      boost::asio::error::make_error_code(boost::asio::error::operation_aborted));
}

std::string thrown_text(std::exception_ptr const& what) {
  try {
    std::rethrow_exception(what);
  } catch (std::exception const& one) {
    return one.what();
  } catch (...) {
    return "something that says nothing";
  }
}

}  // namespace ostler::async
