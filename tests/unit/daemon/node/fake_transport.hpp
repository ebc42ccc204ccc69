#pragma once
// A transport that goes nowhere: what is sent is kept, decoded, as long as there is room.

#include <string>
#include <vector>

#include "daemon/transport/transport.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::test {

class FakeTransport : public transport::Transport {
  public:
    void admit(transport::Admitted) override {}
    Result<void> dial(const Agency&, const std::vector<transport::Key>&,
                      std::vector<std::string>) override {
        return {};
    }
    Result<void> rekey(std::span<const std::uint8_t, 32>) override { return {}; }
    Result<void> probe(const std::vector<transport::Key>&,
                       const std::vector<std::string>& endpoints, transport::Probed done) override {
        probed.push_back(endpoints);
        found = std::move(done);
        return {};
    }
    void hang_up(const Agency&) override {}
    void mute(const transport::Key&) override {}
    transport::SendResult send(const Agency& agency, BytesView frame) override {
        if (!connected) {
            return transport::SendResult::kUnreachable;
        }
        if (room == 0) {
            return transport::SendResult::kFull;
        }
        --room;
        sent.push_back({agency, schema::decode_frame(frame).value()});
        return transport::SendResult::kSent;
    }
    transport::SendResult send(transport::Route, BytesView) override {
        return transport::SendResult::kUnreachable;
    }
    std::string bound_endpoint() const override { return {}; }
    transport::Key public_key() const override { return {}; }
    transport::Stats stats() const override { return {}; }
    transport::Link link(const Agency&) const override { return {}; }

    template <typename Frame>
    std::vector<Frame> frames() const {
        std::vector<Frame> out;
        for (const Sent& one : sent) {
            if (const auto* frame = std::get_if<Frame>(&one.frame)) {
                out.push_back(*frame);
            }
        }
        return out;
    }

    bool connected = true;
    std::size_t room = 1'000;
    std::vector<std::vector<std::string>> probed;
    transport::Probed found;
    struct Sent {
        Agency to;
        schema::FrameMessage frame;
    };
    std::vector<Sent> sent;
};

}  // namespace lapx::test
