// Our readers of TPM structures beside tpm2-tss's: the same bytes must be accepted or refused by
// both, with the same fields. Where we are stricter, the reason is named here, in terms of what
// tpm2-tss read.
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>
#include <tss2/tss2_mu.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/tpm/public_area.h"
#include "engine/tpm/quote.h"
#include "engine/tpm/signature.h"
#include "tests/engine/tpm/mutator.h"
#include "tests/engine/tpm/tpm_fixtures.h"
#include "tests/support/signing_key.h"

namespace quotemill {
namespace {

using testing::Mutator;
using testing::SigningKey;

constexpr int kMutations = 5000;
constexpr std::uint64_t kSeed = 20241124;

// How often both accepted and both refused: a comparison that never reaches one side shows nothing.
struct Tally {
  int both = 0;
  int neither = 0;
  int stricter = 0;

  void expect_meaningful(int originals) const {
    EXPECT_GT(both, originals / 2);
    EXPECT_GT(neither, kMutations / 20);
    EXPECT_GT(stricter, 0);
  }
};

template <class Structure>
struct Theirs {
  bool accepted = false;
  bool trailing = false;
  Structure value{};
};

template <class Structure, class Unmarshal>
Theirs<Structure> read_theirs(const Bytes& bytes, Unmarshal unmarshal) {
  Theirs<Structure> theirs;
  std::size_t offset = 0;
  theirs.accepted =
      unmarshal(bytes.data(), bytes.size(), &offset, &theirs.value) == TSS2_RC_SUCCESS;
  theirs.trailing = offset != bytes.size();
  return theirs;
}

template <class Sized>
ByteView view_of(const Sized& sized) {
  return {sized.buffer, sized.size};
}

// Compares one input; `stricter` says why we may refuse what they accept.
template <class Ours, class Structure>
bool compare(const Ours& ours, const Theirs<Structure>& theirs, bool stricter, const Bytes& bytes,
             Tally& tally) {
  const bool expected = theirs.accepted && !theirs.trailing && !stricter;
  EXPECT_EQ(ours.has_value(), expected)
      << to_hex(bytes) << (ours ? "" : " " + ours.error().to_string());
  ++(!theirs.accepted ? tally.neither : expected ? tally.both : tally.stricter);
  return ours.has_value() && expected;
}

bool computable(std::uint16_t algorithm) {
  return algorithm == TPM2_ALG_SHA1 || algorithm == TPM2_ALG_SHA256 ||
         algorithm == TPM2_ALG_SHA384 || algorithm == TPM2_ALG_SHA512;
}

bool known(std::uint16_t algorithm) {
  return computable(algorithm) || algorithm == TPM2_ALG_SM3_256;
}

// --- TPML_PCR_SELECTION --------------------------------------------------------------------------

std::uint32_t mask_of(const TPMS_PCR_SELECTION& selection) {
  std::uint32_t mask = 0;
  for (unsigned i = 0; i < selection.sizeofSelect; ++i) {
    mask |= static_cast<std::uint32_t>(selection.pcrSelect[i]) << (8 * i);
  }
  return mask;
}

// We refuse banks that are unknown or named twice, and PCRs from 24 on.
bool stricter_selections(const TPML_PCR_SELECTION& list) {
  std::set<std::uint16_t> seen;
  for (unsigned i = 0; i < list.count; ++i) {
    const TPMS_PCR_SELECTION& selection = list.pcrSelections[i];
    if (!known(selection.hash) || !seen.insert(selection.hash).second ||
        mask_of(selection) >> limits::kPcrCount != 0) {
      return true;
    }
  }
  return false;
}

void expect_same(const std::vector<PcrSelection>& ours, const TPML_PCR_SELECTION& theirs) {
  std::vector<PcrSelection> expected;
  for (unsigned i = 0; i < theirs.count; ++i) {
    const TPMS_PCR_SELECTION& selection = theirs.pcrSelections[i];
    if (mask_of(selection) != 0) {
      expected.push_back({*hash_algorithm(selection.hash), mask_of(selection)});
    }
  }
  EXPECT_EQ(ours, expected);
}

void compare_selections(const Bytes& bytes, Tally& tally) {
  ByteReader in(bytes);
  std::vector<PcrSelection> selections = read_pcr_selections(in);
  const auto ours = in.finish(std::move(selections), "TPML_PCR_SELECTION");
  const auto theirs = read_theirs<TPML_PCR_SELECTION>(bytes, Tss2_MU_TPML_PCR_SELECTION_Unmarshal);
  const bool stricter = theirs.accepted && stricter_selections(theirs.value);
  if (compare(ours, theirs, stricter, bytes, tally)) {
    expect_same(*ours, theirs.value);
  }
}

// --- TPMS_ATTEST ---------------------------------------------------------------------------------

// We read quotes that a TPM made, with qualifying data of our own size.
bool stricter_attest(const TPMS_ATTEST& attest) {
  return attest.magic != TPM2_GENERATED_VALUE || attest.type != TPM2_ST_ATTEST_QUOTE ||
         attest.qualifiedSigner.size > 66 ||
         attest.extraData.size > limits::kQualifyingDataSizeMax || attest.clockInfo.safe > 1 ||
         stricter_selections(attest.attested.quote.pcrSelect);
}

void expect_same(const Quote& ours, const TPMS_ATTEST& theirs) {
  EXPECT_TRUE(
      equal(ours.qualified_signer, {theirs.qualifiedSigner.name, theirs.qualifiedSigner.size}));
  EXPECT_TRUE(equal(ours.extra_data, view_of(theirs.extraData)));
  EXPECT_EQ(ours.clock.clock_ms, theirs.clockInfo.clock);
  EXPECT_EQ(ours.clock.reset_count, theirs.clockInfo.resetCount);
  EXPECT_EQ(ours.clock.restart_count, theirs.clockInfo.restartCount);
  EXPECT_EQ(ours.clock.safe, theirs.clockInfo.safe == 1);
  EXPECT_EQ(ours.firmware_version, theirs.firmwareVersion);
  EXPECT_TRUE(equal(ours.pcr_digest, view_of(theirs.attested.quote.pcrDigest)));
  expect_same(ours.selections, theirs.attested.quote.pcrSelect);
}

void compare_attest(const Bytes& bytes, Tally& tally) {
  const auto ours = decode_quote(bytes);
  const auto theirs = read_theirs<TPMS_ATTEST>(bytes, Tss2_MU_TPMS_ATTEST_Unmarshal);
  if (compare(ours, theirs, theirs.accepted && stricter_attest(theirs.value), bytes, tally)) {
    expect_same(*ours, theirs.value);
  }
}

// --- TPMT_SIGNATURE ------------------------------------------------------------------------------

// We read RSASSA, RSAPSS and ECDSA with numbers up to P-521's.
bool stricter_signature(const TPMT_SIGNATURE& signature) {
  if (signature.sigAlg == TPM2_ALG_RSASSA || signature.sigAlg == TPM2_ALG_RSAPSS) {
    return !known(signature.signature.rsassa.hash);
  }
  const TPMS_SIGNATURE_ECC& ecdsa = signature.signature.ecdsa;
  return signature.sigAlg != TPM2_ALG_ECDSA || !known(ecdsa.hash) || ecdsa.signatureR.size > 66 ||
         ecdsa.signatureS.size > 66;
}

void expect_same(const SignatureView& ours, const TPMT_SIGNATURE& theirs) {
  if (ours.scheme == SignatureScheme::kEcdsa) {
    EXPECT_EQ(theirs.sigAlg, TPM2_ALG_ECDSA);
    EXPECT_EQ(static_cast<std::uint16_t>(ours.hash), theirs.signature.ecdsa.hash);
    EXPECT_TRUE(equal(ours.first, view_of(theirs.signature.ecdsa.signatureR)));
    EXPECT_TRUE(equal(ours.second, view_of(theirs.signature.ecdsa.signatureS)));
    return;
  }
  EXPECT_EQ(theirs.sigAlg,
            ours.scheme == SignatureScheme::kRsassa ? TPM2_ALG_RSASSA : TPM2_ALG_RSAPSS);
  EXPECT_EQ(static_cast<std::uint16_t>(ours.hash), theirs.signature.rsassa.hash);
  EXPECT_TRUE(equal(ours.first, view_of(theirs.signature.rsassa.sig)));
}

void compare_signature(const Bytes& bytes, Tally& tally) {
  const auto ours = decode_signature(bytes);
  const auto theirs = read_theirs<TPMT_SIGNATURE>(bytes, Tss2_MU_TPMT_SIGNATURE_Unmarshal);
  if (compare(ours, theirs, theirs.accepted && stricter_signature(theirs.value), bytes, tally)) {
    expect_same(*ours, theirs.value);
  }
}

// --- TPMT_PUBLIC ---------------------------------------------------------------------------------

bool stricter_symmetric(const TPMT_SYM_DEF_OBJECT& symmetric) {
  if (symmetric.algorithm == TPM2_ALG_NULL) {
    return false;
  }
  const std::uint16_t bits = symmetric.keyBits.aes;
  return symmetric.algorithm != TPM2_ALG_AES || symmetric.mode.aes != TPM2_ALG_CFB ||
         (bits != 128 && bits != 192 && bits != 256);
}

// We read keys that can be used: a possible modulus of the length that is said.
bool stricter_rsa(const TPMT_PUBLIC& area) {
  const TPMS_RSA_PARMS& parameters = area.parameters.rsaDetail;
  const std::uint16_t scheme = parameters.scheme.scheme;
  if (stricter_symmetric(parameters.symmetric) ||
      (scheme != TPM2_ALG_NULL && scheme != TPM2_ALG_RSASSA && scheme != TPM2_ALG_RSAPSS) ||
      (scheme != TPM2_ALG_NULL && !computable(parameters.scheme.details.anySig.hashAlg))) {
    return true;
  }
  const auto key = PublicKey::rsa(view_of(area.unique.rsa),
                                  parameters.exponent == 0 ? 65537 : parameters.exponent);
  return !key || key->bits() != parameters.keyBits;
}

KeyKind kind_of(std::uint16_t curve) {
  return curve == TPM2_ECC_NIST_P256   ? KeyKind::kEcP256
         : curve == TPM2_ECC_NIST_P384 ? KeyKind::kEcP384
         : curve == TPM2_ECC_NIST_P521 ? KeyKind::kEcP521
                                       : KeyKind::kRsa;
}

// Nor points off the curve.
bool stricter_ecc(const TPMT_PUBLIC& area) {
  const TPMS_ECC_PARMS& parameters = area.parameters.eccDetail;
  const std::uint16_t scheme = parameters.scheme.scheme;
  if (stricter_symmetric(parameters.symmetric) ||
      (scheme != TPM2_ALG_NULL && scheme != TPM2_ALG_ECDSA) ||
      (scheme == TPM2_ALG_ECDSA && !computable(parameters.scheme.details.ecdsa.hashAlg)) ||
      parameters.kdf.scheme != TPM2_ALG_NULL || kind_of(parameters.curveID) == KeyKind::kRsa) {
    return true;
  }
  return !PublicKey::ec(kind_of(parameters.curveID), view_of(area.unique.ecc.x),
                        view_of(area.unique.ecc.y));
}

bool stricter_public(const TPMT_PUBLIC& area) {
  if (!computable(area.nameAlg)) {
    return true;
  }
  if (area.type == TPM2_ALG_RSA) {
    return stricter_rsa(area);
  }
  return area.type != TPM2_ALG_ECC || stricter_ecc(area);
}

void expect_same(const PublicArea& ours, const TPMT_PUBLIC& theirs) {
  EXPECT_EQ(static_cast<std::uint16_t>(ours.name_algorithm), theirs.nameAlg);
  EXPECT_EQ(ours.attributes, theirs.objectAttributes);
  EXPECT_TRUE(equal(ours.auth_policy, view_of(theirs.authPolicy)));
  const bool rsa = theirs.type == TPM2_ALG_RSA;
  const TPMT_SYM_DEF_OBJECT& symmetric =
      rsa ? theirs.parameters.rsaDetail.symmetric : theirs.parameters.eccDetail.symmetric;
  EXPECT_EQ(ours.symmetric_bits, symmetric.algorithm == TPM2_ALG_NULL ? 0 : symmetric.keyBits.aes);
  const std::uint16_t scheme =
      rsa ? theirs.parameters.rsaDetail.scheme.scheme : theirs.parameters.eccDetail.scheme.scheme;
  EXPECT_EQ(ours.scheme_set, scheme != TPM2_ALG_NULL);
  EXPECT_EQ(ours.key.kind() == KeyKind::kRsa, rsa);
  EXPECT_EQ(rsa, ours.ecc_x.empty());
}

void compare_public(const Bytes& bytes, Tally& tally) {
  const auto ours = decode_tpmt_public(bytes);
  const auto theirs = read_theirs<TPMT_PUBLIC>(bytes, Tss2_MU_TPMT_PUBLIC_Unmarshal);
  if (compare(ours, theirs, theirs.accepted && stricter_public(theirs.value), bytes, tally)) {
    expect_same(*ours, theirs.value);
  }
}

void compare_sized_public(const Bytes& bytes, Tally& tally) {
  const auto ours = decode_tpm2b_public(bytes);
  const auto theirs = read_theirs<TPM2B_PUBLIC>(bytes, Tss2_MU_TPM2B_PUBLIC_Unmarshal);
  // tpm2-tss 3.2 does not compare the length with what it covers; the first two bytes are it.
  const bool stricter =
      theirs.accepted && (stricter_public(theirs.value.publicArea) ||
                          bytes.size() != std::size_t{2} + 256U * bytes[0] + bytes[1]);
  if (compare(ours, theirs, stricter, bytes, tally)) {
    expect_same(*ours, theirs.value.publicArea);
  }
}

// --- The runs ------------------------------------------------------------------------------------

// Every original must be accepted by both; then mutations of them.
template <class Compare>
void run_on(const std::vector<Bytes>& originals, Compare compare_one) {
  ASSERT_FALSE(originals.empty());
  // tpm2-tss reports each refusal on standard error; there will be thousands.
  ::setenv("TSS2_LOG", "all+none", 0);
  Tally exact;
  for (const Bytes& original : originals) {
    compare_one(original, exact);
  }
  EXPECT_EQ(exact.both, static_cast<int>(originals.size()));
  Mutator mutator(originals, kSeed);
  Tally tally;
  for (int i = 0; i < kMutations && !::testing::Test::HasFailure(); ++i) {
    compare_one(mutator.next(), tally);
  }
  tally.expect_meaningful(static_cast<int>(originals.size()));
}

std::vector<Bytes> with_fixtures(std::vector<Bytes> own, const std::vector<Bytes>& real) {
  own.insert(own.end(), real.begin(), real.end());
  return own;
}

std::vector<Bytes> real(const char* extension) {
  return testing::have_fixtures() ? testing::files_with_extension(extension) : std::vector<Bytes>();
}

Bytes selections_of(const std::vector<PcrSelection>& selections) {
  ByteWriter out;
  write_pcr_selections(out, selections);
  return out.take();
}

Bytes some_attest() {
  const Bytes signer = *from_hex("000b" + std::string(64, 'a'));
  return encode_quote({.qualified_signer = signer,
                       .extra_data = as_bytes("nonce"),
                       .clock = {1, 2, 3, true},
                       .firmware_version = 4,
                       .selections = {{HashAlgorithm::kSha256, 0xFF}},
                       .pcr_digest = as_bytes("0123456789abcdef0123456789abcdef")});
}

std::vector<Bytes> public_areas() {
  std::vector<Bytes> areas;
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP384, KeyKind::kEcP521}) {
    const PublicKey key = SigningKey::generate(kind).public_key();
    areas.push_back(testing::good_attestation_key(key).encoded);
    areas.push_back(testing::good_endorsement_key(key).encoded);
  }
  return areas;
}

std::vector<Bytes> signatures() {
  std::vector<Bytes> all;
  for (const KeyKind kind : {KeyKind::kRsa, KeyKind::kEcP256, KeyKind::kEcP521}) {
    all.push_back(SigningKey::generate(kind).sign_as_tpm(as_bytes("message")));
  }
  return all;
}

TEST(Differential, PcrSelectionsAgreeWithTpm2Tss) {
  run_on({selections_of({}), selections_of({{HashAlgorithm::kSha256, 0xFF}}),
          selections_of({{HashAlgorithm::kSha1, 0x10}, {HashAlgorithm::kSha384, 0xFFFFFF}}),
          selections_of({{HashAlgorithm::kSm3_256, 0}, {HashAlgorithm::kSha512, 0x800000}})},
         compare_selections);
}

TEST(Differential, AttestsAgreeWithTpm2Tss) {
  std::vector<Bytes> quotes;
  for (const Bytes& message : real(".msg")) {
    // The fixtures hold attestations of creation as well.
    if (message.size() > 6 && message[5] == 0x18) {
      quotes.push_back(message);
    }
  }
  run_on(with_fixtures({some_attest()}, quotes), compare_attest);
}

TEST(Differential, SignaturesAgreeWithTpm2Tss) {
  run_on(with_fixtures(signatures(), real(".sig")), compare_signature);
}

TEST(Differential, PublicAreasAgreeWithTpm2Tss) {
  run_on(with_fixtures(public_areas(), real(".tpmt")), compare_public);
}

TEST(Differential, SizedPublicAreasAgreeWithTpm2Tss) {
  std::vector<Bytes> sized;
  for (const Bytes& area : public_areas()) {
    sized.push_back(ByteWriter().sized16_be(area).take());
  }
  run_on(with_fixtures(with_fixtures(sized, real(".tpm2b")), real(".pub")), compare_sized_public);
}

}  // namespace
}  // namespace quotemill
