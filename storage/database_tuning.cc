#include "storage/database_tuning.h"

#include <utility>

#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>

#include "storage/keyspace.h"

namespace quotemill::storage {

namespace {

constexpr std::size_t kMebibyte = std::size_t{1024} * 1024;
constexpr double kMemtableBloomPart = 0.02;  // of a write buffer
// Files that nothing is added to are rewritten so often, for what has grown too old in them.
constexpr std::uint64_t kHistoryRewriteSeconds = 24 * 3600;

// Rows of which a commit of a fleet writes one for each host, in any place. REQUIRES: no range of
// them is ever erased, which this RocksDB would take the same hint for.
bool is_written_by_host(std::string_view name) {
  return name == name_of(Family::kStates) || name == name_of(Family::kHistory) ||
         name == name_of(Family::kEvidence) || name == name_of(Family::kBlobs);
}

}  // namespace

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  // The default, point in time, would silently drop everything behind a damaged record.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = true;
  options.db_write_buffer_size = 64 * kMebibyte;  // of all column families together
  options.max_total_wal_size = 256 * kMebibyte;   // what a restart has to read again
  options.max_open_files = 512;
  options.max_background_jobs = 2;
  options.bytes_per_sync = kMebibyte;
  return options;
}

std::shared_ptr<rocksdb::TableFactory> table_factory(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.cache_index_and_filter_blocks = true;  // else they are outside any bound
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

rocksdb::ColumnFamilyOptions family_options(
    std::string_view name, const std::shared_ptr<rocksdb::Cache>& cache,
    const std::shared_ptr<rocksdb::TableFactory>& tables,
    const std::shared_ptr<rocksdb::CompactionFilterFactory>& history_filter) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory = tables;
  options.write_buffer_size = 16 * kMebibyte;
  options.compression = rocksdb::kLZ4Compression;
  if (name == name_of(Family::kBlobs) || name == name_of(Family::kJournal)) {
    // Logs of 20 to 200 kB that never change, records of as much that are gone in minutes: out of
    // the way of compaction.
    options.enable_blob_files = true;
    options.min_blob_size = 4096;
    options.blob_compression_type = rocksdb::kLZ4Compression;
  }
  if (name == name_of(Family::kBlobs)) {
    options.blob_cache = cache;  // a log that many others lean on is read for each of them
    // Each log that comes is looked for first, and mostly is not there.
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = kMemtableBloomPart;
  }
  if (is_written_by_host(name)) {
    // A commit writes such rows in the order of their keys: each is looked for from the one before.
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kPartitionSize));
  }
  if (name == name_of(Family::kJournal)) {
    options.blob_compression_type = rocksdb::kNoCompression;  // signatures do not compress
  }
  const bool is_history = name == name_of(Family::kHistory) || name == name_of(Family::kRevisions);
  if (is_history && history_filter) {
    options.compaction_filter_factory = history_filter;
    options.periodic_compaction_seconds = kHistoryRewriteSeconds;
  }
  return options;
}

}  // namespace quotemill::storage
