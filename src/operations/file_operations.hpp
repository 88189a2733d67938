// What can be asked about files and ports of an instance. Paths are relative to the workspace; whatever leads
// out of it is refused by the keeper, who alone can see it.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operations/file_values.hpp"
#include "operations/instance_operations.hpp"
#include "operations/operation.hpp"

namespace ostler::operations {

struct file_range {
  std::string instance;
  file_path path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};
BOOST_DESCRIBE_STRUCT(file_range, (), (instance, path, offset, length))

struct file_content {
  std::string instance;
  file_path path;
  std::optional<std::uint32_t> mode;
  bool append = false;
  bool parents = false;
  bool durable = false;
  std::string if_tag;
};
BOOST_DESCRIBE_STRUCT(file_content, (), (instance, path, mode, append, parents, durable, if_tag))

struct file_listing {
  std::string instance;
  file_path path;
  std::uint32_t limit = 1000;
  file_path after;
};
BOOST_DESCRIBE_STRUCT(file_listing, (), (instance, path, limit, after))

struct file_named {
  std::string instance;
  file_path path;
};
BOOST_DESCRIBE_STRUCT(file_named, (), (instance, path))

struct directory_new {
  std::string instance;
  file_path path;
  bool parents = false;
};
BOOST_DESCRIBE_STRUCT(directory_new, (), (instance, path, parents))

struct file_removal {
  std::string instance;
  file_path path;
  bool all = false;
};
BOOST_DESCRIBE_STRUCT(file_removal, (), (instance, path, all))

struct file_move {
  std::string instance;
  file_path from;
  file_path to;
  bool replace = false;
};
BOOST_DESCRIBE_STRUCT(file_move, (), (instance, from, to, replace))

struct archive_query {
  std::string instance;
  std::vector<file_path> path;
  std::vector<std::string> exclude;
};
BOOST_DESCRIBE_STRUCT(archive_query, (), (instance, path, exclude))

struct archive_content {
  std::string instance;
  file_path path;
};
BOOST_DESCRIBE_STRUCT(archive_content, (), (instance, path))

struct port_named {
  std::string instance;
  std::uint16_t port = 0;
};
BOOST_DESCRIBE_STRUCT(port_named, (), (instance, port))

struct files_read : operation<file_range, done> {
  static constexpr operation_facts about{
      .name = "files.read",
      .help = "the bytes of a file",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/files/content",
      .scope = operation_scope::one_instance,
      .transport = operation_transport::bytes_out,
      .asks_keeper = true,
      .media = "application/octet-stream",
      .errors = codes<error_code::file_unknown, error_code::path_refused>,
      .tool = {.name = "file_read",
               .set = tool_set::files,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct files_write : operation<file_content, file_entry> {
  static constexpr operation_facts about{
      .name = "files.write",
      .help = "write a file; it is there when all of it has arrived, or not at all",
      .method = http_method::put,
      .path = "/api/v1/instances/{instance}/files/content",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .transport = operation_transport::bytes_in,
      .asks_keeper = true,
      .media = "application/octet-stream",
      .errors = codes<error_code::file_unknown, error_code::path_refused, error_code::file_changed,
                      error_code::storage_full>,
      .tool = {.name = "file_write",
               .set = tool_set::files,
               .read_only = false,
               .destructive = true,
               .idempotent = false,
               .open_world = false},
  };
};

struct files_list : operation<file_listing, file_list> {
  static constexpr operation_facts about{
      .name = "files.list",
      .help = "what is in a directory",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/files",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::file_unknown, error_code::path_refused>,
      .tool = {.name = "file_list",
               .set = tool_set::files,
               .read_only = true,
               .destructive = false,
               .idempotent = true,
               .open_world = false},
  };
};

struct files_stat : operation<file_named, file_entry> {
  static constexpr operation_facts about{
      .name = "files.stat",
      .help = "kind, size, mode and time of a file",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/files/entry",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::file_unknown, error_code::path_refused>,
  };
};

struct files_make : operation<directory_new, file_entry> {
  static constexpr operation_facts about{
      .name = "files.make",
      .help = "make a directory",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/files/directories",
      .kind = operation_kind::change,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::file_unknown, error_code::file_exists, error_code::path_refused,
                      error_code::storage_full>,
  };
};

struct files_remove : operation<file_removal, done> {
  static constexpr operation_facts about{
      .name = "files.remove",
      .help = "remove a file, or with all a directory and what is below it",
      .method = http_method::remove,
      .path = "/api/v1/instances/{instance}/files",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::file_unknown, error_code::path_refused>,
  };
};

struct files_move : operation<operations::file_move, file_entry> {
  static constexpr operation_facts about{
      .name = "files.move",
      .help = "give a file another name or place",
      .method = http_method::post,
      .path = "/api/v1/instances/{instance}/files/move",
      .kind = operation_kind::destroy,
      .idempotent = false,
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
      .errors = codes<error_code::file_unknown, error_code::file_exists, error_code::path_refused>,
  };
};

struct files_pack : operation<archive_query, done> {
  static constexpr operation_facts about{
      .name = "files.pack",
      .help = "files as a tar archive",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/files/archive",
      .scope = operation_scope::one_instance,
      .transport = operation_transport::bytes_out,
      .asks_keeper = true,
      .media = "application/x-tar",
      .errors = codes<error_code::file_unknown, error_code::path_refused>,
  };
};

struct files_unpack : operation<archive_content, unpacked> {
  static constexpr operation_facts about{
      .name = "files.unpack",
      .help = "put the files of a tar archive in place",
      .method = http_method::put,
      .path = "/api/v1/instances/{instance}/files/archive",
      .kind = operation_kind::destroy,
      .scope = operation_scope::one_instance,
      .transport = operation_transport::bytes_in,
      .asks_keeper = true,
      .media = "application/x-tar",
      .errors = codes<error_code::path_refused, error_code::storage_full>,
  };
};

struct ports_list : operation<instance_named, port_list> {
  static constexpr operation_facts about{
      .name = "ports.list",
      .help = "who listens in an instance, and how to reach it",
      .command = "port NAME",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/ports",
      .scope = operation_scope::one_instance,
      .asks_keeper = true,
  };
};

struct ports_forward : operation<port_named, done> {
  static constexpr operation_facts about{
      .name = "ports.forward",
      .help = "a connection to a port in an instance",
      .detail = "Binary messages are the bytes of the connection, in both directions.",
      .method = http_method::get,
      .path = "/api/v1/instances/{instance}/ports/{port}/forward",
      .kind = operation_kind::change,
      .scope = operation_scope::one_instance,
      .transport = operation_transport::websocket,
      .asks_keeper = true,
  };
};

}  // namespace ostler::operations
