#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "bench/micro/floors.h"
#include "bench/workload/temp_folder.h"
#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kItems = 256;

// What is put for one item.
struct Records {
  unsigned count;
  std::size_t size;
};

std::string key(unsigned number) {
  return "record " + std::to_string(number);
}

// Bytes that do not compress.
std::string record(unsigned number, std::size_t size) {
  std::string content;
  while (content.size() < size) {
    const Digest next =
        hash(HashAlgorithm::kSha256, as_bytes(content + " of " + std::to_string(number)));
    content += as_text(next.view());
  }
  content.resize(size);
  return content;
}

std::unique_ptr<rocksdb::DB> open(const TempFolder& folder) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* database = nullptr;
  const bool is_open = rocksdb::DB::Open(options, folder.path(), &database).ok();
  return std::unique_ptr<rocksdb::DB>(is_open ? database : nullptr);
}

bool has_all(rocksdb::DB& database, const Records& each) {
  for (unsigned number = 0; number < kItems * each.count; ++number) {
    std::string found;
    if (!database.Get({}, key(number), &found).ok() || found != record(number, each.size)) {
      return false;
    }
  }
  return true;
}

void put_synced(benchmark::State& state, Records each) {
  const TempFolder folder;
  const std::unique_ptr<rocksdb::DB> database = open(folder);
  rocksdb::WriteBatch batch;
  for (unsigned number = 0; number < kItems * each.count; ++number) {
    batch.Put(key(number), record(number, each.size));
  }
  rocksdb::WriteOptions synced;
  synced.sync = true;
  bool is_written = database && database->Write(synced, &batch).ok();
  if (!is_written || !has_all(*database, each)) {
    state.SkipWithError("what was written is not there");
    return;
  }
  while (state.KeepRunningBatch(kItems)) {
    is_written = database->Write(synced, &batch).ok() && is_written;
  }
  if (!is_written) {
    state.SkipWithError("a write failed");
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_store_floor() {
  benchmark::RegisterBenchmark("floor/rocksdb_put_synced_256", put_synced, Records{1, 1'024})
      ->UseRealTime();
  benchmark::RegisterBenchmark("floor/rocksdb_put_synced_5x256", put_synced, Records{5, 720})
      ->UseRealTime();
}

}  // namespace quotemill::bench
