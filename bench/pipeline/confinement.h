// Confinement: the whole process, with every thread that it has and will have, on so many CPUs.
#pragma once

#include <sched.h>

namespace quotemill::bench {

class Confinement {
 public:
  // To the first `cpus` of those that the process may use now. Threads made from now on inherit it.
  explicit Confinement(unsigned cpus);
  // Back to what it was.
  ~Confinement();
  Confinement(const Confinement&) = delete;
  Confinement& operator=(const Confinement&) = delete;

  // False if there were not so many, or the system refused.
  [[nodiscard]] bool holds() const { return holds_; }

 private:
  cpu_set_t before_{};
  bool holds_ = false;
};

}  // namespace quotemill::bench
