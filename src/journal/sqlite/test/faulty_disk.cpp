#include "journal/sqlite/test/faulty_disk.hpp"

#include <sqlite3.h>
#include <string>

#include "base/ensure.hpp"

namespace ostler::journal {
namespace {

// SQLite calls with no context of ours, so the switches are where it can find them.
struct switches {
  std::atomic<bool> full = false;
  std::atomic<bool> syncs_fail = false;
  std::atomic<bool> writes_fail = false;
  std::atomic<int> syncs = 0;
  std::atomic<int> writes = 0;
  std::mutex sync_gate;
  std::filesystem::path reserve;
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs shown{};
} disk;

struct shim_file {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<shim_file*>(file)->real; }

int write(sqlite3_file* file, void const* data, int size, sqlite3_int64 offset) {
  ++disk.writes;
  if (disk.writes_fail) return SQLITE_IOERR_WRITE;
  if (disk.full && std::filesystem::exists(disk.reserve)) return SQLITE_FULL;
  return real(file)->pMethods->xWrite(real(file), data, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  std::scoped_lock const gate(disk.sync_gate);
  ++disk.syncs;
  if (disk.syncs_fail) return SQLITE_IOERR_FSYNC;
  return real(file)->pMethods->xSync(real(file), flags);
}

int close(sqlite3_file* file) {
  auto const code = real(file)->pMethods->xClose(real(file));
  sqlite3_free(real(file));
  return code;
}

sqlite3_io_methods const methods{
    .iVersion = 2,  // with shared memory, without memory mapping
    .xClose = close,
    .xRead = [](sqlite3_file* f, void* to, int size,
                sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, size, at); },
    .xWrite = write,
    .xTruncate = [](sqlite3_file* f,
                    sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    .xSync = sync,
    .xFileSize = [](sqlite3_file* f,
                    sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); },
    .xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); },
    .xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    .xFileControl = [](sqlite3_file* f, int op,
                       void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); },
    .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    .xShmMap =
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int n,
                   int flags) { return real(f)->pMethods->xShmLock(real(f), offset, n, flags); },
    .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, char const* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* shim = reinterpret_cast<shim_file*>(file);
  shim->base.pMethods = nullptr;
  shim->real = static_cast<sqlite3_file*>(sqlite3_malloc(disk.real->szOsFile));
  auto const code = disk.real->xOpen(disk.real, name, shim->real, flags, flags_out);
  if (code == SQLITE_OK)
    shim->base.pMethods = &methods;
  else
    sqlite3_free(shim->real);
  return code;
}

}  // namespace

faulty_disk::faulty_disk() {
  ensure(disk.real == nullptr, "one faulty disk at a time");
  mend();
  disk.syncs = 0;
  disk.writes = 0;
  disk.real = sqlite3_vfs_find(nullptr);
  // All but opening is the real layer's: it is given the real one's data with the copied table.
  disk.shown = *disk.real;
  disk.shown.zName = "faulty";
  disk.shown.szOsFile = sizeof(shim_file);
  disk.shown.xOpen = open;
  sqlite3_vfs_register(&disk.shown, 1);
}

faulty_disk::~faulty_disk() {
  sqlite3_vfs_unregister(&disk.shown);
  sqlite3_vfs_register(disk.real, 1);
  disk.real = nullptr;
  mend();
}

void faulty_disk::fill(std::filesystem::path reserve) {
  disk.reserve = std::move(reserve);
  disk.full = true;
}
void faulty_disk::fail_syncs() { disk.syncs_fail = true; }
void faulty_disk::fail_writes() { disk.writes_fail = true; }
void faulty_disk::mend() {
  disk.full = false;
  disk.syncs_fail = false;
  disk.writes_fail = false;
}
int faulty_disk::syncs() const { return disk.syncs; }
int faulty_disk::writes() const { return disk.writes; }
std::unique_lock<std::mutex> faulty_disk::hold_syncs() { return std::unique_lock(disk.sync_gate); }

}  // namespace ostler::journal
