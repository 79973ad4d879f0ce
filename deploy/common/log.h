// The log of a program that runs for long: one line per thing that an operator acts on, with
// fields, as text or as JSON.
//
// To stderr, or to journald by its own protocol when it reads our stderr: then each field is one of
// the journal's (journal_fields.h). Whatever is not printable
// is escaped here; whoever logs need not care where a text came from. Any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace spdlog {
class logger;
}

namespace quotemill::program {

enum class LogFormat : std::uint8_t { kText, kJson };

struct LogSettings {
  std::string level = "info";  // debug, info, warn, error, off
  LogFormat format = LogFormat::kText;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

using LogField = std::pair<std::string_view, std::string>;

// The value as it is written: printable, and at most 1,024 bytes of it.
std::string safe_value(std::string_view text);

class Log {
 public:
  // `program` names the writer in the journal.
  Log(std::string_view program, const LogSettings& settings);

  // "message key=value …" or {"time":…,"level":…,"message":…,"key":"value"}.
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields = {}) const;

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kDebug, message, fields);
  }

  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kInfo, message, fields);
  }

  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kWarn, message, fields);
  }

  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::kError, message, fields);
  }

 private:
  std::shared_ptr<spdlog::logger> logger_;
  LogFormat format_;
  std::string journal_as_;  // the writer's name in the journal; empty: not to the journal
};

}  // namespace quotemill::program
