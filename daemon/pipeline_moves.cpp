// Steps of fixed words in a case: how they leave, and how they come in.

#include "daemon/pipeline.hpp"
#include "keys/domains.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {

Result<MessageId> Pipeline::move(const cases::Row& about, const Desk& from, const Desk& to,
                                 const schema::MoveBody& body, const std::string& operator_id) {
    const Time now = parts_.clock.seconds();
    LAPX_TRY_ASSIGN(const auto recipient, parts_.contacts.recipient(to, now));
    LAPX_TRY(parts_.round.begin());
    const sealing::CoverOrder order = order_for(from, recipient, now);
    model::Covered covered = sealing::cover(body, to, about.case_name.id, order,
                                            parts_.self.sign_name, parts_.self.keys.sign);
    const schema::MovedRecord record{covered.digest(), body.move, operator_id};
    const bool consent = schema::is_consent(body.move);
    LAPX_TRY(
        log(consent ? schema::EntryKind::kConsent : schema::EntryKind::kMoved,
            consent ? schema::print_consent_record(record) : schema::print_moved_record(record)));
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kSent, schema::print_sent_record({covered.digest()})));
    outgoing_.push_back({std::move(covered), recipient, about.seq, leaf, body});
    return order.message;
}

Result<Admission> Pipeline::store_moved(const AcceptedMove& moved) {
    const Time now = parts_.clock.seconds();
    LAPX_TRY_ASSIGN(const std::uint64_t leaf,
                    log(schema::EntryKind::kReceived,
                        schema::print_received_record({moved.parcel.digest, std::nullopt})));
    const delivery::Message message = incoming_message(moved.parcel, leaf, now);
    LAPX_TRY_ASSIGN(const std::int64_t seq, parts_.delivery.add(message, moved.parcel.content.cover,
                                                                moved.parcel.content.proof));
    LAPX_TRY(parts_.moves.add(
        {seq, moved.about, cases::Direction::kIn, moved.parcel.cover.from, now, moved.body}));
    return Admission{.leaf = leaf, .effect = true};
}

}  // namespace lapx::daemon
