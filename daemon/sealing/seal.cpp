#include "daemon/sealing/maker.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "schema/codec/parcel.hpp"

namespace lapx::sealing {

model::Covered cover(model::Disclosed disclosed, const CoverOrder& order, std::string_view key_name,
                     const keys::SigningKey& sign_key) {
    model::ProposalContent content = std::move(disclosed).content();
    schema::Cover cover{.from = order.from,
                        .to = content.view.view.to,
                        .key = order.key,
                        .message = order.message,
                        .created = order.created,
                        .expires = order.expires,
                        .act = content.act,
                        .referral = content.case_id,
                        .rest = content.view};
    std::string note = keys::sign_note(schema::print_cover(cover), key_name, sign_key);
    const auto digest = keys::digest_of<CoverDigest>(note);
    return Maker::covered(std::move(content), std::move(cover), std::move(note), digest);
}

model::Covered cover(const schema::MoveBody& body, const Desk& to, const ReferralId& case_id,
                     const CoverOrder& order, std::string_view key_name,
                     const keys::SigningKey& sign_key) {
    std::string text = schema::print_move(body);
    schema::Cover cover{.from = order.from,
                        .to = to,
                        .key = order.key,
                        .message = order.message,
                        .created = order.created,
                        .expires = order.expires,
                        .act = schema::Act::kMove,
                        .referral = case_id,
                        .rest = keys::digest_of<ContentDigest>(text)};
    std::string note = keys::sign_note(schema::print_cover(cover), key_name, sign_key);
    const auto digest = keys::digest_of<CoverDigest>(note);
    return Maker::moved(std::move(text), std::move(cover), std::move(note), digest);
}

Result<model::Sealed> seal(const model::Covered& covered, std::string_view sent_proof,
                           std::string_view consistency, const keys::Recipient& recipient,
                           Random& random) {
    schema::ParcelContent parcel{.cover = to_bytes(covered.note()),
                                 .manifest = {},
                                 .items = {},
                                 .body = {},
                                 .proof = to_bytes(sent_proof),
                                 .consistency = to_bytes(consistency),
                                 .exhibits = {}};
    if (covered.is_move()) {
        parcel.body = to_bytes(covered.body());
    } else {
        const model::ProposalContent& content = covered.content();
        parcel.manifest = to_bytes(content.manifest);
        parcel.items = content.items;
        parcel.exhibits = content.exhibits;
    }
    LAPX_TRY_ASSIGN(Bytes plain, schema::encode_parcel(parcel));
    Bytes sealed = keys::seal(recipient, plain, random);
    keys::wipe(plain);
    for (schema::ParcelExhibit& exhibit : parcel.exhibits) {
        keys::wipe(exhibit.identity);
    }
    return Maker::sealed(std::move(sealed));
}

}  // namespace lapx::sealing
