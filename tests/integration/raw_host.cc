#include "tests/integration/raw_host.h"

#include <algorithm>

#include "engine/evidence/evidence_codec.h"
#include "transport/agent/measured_boot.h"
#include "transport/client/enrolment_client.h"

namespace quotemill::testing {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;
using transport::ChallengeMessage;
using transport::Message;
using transport::SendOutcome;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) {
    // Nothing of a test can go on without it.
    ADD_FAILURE() << what << ": " << result.error().to_string();
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

Bytes EvidenceParts::seal() const {
  Evidence evidence;
  evidence.header_bytes = header;
  evidence.attest = attest;
  evidence.signature = signature;
  evidence.pcrs = pcrs;
  return encode_evidence(evidence);
}

RawHost::RawHost(SimHost& machine, const TestDaemon& daemon)
    : machine_(machine),
      daemon_(daemon),
      context_(must(transport::Context::create(), "context")),
      keys_(must(transport::generate_key_pair(), "CURVE keys")),
      tpm_(must(machine.open_tpm(), "TPM")),
      ek_(must(tpm_->endorsement_key(machine.ek_kind), "EK")),
      ak_(load_new_ak()),
      other_ak_(load_new_ak()) {}

std::optional<agent::TpmKey> RawHost::load_new_ak() {
  const agent::AkBlobs blobs = must(tpm_->create_ak(*ek_, machine_.ak_kind), "AK");
  return must(tpm_->load_ak(*ek_, blobs), "AK");
}

AssertionResult RawHost::enrol(const std::string& token) {
  Result<Bytes> certificate = tpm_->ek_certificate(machine_.ek_kind);
  transport::EnrolMessage request;
  request.name = name();
  request.ek_certificate = certificate ? *certificate : Bytes{};
  request.ek_public = ek_->public_area();
  request.ak_public = ak_->public_area();
  request.token = token;
  const transport::EnrolmentTpm tpm{
      [this](ByteView id_object, ByteView secret) {
        return tpm_->activate_credential(*ek_, *ak_, id_object, secret);
      },
      [this](ByteView qualifying) -> Result<transport::EnrolmentQuote> {
        Result<agent::TpmQuote> quote =
            tpm_->quote(*ak_, {{HashAlgorithm::kSha256, 1}}, qualifying);
        if (!quote) {
          return quote.error();
        }
        return transport::EnrolmentQuote{quote->attest, quote->signature};
      }};
  const Result<transport::EnrolmentOutcome> outcome =
      transport::EnrolmentClient(*context_, keys_, daemon_.enrol()).run(request, tpm);
  const auto* active = outcome ? std::get_if<transport::EnrolmentActive>(&*outcome) : nullptr;
  if (active == nullptr) {
    return AssertionFailure() << (outcome ? "not admitted" : outcome.error().to_string());
  }
  uid_ = active->uid;
  generation_ = active->generation;
  connect();
  return AssertionSuccess();
}

void RawHost::connect() {
  socket_.reset();
  transport::SocketOptions options;
  options.curve = transport::CurveClient{keys_, daemon_.attest().server_key};
  socket_.emplace(must(transport::Socket::create(*context_, options), "socket"));
  const Result<void> connected = socket_->connect(daemon_.attest().endpoint);
  EXPECT_TRUE(connected);
}

bool RawHost::send(transport::MessageBody body) {
  return send_frame(
      transport::encode_message({transport::Role::kHost, ++correlation_, std::move(body)}));
}

bool RawHost::send_frame(ByteView frame) {
  const std::int64_t end = now_ms() + kPatience.count();
  SendOutcome outcome = socket_->send(frame);
  while (outcome == SendOutcome::kFull && now_ms() < end) {
    wait(*socket_, -1, 5);
    outcome = socket_->send(frame);
  }
  return outcome == SendOutcome::kSent;
}

bool RawHost::send_log(std::uint64_t sequence, ByteView log) {
  transport::LogsMessage message;
  message.sequence = sequence;
  message.total_bytes = log.size();
  for (std::size_t offset = 0; offset < log.size(); offset += message.segment.size()) {
    message.offset = offset;
    message.segment =
        to_bytes(log.subspan(offset, std::min(limits::kLogSegmentSizeMax, log.size() - offset)));
    if (!send(message)) {
      return false;
    }
  }
  return true;
}

std::optional<Message> RawHost::receive(std::chrono::milliseconds limit) {
  const std::int64_t end = now_ms() + limit.count();
  while (true) {
    if (const auto received = socket_->receive()) {
      Result<Message> message = transport::decode_message(received->payload);
      EXPECT_TRUE(message) << "the daemon sent what cannot be read";
      return message ? std::optional(*std::move(message)) : std::nullopt;
    }
    const std::int64_t left = end - now_ms();
    if (left <= 0) {
      return std::nullopt;
    }
    wait(*socket_, -1, static_cast<int>(left));
  }
}

Receipt RawHost::receive_receipt() {
  const Result<Receipt> receipt = decode_receipt(receive_a<transport::ReceiptMessage>().receipt);
  EXPECT_TRUE(receipt);
  if (!receipt) {
    return {};
  }
  last_receipt = receipt->number;
  return *receipt;
}

std::string RawHost::receive_error() {
  return std::string(name_of(receive_a<transport::ErrorMessage>().code));
}

transport::HelloMessage RawHost::hello_message() const {
  transport::HelloMessage hello;
  hello.uid = uid_;
  hello.generation = generation_;
  hello.boot_id = must(agent::read_boot_id(machine_.boot_id_path().string()), "boot id");
  hello.last_receipt = last_receipt;
  hello.agent = "raw-host";
  return hello;
}

ChallengeMessage RawHost::hello() {
  EXPECT_TRUE(send(hello_message()));
  return receive_a<ChallengeMessage>();
}

EvidenceParts RawHost::quote(const ChallengeMessage& challenge, const Forgery& forgery) {
  return quote(
      Asked{NonceKind::kInteractive, challenge.nonce, challenge.sequence, challenge.selections},
      forgery);
}

EvidenceParts RawHost::quote_preissued(const Receipt& receipt, const Forgery& forgery) {
  EXPECT_TRUE(receipt.next_nonce);
  return quote(Asked{NonceKind::kPreissued, receipt.next_nonce.value_or(Nonce{}),
                     receipt.number + 1, receipt.selections},
               forgery);
}

EvidenceParts RawHost::quote(const Asked& asked, const Forgery& forgery) {
  const std::string agent_name = "raw-host";
  EvidenceHeader header;
  header.nonce_kind = asked.kind;
  header.host = uid_;
  header.generation = generation_;
  header.sequence = asked.sequence;
  header.boot_id = must(agent::read_boot_id(machine_.boot_id_path().string()), "boot id");
  header.boot_log_bytes = static_cast<std::uint32_t>(boot_log().size());
  header.facts.agent = agent_name;
  if (forgery.header) {
    forgery.header(header);
  }
  EvidenceParts parts;
  parts.header = encode_evidence_header(header);
  ChannelBinding binding{uid_, generation_, keys_.public_key, daemon_.attest().server_key};
  if (forgery.binding) {
    forgery.binding(binding);
  }
  const Digest qualifying =
      attest_qualifying_data(forgery.nonce.value_or(asked.nonce), binding, parts.header);
  agent::TpmQuoteWithPcrs quoted =
      must(tpm_->quote_with_pcrs(forgery.by_other_key ? *other_ak_ : *ak_,
                                 forgery.selections.value_or(asked.selections), qualifying.view()),
           "quote");
  parts.attest = std::move(quoted.quote.attest);
  parts.signature = std::move(quoted.quote.signature);
  parts.pcrs = std::move(quoted.pcrs);
  return parts;
}

Receipt RawHost::attest() {
  return judged(quote(hello()).seal());
}

Receipt RawHost::judged(const Bytes& item) {
  EXPECT_TRUE(send_evidence(item));
  std::optional<Message> answer = receive();
  if (answer && std::holds_alternative<transport::NeedMessage>(answer->body)) {
    EXPECT_TRUE(send_log(std::get<transport::NeedMessage>(answer->body).sequence, boot_log()));
    answer = receive();
  }
  const auto* receipt = answer ? std::get_if<transport::ReceiptMessage>(&answer->body) : nullptr;
  EXPECT_NE(receipt, nullptr) << (answer ? name_of(transport::kind_of(answer->body)) : "silence");
  const Result<Receipt> decoded =
      receipt == nullptr ? Result<Receipt>(Error{}) : decode_receipt(receipt->receipt);
  if (!decoded) {
    return {};
  }
  last_receipt = decoded->number;
  return *decoded;
}

}  // namespace quotemill::testing
