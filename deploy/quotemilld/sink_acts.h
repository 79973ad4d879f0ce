// SinkActs: what befalls sinks, as acts of the audit trail: durable, with a number, on the stream
// of every sink, also of the one that was down.
//
// Whoever tells does not wait: a thread of this class's own has the acts made durable, and tries
// again until they are. What is told before there is a registrar waits for it. Of a kind of news of
// one sink there are three acts at once, then one a minute, which says how often it was meanwhile;
// what is lost is an act each time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/pipeline/registrar.h"
#include "engine/ports/clock.h"
#include "transport/sinks/sink_runner.h"
#include "transport/socket/rate_limiter.h"

namespace quotemill::daemon {

// "down", "up", "lost", "refused"; the verb of the act is "sink." and this.
std::string word_of(transport::SinkNews news);

class SinkActs {
 public:
  // The clock is borrowed.
  explicit SinkActs(const Clock& clock);
  // What still waits is lost: use(nullptr) before.
  ~SinkActs();
  SinkActs(const SinkActs&) = delete;
  SinkActs& operator=(const SinkActs&) = delete;

  // Any thread; does not block.
  void tell(const std::string& sink, transport::SinkNews news, const std::string& text);

  // Borrowed, until the next call. Null: there is none any more; the one of before is given what
  // waits, once, and is not used when this returns. Any thread.
  void use(Registrar* registrar);

 private:
  struct Waiting {
    std::string sink;
    transport::SinkNews news = transport::SinkNews::kDown;
    std::string text;
    std::uint64_t more = 0;  // of its kind, that it stands for

    [[nodiscard]] std::string kind() const { return sink + " " + word_of(news); }
  };

  void run();
  std::optional<Waiting> take_due();
  // Whether it is durable. REQUIRES: registrar_mutex_
  bool keep(const Waiting& act);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::deque<Waiting> waiting_;    // in their order
  std::optional<Waiting> unkept_;  // that could not be made durable: before all others
  transport::RateLimiter rate_;    // by kind
  bool stopping_ = false;
  std::mutex registrar_mutex_;  // taken before mutex_
  Registrar* registrar_ = nullptr;
  std::thread thread_;
};

}  // namespace quotemill::daemon
