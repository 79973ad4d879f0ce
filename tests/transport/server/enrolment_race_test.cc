// Many enrolments at once: what is given once is given exactly once.
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "tests/transport/server/enrolment_fixture.h"

namespace quotemill::transport {
namespace {

// Many clients at once, each on a thread of its own.
std::vector<EnrolStatus> all_at_once(const std::vector<Client>& clients,
                                     const std::function<EnrolStatus(const Client&)>& enrol) {
  std::vector<EnrolStatus> statuses(clients.size());
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back([&, i] { statuses[i] = enrol(clients[i]); });
  }
  threads.clear();
  return statuses;
}

std::vector<Client> make_clients(std::uint8_t count) {
  std::vector<Client> clients;
  for (std::uint8_t i = 0; i < count; ++i) {
    clients.emplace_back(static_cast<std::uint8_t>(i + 1));
  }
  return clients;
}

class EnrolmentRace : public EnrolmentServiceTest {
 protected:
  // The audit log of the other tests is not for threads.
  EnrolmentService quiet{registrar, {.server_key = {0x53}}, {}};
};

TEST_F(EnrolmentRace, ATokenIsSpentExactlyOnce) {
  auto inputs = std::make_shared<AdmissionInputs>();
  inputs->roots = vendor.roots();
  quiet.use(inputs);
  add_token("t", 1);
  const auto statuses = all_at_once(make_clients(8), [&](const Client& client) {
    const std::string name = "web-" + std::to_string(client.key[0]);
    const MessageBody offer = quiet.handle(client.key, enrol(client, name, "t"), now);
    return status(
        quiet.handle(client.key, prove(client, std::get<CredentialMessage>(offer), name), now));
  });
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), EnrolStatus::kAdmitted), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), EnrolStatus::kDenied), 7);
  EXPECT_EQ(registrar.tokens.begin()->second.uses_left, 0U);
}

TEST_F(EnrolmentRace, ANameIsGivenExactlyOnce) {
  auto inputs = std::make_shared<AdmissionInputs>();
  inputs->roots = vendor.roots();
  quiet.use(inputs);
  add_token("t", 100);
  const auto statuses = all_at_once(make_clients(8), [&](const Client& client) {
    const MessageBody offer = quiet.handle(client.key, enrol(client, "web", "t"), now);
    return status(
        quiet.handle(client.key, prove(client, std::get<CredentialMessage>(offer), "web"), now));
  });
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), EnrolStatus::kAdmitted), 1);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), EnrolStatus::kPending), 7);
  EXPECT_EQ(registrar.tokens.begin()->second.uses_left, 99U);
}

}  // namespace
}  // namespace quotemill::transport
