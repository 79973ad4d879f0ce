#include "bench/scale_store/store_writer.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "bench/workload/written_bytes.h"
#include "storage/records.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kBatch = 2'048;
constexpr unsigned kThreads = 2;

std::vector<StoredHost> make_hosts(ScaleFleet& fleet, std::vector<ExtendMemo>& memos,
                                   unsigned begin, unsigned end) {
  std::vector<StoredHost> hosts(end - begin);
  std::atomic<unsigned> next{begin};
  std::vector<std::thread> threads;
  for (ExtendMemo& memo : memos) {
    threads.emplace_back([&] {
      for (unsigned number = next++; number < end; number = next++) {
        hosts[number - begin] = fleet.make(number, memo);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return hosts;
}

CommitBatch batch_of(std::vector<StoredHost> hosts, std::uint64_t& bytes) {
  CommitBatch batch;
  for (StoredHost& host : hosts) {
    // The log as a whole is what an agent sends; most of it is stored once.
    bytes += storage::encode_host(*host.record).size() + storage::encode_state(*host.state).size() +
             storage::encode_appraisal(host.appraisal).size() + host.ek_certificate.der.size();
    batch.hosts.push_back(std::move(host.record));
    batch.ek_certificates.push_back(std::move(host.ek_certificate));
    batch.states.push_back(std::move(host.state));
    batch.history.push_back(std::move(host.appraisal));
    batch.boot_logs.push_back(std::move(host.log));
  }
  return batch;
}

}  // namespace

Result<WriteCost> write_store(const std::string& folder, unsigned hosts, ScaleFleet& fleet) {
  storage::StoreOptions options;
  options.path = folder;
  Result<std::unique_ptr<storage::RocksStore>> store = storage::RocksStore::open(options);
  if (!store) {
    return store.error();
  }
  CommitBatch first;
  first.baselines = fleet.baselines();
  if (const Result<void> done = (*store)->commit(first); !done) {
    return done.error();
  }
  WriteCost cost;
  const std::uint64_t before = written_bytes();
  std::vector<ExtendMemo> memos(kThreads);
  const auto make = [&](unsigned begin) {
    return make_hosts(fleet, memos, begin, std::min(begin + kBatch, hosts));
  };
  std::future<std::vector<StoredHost>> next = std::async(std::launch::async, make, 0U);
  for (unsigned begin = 0; begin < hosts; begin += kBatch) {
    const CommitBatch batch = batch_of(next.get(), cost.record_bytes);
    if (begin + kBatch < hosts) {
      next = std::async(std::launch::async, make, begin + kBatch);
    }
    const auto begun = std::chrono::steady_clock::now();
    const Result<void> done = (*store)->commit(batch);
    cost.commit_seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    if (!done) {
      return done.error();
    }
  }
  store->reset();
  cost.written_bytes = written_bytes() - before;
  return cost;
}

}  // namespace quotemill::bench
