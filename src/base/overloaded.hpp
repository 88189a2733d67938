// For std::visit with one lambda for each alternative.
#pragma once

namespace ostler {

template <class... Handlers> struct overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace ostler
