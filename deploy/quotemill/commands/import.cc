// The bulk import. The whole file is looked at twice before anything is written: here, for what can
// be told from the file alone, and by the daemon, batch by batch, for what it holds already.
#include <algorithm>
#include <ostream>
#include <unordered_map>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/commands/commands.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/identity/transcript.h"
#include "transport/control/import_line.h"

namespace quotemill::cli {

namespace {

constexpr std::size_t kMistakesShownMax = 100;
constexpr std::size_t kRequestRoom = 1024;  // of a request, for what is not hosts

// Hosts that fit into one request, and the lines that they are from.
struct Batch {
  Json hosts = Json::array();
  std::vector<std::size_t> lines;
  std::size_t bytes = 0;
};

class Import {
 public:
  Import(Session& session, const ImportOptions& options) : session_(session), options_(options) {}

  Exit run() {
    const Result<std::string> text =
        program::read_text_file(options_.file, limits::kImportFileSizeMax);
    if (!text) {
      session_.fail(text.error().detail, "give the name of a file with a JSON line for each host");
      return session_.exit();
    }
    text_ = *text;
    for_each_line([this](std::size_t number, std::string_view line) { look_at(number, line); });
    if (count_ == 0 && mistake_count_ == 0) {
      add_mistake(1, "there is no host in the file", "a host is {\"name\": ...} in one line");
    }
    if (mistake_count_ == 0 && !send(true)) {
      return session_.exit();
    }
    if (mistake_count_ != 0) {
      return refuse();
    }
    if (!options_.is_dry_run) {
      unchanged_ = 0;
      if (!send(false)) {
        return interrupted();
      }
      if (mistake_count_ != 0) {
        return refuse();
      }
    }
    return done();
  }

 private:
  template <class Visit>
  void for_each_line(Visit visit) const {
    std::string_view rest = text_;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
        visit(number, line);
      }
    }
  }

  void look_at(std::size_t number, std::string_view line) {
    ++count_;
    if (line.size() > limits::kImportLineSizeMax) {
      add_mistake(number, "is longer than " + std::to_string(limits::kImportLineSizeMax) + " bytes",
                  "one line is one host");
      return;
    }
    const std::optional<Json> json = transport::parse_json(line);
    if (!json) {
      add_mistake(number, "is no JSON",
                  "a host is {\"name\": ...} in one line, without a comma after it");
      return;
    }
    const Result<ImportedIdentity> identity = transport::read_import(*json);
    if (!identity) {
      add_mistake(number, identity.error().detail, {});
      return;
    }
    must_be_first("name", number, as_bytes(identity->name));
    must_be_first("ak_public", number, without_tpm2b_length(identity->ak_public));
    must_be_first("curve_key", number, identity->curve_key);
    must_be_first("ek_public", number, without_tpm2b_length(identity->ek_public));
    must_be_first("ek_certificate", number, identity->ek_certificate);
    must_be_first("uid", number, identity->uid ? identity->uid->view() : ByteView());
  }

  void must_be_first(const char* field, std::size_t number, ByteView value) {
    if (value.empty()) {
      return;
    }
    const Digest digest = hash(HashAlgorithm::kSha256, value);
    std::string key(field);
    key += as_text(digest.view());
    const auto [first, is_first] = seen_.emplace(std::move(key), number);
    if (!is_first) {
      add_mistake(number, std::string(field) + " is that of line " + std::to_string(first->second),
                  "each host has its own: keep one of the two lines");
    }
  }

  // False after an error, which is told. Mistakes are no error.
  bool send(bool is_check) {
    bool is_ok = true;
    Batch batch;
    for_each_line([&](std::size_t number, std::string_view line) {
      Json host = *transport::parse_json(line);
      const std::size_t bytes = transport::to_line(host).size() + 1;
      if (batch.lines.size() == limits::kImportHostsMax ||
          batch.bytes + bytes > limits::kControlRequestSizeMax - kRequestRoom) {
        is_ok = is_ok && send(batch, is_check);
        batch = {};
      }
      batch.hosts.push_back(std::move(host));
      batch.lines.push_back(number);
      batch.bytes += bytes;
    });
    return is_ok && send(batch, is_check);
  }

  bool send(const Batch& batch, bool is_check) {
    if (mistake_count_ != 0 && !is_check) {
      return true;  // somebody else was faster; what follows is not written any more
    }
    const std::optional<Json> answer =
        session_.ask("hosts.import",
                     {{"hosts", batch.hosts}, {"check", is_check}, {"operator", operator_name()}});
    if (!answer) {
      return false;
    }
    imported_ += number_at(*answer, "imported");
    unchanged_ += number_at(*answer, "unchanged");
    for (const Json& mistake : at(*answer, "mistakes")) {
      const std::size_t index = number_at(mistake, "index");
      add_mistake(index < batch.lines.size() ? batch.lines[index] : 0, text_at(mistake, "what"),
                  text_at(mistake, "hint"));
    }
    return true;
  }

  static std::size_t number_at(const Json& object, const char* key) {
    const Json value = at(object, key);
    return value.is_number_unsigned() ? value.get<std::size_t>() : 0;
  }

  void add_mistake(std::size_t line, const std::string& what, const std::string& hint) {
    if (++mistake_count_ <= kMistakesShownMax) {
      mistakes_.push_back({{"line", line}, {"what", what}, {"hint", hint}});
    }
  }

  [[nodiscard]] Json summary() const {
    return {{"file", printable(options_.file)},
            {"hosts", count_},
            {"imported", imported_},
            {"unchanged", unchanged_},
            {"mistake_count", mistake_count_},
            {"mistakes", mistakes_}};
  }

  [[nodiscard]] std::string so_far() const {
    return imported_ == 0 ? std::string("nothing was imported")
                          : std::to_string(imported_) + " hosts of " + std::to_string(count_) +
                                " were imported, the others were not";
  }

  Exit refuse() {
    for (const Json& mistake : mistakes_) {
      session_.fail(
          options_.file + ":" + text_at(mistake, "line") + ": " + text_at(mistake, "what"),
          at(mistake, "hint") == "" ? std::string() : text_at(mistake, "hint"));
    }
    session_.fail("mistakes: " + std::to_string(mistake_count_) + "; " + so_far(),
                  "correct the lines and run it again; hosts that are there already are left as "
                  "they are");
    if (session_.settings().json) {
      session_.print(summary());
    }
    return Exit::kError;
  }

  // The daemon's own error is told already.
  Exit interrupted() {
    session_.fail(so_far(), "run it again; hosts that are there already are left as they are",
                  session_.exit());
    if (session_.settings().json) {
      session_.print(summary());
    }
    return session_.exit();
  }

  Exit done() {
    if (session_.settings().json) {
      session_.print(summary());
      return Exit::kFine;
    }
    if (options_.is_dry_run) {
      session_.out() << "no mistakes; " << count_ - unchanged_ << " hosts would be imported, "
                     << unchanged_ << " are there already\n";
      return Exit::kFine;
    }
    session_.out() << imported_ << " hosts imported, " << unchanged_ << " were there already\n";
    session_.note(
        "no TPM proved them: they fail until the policy's identity.imported says otherwise");
    return Exit::kFine;
  }

  Session& session_;
  const ImportOptions& options_;
  std::string_view text_;
  std::size_t count_ = 0;
  std::size_t imported_ = 0;
  std::size_t unchanged_ = 0;
  std::size_t mistake_count_ = 0;
  Json mistakes_ = Json::array();
  std::unordered_map<std::string, std::size_t> seen_;  // field and digest of its value: the line
};

}  // namespace

Exit run_import(Session& session, const ImportOptions& options) {
  return Import(session, options).run();
}

}  // namespace quotemill::cli
