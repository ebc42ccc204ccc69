#pragma once
// Gets the octets of exhibits that did not come inside a parcel from the agency that disclosed them
// (protocol.md 8.6). Of each agency one at a time, in chunks, from where it stopped: what has come
// lies in a file. Nothing counts as here before the whole of it opened to what the view says.

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/cases/cases.hpp"
#include "daemon/conversations.hpp"
#include "daemon/custody.hpp"
#include "daemon/exhibits/octets.hpp"
#include "daemon/parts.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

class ExhibitPulls {
  public:
    // `parts` and `conversations` outlive it.
    ExhibitPulls(const PipelineParts& parts, const Conversations& conversations, LogEntry log,
                 Complain complain)
        : parts_(parts),
          conversations_(conversations),
          log_(std::move(log)),
          complain_(std::move(complain)) {}

    // In the open round: from now on this node asks for it. Errors: kTooLarge for more than this
    // node keeps; kWrongState where there is nothing to ask for.
    Result<void> want(std::int64_t row, model::SealedExhibit exhibit);
    // In the open round, of what just came in: those that are fetched unasked, in all no more than
    // the configuration says.
    Result<void> want_small_ones(std::int64_t row);

    // Whether it is what was asked for.
    bool take(const Agency& from, const schema::ExhibitChunkFrame& chunk);
    bool take_refusal(const Agency& from, const schema::RefusalFrame& refusal);
    // What was under way on the connection is lost.
    void disconnected(const Agency& from);
    // What is wanted may have changed: what no longer is, is given up.
    void look_again();
    // Asks those that can be reached for what is wanted of them.
    void tick();

    struct Progress {
        std::uint64_t octets;  // of the sealed file
        std::string cause;     // a stable code, or empty
    };
    Progress progress(std::int64_t row, const model::SealedExhibit& exhibit) const;

  private:
    struct Pull {
        std::int64_t row;
        model::SealedExhibit exhibit;
        ReferralId referral;
        MessageId message;
        std::uint16_t number;
        std::optional<exhibits::Writer> writer;  // nothing once all of it is in the file
        std::uint64_t have = 0;
        std::uint64_t asked = 0;
        loop::Instant last{};  // a chunk, or a request
        std::unique_ptr<exhibits::Check> check;
        bool storing = false;  // the round that makes it whole is open
    };
    using Key = std::pair<std::int64_t, std::uint16_t>;
    struct Trouble {
        std::size_t bad = 0;  // how often octets were not what they should have been
        loop::Instant not_before{};
        std::string cause;
    };
    static Key key_of(const Pull& pull) { return {pull.row, pull.exhibit.element}; }

    Result<void> load();
    bool is_wanted(const Pull& pull);
    void go_on();
    void begin_some();
    Result<void> begin(const cases::Cases::ExhibitName& name);
    void ask(const Agency& from, Pull& pull, std::uint64_t credit);
    Result<void> store(const Agency& from, Pull& pull, const Bytes& octets);
    void check(const Agency& from);
    void came_whole(const Agency& from);
    Result<void> make_whole(const Agency& from, Pull& pull);
    void put_off(const Agency& from, const Error& error);
    void throw_away(const Agency& from);
    void write_down(const Pull& pull);
    void give_up(const Agency& from, Code cause);

    const PipelineParts& parts_;
    const Conversations& conversations_;
    LogEntry log_;
    Complain complain_;
    std::map<Agency, Pull> active_;
    std::map<Agency, std::vector<cases::Cases::ExhibitName>> wanted_;
    bool loaded_ = false;
    std::map<Key, Trouble> troubles_;
    std::map<Agency, loop::Watch> checks_;
    loop::Watch next_;
};

}  // namespace lapx::daemon
