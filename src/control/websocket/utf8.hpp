// Is it UTF-8, as strictly as RFC 3629 says? No overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace ostler::control::websocket {

bool is_strict_utf8(std::string_view text);

}  // namespace ostler::control::websocket
