// Each MISUSE_… must be refused by the compiler; without any of them this file must compile. See
// CMakeLists.txt.

#include <iostream>

#include "daemon/disclosure/disclosure.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/secret.hpp"

namespace lapx {

model::Covered cover_it(model::Disclosed disclosed, const sealing::CoverOrder& order,
                        const keys::SigningKey& key) {
    return sealing::cover(std::move(disclosed), order, "opta.example/lapx/sign-1", key);
}

Result<model::Sealed> seal_it(const model::Covered& covered, const keys::Recipient& to,
                              Random& random) {
    return sealing::seal(covered, "proof", "", to, random);
}

#ifdef MISUSE_a_draft_cannot_be_covered
model::Covered misuse(const model::Draft& draft, const sealing::CoverOrder& order,
                      const keys::SigningKey& key) {
    return sealing::cover(draft, order, "n", key);
}
#endif

#ifdef MISUSE_a_proposal_cannot_be_covered
model::Covered misuse(model::Proposal proposal, const sealing::CoverOrder& order,
                      const keys::SigningKey& key) {
    return sealing::cover(std::move(proposal), order, "n", key);
}
#endif

#ifdef MISUSE_a_disclosed_cannot_be_made_elsewhere
model::Disclosed misuse(model::ProposalContent content) {
    return model::Disclosed(std::move(content));
}
#endif

#ifdef MISUSE_a_covered_cannot_be_made_elsewhere
model::Covered misuse(model::ProposalContent content, schema::Cover cover) {
    return model::Covered(std::move(content), std::move(cover), "", CoverDigest{});
}
#endif

#ifdef MISUSE_a_disclosed_cannot_be_sealed_without_a_cover
Result<model::Sealed> misuse(const model::Disclosed& disclosed, const keys::Recipient& to,
                             Random& random) {
    return sealing::seal(disclosed, "proof", "", to, random);
}
#endif

#ifdef MISUSE_digests_of_different_things_do_not_mix
CoverDigest misuse(const ViewDigest& view) { return view; }
#endif

#ifdef MISUSE_ids_of_different_things_do_not_mix
MessageId misuse(const ReferralId& id) { return id; }
#endif

#ifdef MISUSE_a_secret_cannot_be_copied
keys::Secret<32> misuse(const keys::Secret<32>& secret) { return secret; }
#endif

#ifdef MISUSE_a_secret_cannot_be_printed
void misuse(const keys::Secret<32>& secret) { std::cout << secret; }
#endif

#ifdef MISUSE_a_result_cannot_be_ignored
void misuse(const model::Covered& covered, const keys::Recipient& to, Random& random) {
    seal_it(covered, to, random);
}
#endif

}  // namespace lapx
