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
}

}  // namespace quotemill::cli
