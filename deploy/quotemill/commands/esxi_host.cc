#include "deploy/quotemill/commands/esxi_host.h"

#include <initializer_list>
#include <ostream>

#include "deploy/quotemill/field_lines.h"
#include "deploy/quotemill/session.h"

namespace quotemill::cli {

namespace {

std::string image_words(const Json& esxi) {
  const Json image = at(esxi, "image");
  if (image.is_null()) {
    return {};
  }
  const bool is_approved = at(image, "approved") == true;
  return text_at(image, "name") + ", " + text_at(image, "version") + " build " +
         text_at(image, "build") + " (" + text_at(image, "match") +
         (is_approved ? ", approved)" : ", not approved)");
}

// Words of which some may be missing, with a blank between.
std::string joined(std::initializer_list<std::string> words) {
  std::string out;
  for (const std::string& word : words) {
    if (word != "-") {
      out += (out.empty() ? "" : " ") + word;
    }
  }
  return out;
}

std::string release_words(const Json& esxi) {
  const std::string build = text_at(esxi, "build");
  return joined({text_at(esxi, "version"), build == "-" ? build : "build " + build});
}

std::string tpm_words(const Json& tpm) {
  const std::string firmware = text_at(tpm, "firmware");
  return joined({text_at(tpm, "manufacturer"), text_at(tpm, "model"),
                 firmware == "-" ? firmware : "firmware " + firmware});
}

std::string secure_boot_words(const Json& esxi) {
  const Json secure_boot = at(esxi, "secure_boot");
  const std::string because = text_at(secure_boot, "because");
  return joined({text_at(secure_boot, "state"), because == "-" ? because : "(" + because + ")"});
}

Colour colour_named(std::string_view name) {
  if (name == "green") {
    return Colour::kGreen;
  }
  if (name == "yellow") {
    return Colour::kYellow;
  }
  return name == "red" ? Colour::kRed : Colour::kGrey;
}

std::string change_words(const Json& change, const std::string& name) {
  const std::string before = text_at(change, "before");
  const std::string after = text_at(change, "after");
  return name + (before == "-"  ? " came: " + after
                 : after == "-" ? " is gone, was " + before
                                : ": " + before + " -> " + after);
}

// What was changed since the last boot that was trusted: VIBs first, they are what people know.
void print_changes(std::ostream& out, const Json& changes) {
  constexpr std::size_t kModulesShown = 10;
  if (!changes.is_object()) {
    return;
  }
  const Json modules = at(changes, "modules");
  print_field(out, "changed since",
              time_of(at(changes, "time")) +
                  ", the last other boot that was "
                  "trusted" +
                  (modules.empty() ? ": no module" : ""));
  for (const Json& vib : at(changes, "vibs")) {
    print_field(out, "", "VIB " + change_words(vib, text_at(vib, "vib")));
  }
  std::size_t shown = 0;
  for (const Json& module : modules) {
    if (++shown > kModulesShown) {
      print_field(out, "", "and " + std::to_string(modules.size() - kModulesShown) + " more");
      return;
    }
    const std::string vib = text_at(module, "vib_before");
    print_field(out, "",
                "module " + change_words(module, text_at(module, "module")) +
                    (vib == "-" ? "" : " (" + vib + ")"));
  }
}

// A line for each: they are there to be copied into a policy.
void print_digests(std::ostream& out, const char* label, const Json& digests) {
  for (const Json& digest : digests) {
    print_field(out, label, text_of(digest));
  }
}

}  // namespace

Cell attestation_cell(const Json& attestation) {
  return {text_at(attestation, "status"), colour_named(text_at(attestation, "colour"))};
}

void print_esxi(const Session& session, const Json& host) {
  const Json esxi = at(host, "esxi");
  if (esxi.is_null()) {
    return;
  }
  const Json attestation = at(esxi, "attestation");
  const Json tpm = at(esxi, "tpm");
  std::ostream& out = session.out();
  out << "\nESXi\n  attestation   " << coloured(attestation_cell(attestation), session.style())
      << '\n';
  print_field(out, "message", text_at(attestation, "message"));
  print_field(out, "cause", text_at(attestation, "cause"));
  print_field(out, "remedy", text_at(attestation, "remedy"));
  print_field(out, "in vSphere", text_at(attestation, "vsphere"));
  print_field(out, "attested", time_of(at(esxi, "last_attested")));
  print_field(out, "image", image_words(esxi));
  print_field(out, "version", release_words(esxi));
  print_field(out, "Secure Boot", secure_boot_words(esxi));
  print_field(out, "TXT", text_at(esxi, "txt"));
  print_field(out, "TPM", tpm_words(tpm));
  print_field(out, "EK", text_at(tpm, "ek_sha256"));
  print_field(out, "EK issued by", text_at(tpm, "ek_issuer"));
  print_field(out, "asset tag", text_at(esxi, "asset_tag"));
  print_digests(out, "loader", at(esxi, "loaders"));
  print_digests(out, "authority", at(esxi, "authorities"));
  print_digests(out, "signer", at(esxi, "signers"));
  print_changes(out, at(esxi, "changes"));
}

}  // namespace quotemill::cli
