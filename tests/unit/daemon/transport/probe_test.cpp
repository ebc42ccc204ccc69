// Dialling an endpoint to see who answers.

#include "tests/unit/daemon/transport/node.hpp"

namespace lapx::transport {
namespace {

using schema::Reached;

class ProbeTest : public ::testing::Test {
  protected:
    std::vector<Reached> probe(const std::vector<Key>& keys,
                               const std::vector<std::string>& endpoints) {
        std::optional<std::vector<Reached>> got;
        EXPECT_TRUE(opta_.transport->probe(keys, endpoints,
                                           [&](std::vector<Reached> found) { got = found; }));
        EXPECT_TRUE(run_until({&opta_, &acma_}, [&] { return got.has_value(); }));
        return got.value_or(std::vector<Reached>{});
    }
    Node opta_{"opta.nl"};
    Node acma_{"acma.example"};
    const Key other_ = make_keys().open;
};

TEST_F(ProbeTest, TellsWhoAnswersAtEachEndpoint) {
    acma_.admit({opta_.peer_key()});
    const KeptPort nobody;
    EXPECT_EQ(probe({acma_.keys().open},
                    {acma_.endpoint(), nobody.endpoint(), "tcp://no-such-name.invalid:5617"}),
              (std::vector{Reached::kYes, Reached::kRefused, Reached::kNameUnknown}));
    EXPECT_EQ(probe({other_}, {acma_.endpoint()}), std::vector{Reached::kOtherKey});
    EXPECT_EQ(probe({other_, acma_.keys().open}, {acma_.endpoint()}), std::vector{Reached::kYes});
    EXPECT_TRUE(opta_.events.connected.empty());
    EXPECT_TRUE(acma_.events.connected.empty());
}

TEST_F(ProbeTest, ANodeThatRefusesUsIsThereAllTheSame) {
    EXPECT_EQ(probe({acma_.keys().open}, {acma_.endpoint()}), std::vector{Reached::kNotAdmitted});
}

TEST_F(ProbeTest, WhatAcceptsAndSaysNothingIsNotTheNode) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(fd, 4), 0);
    ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    EXPECT_EQ(
        probe({acma_.keys().open}, {"tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port))}),
        std::vector{Reached::kOtherKey});
    close(fd);
}

TEST_F(ProbeTest, NothingIsProbedWithoutAnEndpointOrAKey) {
    const auto never = [](const auto&) { ADD_FAILURE(); };
    EXPECT_FALSE(opta_.transport->probe({acma_.keys().open}, {}, never));
    EXPECT_FALSE(opta_.transport->probe({}, {acma_.endpoint()}, never));
    EXPECT_FALSE(opta_.transport->probe({acma_.keys().open}, {"ipc://x"}, never));
}

}  // namespace
}  // namespace lapx::transport
