// Bounds of the daemon's own: of what operators ask for and are told, of settings and of files.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits {

// --- Requests, and what one answer has of them

inline constexpr std::size_t kPolicyTextsMax = 64;
inline constexpr std::size_t kReasonSizeMax = 200;  // a subject of the trail has 256 characters
inline constexpr std::size_t kHistoryPageMax = 500;
inline constexpr std::size_t kHistoryLookedAtMax = 100'000;  // appraisals that are passed over
inline constexpr std::size_t kRevisionsMax = 100'000;        // of the appraisals of one page
inline constexpr std::uint64_t kWaitMsMax = 60'000;  // of a request that waits for what comes next
inline constexpr std::size_t kChangesPageDefault = 100;
inline constexpr std::size_t kChangesPageMax = 500;
inline constexpr std::size_t kAuditPageMax = 1'000;
inline constexpr std::size_t kExpectedPageMax = 1'000;
inline constexpr std::size_t kBlastCausesMax = 10'000;  // told apart

// --- Work on many hosts

inline constexpr std::size_t kExpiryHostsALook = 1'000;        // some tens of milliseconds
inline constexpr std::size_t kWaveAtOnceMax = 10'000;          // hosts in one request to the server
inline constexpr std::size_t kWaveSilentNamesMax = 10'000;     // listed; all are counted
inline constexpr std::size_t kRunPositionSizeMax = 64 * 1024;  // of reappraisal.json

// --- The last backup

inline constexpr std::size_t kBackupActsMax = 100'000;  // of the trail, looked through at the start
inline constexpr std::size_t kBackupActsALook = 1'000;

// --- What befalls sinks, as acts

inline constexpr std::size_t kSinkNewsKindsMax = 1'024;  // sinks times kinds of news, limited each
inline constexpr std::size_t kSinkNewsWaitingMax = 1'024;  // that are not durable yet
inline constexpr std::size_t kSinkNewsSizeMax = 400;       // of a text

// --- Readiness

// How long the loop that feeds the watchdog may take; systemd ends a daemon after three times that.
inline constexpr std::int64_t kReadySilentMsMax = 30'000;

// --- Settings

inline constexpr std::size_t kGatewaysMax = 1'024;
inline constexpr std::size_t kGatewayPatternsMax = 1'024;  // names of hosts, of one gateway

}  // namespace quotemill::limits
