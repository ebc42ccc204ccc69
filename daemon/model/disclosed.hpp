#pragma once
// What one recipient may see. Proposal: worked out, for a preview or an approval. Disclosed: a
// proposal that the approval names by its digest. Only disclosure/ makes either; neither is ever
// stored: what is released later than it was approved is worked out again then.

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schema/base/id.hpp"
#include "schema/codec/parcel.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::disclosure {
class Maker;
}

namespace lapx::model {

// What became of one item, inwardly.
struct Ruling {
    schema::DecidedItem decided;
    std::string basis;  // in words; may be empty
};

struct ProposalContent {
    ReferralId referral;   // the dossier's own id, as on its manifest
    bool wholly_withheld;  // decided and recorded, and nothing goes
    schema::Act act;
    ReferralId case_id;
    std::string manifest;
    schema::ViewText view;
    ViewDigest digest;
    // A rule because of which something of it goes, and which asks for an approver who had no hand
    // in the draft; empty: none.
    std::string four_eyes;
    std::vector<Ruling> rulings;                  // item n has rulings[n - 1]
    std::vector<schema::NumberedOctets> items;    // the disclosed ones
    std::vector<schema::ParcelExhibit> exhibits;  // with identities: handle as secret
};

class Proposal {
  public:
    const ProposalContent& content() const { return content_; }

  private:
    friend class disclosure::Maker;
    explicit Proposal(ProposalContent content) : content_(std::move(content)) {}
    ProposalContent content_;
};

class Disclosed {
  public:
    const ProposalContent& content() const& { return content_; }
    ProposalContent content() && { return std::move(content_); }

  private:
    friend class disclosure::Maker;
    explicit Disclosed(ProposalContent content) : content_(std::move(content)) {}
    ProposalContent content_;
};

}  // namespace lapx::model
