// Files and ports of an instance.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "operations/text_values.hpp"

namespace ostler::operations {

enum class file_kind : std::uint8_t { file, directory, link, other };
BOOST_DESCRIBE_ENUM(file_kind, file, directory, link, other)

struct file_entry {
  file_path name;
  file_kind kind = file_kind::file;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  wall_time modified{};
  file_path target;
  // Changes whenever the content may have changed.
  std::string tag;
};
BOOST_DESCRIBE_STRUCT(file_entry, (), (name, kind, size, mode, modified, target, tag))

struct file_list {
  std::vector<file_entry> entries;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(file_list, (), (entries, more))

struct unpacked {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(unpacked, (), (files, bytes))

struct listening_port {
  std::string address;
  std::uint16_t port = 0;
  std::int64_t pid = 0;
  // Empty when none of ours.
  std::string service;
  std::string url;
};
BOOST_DESCRIBE_STRUCT(listening_port, (), (address, port, pid, service, url))

struct port_list {
  std::vector<listening_port> ports;
};
BOOST_DESCRIBE_STRUCT(port_list, (), (ports))

}  // namespace ostler::operations
