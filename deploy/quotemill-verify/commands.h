// The commands of quotemill-verify.
#pragma once

#include <string>
#include <vector>

namespace quotemill::offline {

// How a run ends.
inline constexpr int kExitProven = 0;
inline constexpr int kExitNotProven = 1;  // judged
inline constexpr int kExitNotJudged = 2;  // usage errors, unreadable files
inline constexpr int kExitUnknown = 3;    // a bundle that lacks what could tell

// Paths and settings as the command line gives them; empty paths were not given.
struct QuoteOptions {
  std::string key;
  std::string attest;
  std::string signature;
  std::string pcrs;
  std::string nonce_hex;
  bool nonce_given = false;
  std::string event_log;
  std::string ima_log;
  bool allow_weak = false;
  bool json = false;
};

int run_quote(const QuoteOptions& options);

struct EventLogOptions {
  std::string log;
  std::string dbx_list;
  std::string final_events;
  std::string userspace_log;
  bool json = false;
};

int run_eventlog(const EventLogOptions& options);

struct ImaOptions {
  std::string list;
  std::string keyring;
  std::vector<std::string> references;
  std::vector<std::string> exclusions;
  std::string pcrs;
  std::string event_log;
  bool json = false;
};

int run_ima(const ImaOptions& options);

struct EsxiOptions {
  std::string report;
  bool json = false;
};

// A report of vCenter's, which nobody signed: kExitProven says that it does not contradict itself.
int run_esxi(const EsxiOptions& options);

struct DiffOptions {
  std::string before;
  std::string after;
  bool json = false;
};

struct BundleOptions {
  std::string file;
  bool json = false;
};

int run_bundle(const BundleOptions& options);

// kExitProven: the logs tell the same; kExitNotProven: they differ, or one breaks.
int run_diff(const DiffOptions& options);

struct AuthenticodeOptions {
  std::vector<std::string> images;
  std::string bank = "sha256";
  bool json = false;
};

// Prints what firmware measures each EFI image as. kExitProven: all were hashed.
int run_authenticode(const AuthenticodeOptions& options);

}  // namespace quotemill::offline
