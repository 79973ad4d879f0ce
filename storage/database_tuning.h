// How RocksDB is set up for us: what is bounded, what is checked, and what each family of rows
// needs. For database.cc alone.
#pragma once

#include <memory>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

namespace quotemill::storage {

rocksdb::DBOptions database_options();

std::shared_ptr<rocksdb::TableFactory> table_factory(std::shared_ptr<rocksdb::Cache> cache);

// `history_filter` may be null.
rocksdb::ColumnFamilyOptions family_options(
    std::string_view name, const std::shared_ptr<rocksdb::Cache>& cache,
    const std::shared_ptr<rocksdb::TableFactory>& tables,
    const std::shared_ptr<rocksdb::CompactionFilterFactory>& history_filter);

}  // namespace quotemill::storage
