#include <algorithm>

#include "daemon/disclosure/disclosure.hpp"
#include "keys/domains.hpp"
#include "schema/codec/items.hpp"
#include "schema/codec/padded.hpp"
#include "schema/limits.hpp"

namespace lapx::disclosure {

// The only maker of Proposal and Disclosed.
class Maker {
  public:
    static model::Proposal proposal(model::ProposalContent content) {
        return model::Proposal(std::move(content));
    }
    static model::Disclosed disclosed(model::Proposal proposal) {
        return model::Disclosed(std::move(proposal.content_));
    }
};

namespace {

bool is_disclosed(const model::Ruling& ruling) {
    return std::holds_alternative<schema::Disclosed>(ruling.decided.inward);
}

// What the recipient is told of an item: absent and silently withheld look alike.
schema::Disposition outward(const model::Ruling& ruling) {
    if (is_disclosed(ruling)) {
        return schema::Disclosed{};
    }
    if (const auto* withheld = std::get_if<schema::Withholding>(&ruling.decided.inward)) {
        switch (withheld->shown) {
            case schema::Shown::kReason:
                return withheld->reason;
            case schema::Shown::kCategory:
                return schema::category_of(withheld->reason);
            case schema::Shown::kSilent:
                return schema::Silent{};
        }
    }
    return schema::Silent{};
}

bool is_silent(const model::Ruling& ruling) {
    return std::holds_alternative<schema::Silent>(outward(ruling));
}

// The manifest is the same for all recipients, so silence must leave a form that could have been
// made without what is withheld: no item that this kind of referral always has; and the silent
// elements of a repeating label come last, and without them it would have as many lines.
Result<void> check_silence(const std::vector<model::Ruling>& rulings, const model::Draft& draft) {
    for (auto at = rulings.begin(); at != rulings.end();) {
        const schema::Label label = at->decided.label;
        const auto end = std::find_if(
            at, rulings.end(), [&](const auto& ruling) { return ruling.decided.label != label; });
        const auto silent = std::find_if(at, end, is_silent);
        const auto shown = static_cast<std::size_t>(silent - at);
        const bool withheld = std::any_of(silent, end, [](const auto& ruling) {
            return std::holds_alternative<schema::Withholding>(ruling.decided.inward);
        });
        const bool fewer_lines =
            schema::template_row(label).repeats &&
            schema::lines_for(label, shown) != static_cast<std::size_t>(end - at);
        const bool missed = shown == 0 && draft.needs(label);
        if (withheld && (missed || fewer_lines || !std::all_of(silent, end, is_silent))) {
            return fail(Code::kSilenceShows, "elements of `" + std::string(schema::word_of(label)) +
                                                 "` cannot be withheld without a trace");
        }
        at = end;
    }
    return {};
}

// Personal data goes only on a basis, and until a day on which it is to be destroyed.
Result<void> check_personal_data(const Policy& policy, const model::Draft& draft,
                                 const std::vector<model::Ruling>& rulings) {
    const bool goes = std::any_of(rulings.begin(), rulings.end(), [&](const auto& ruling) {
        const auto& classes = policy.rules.classes_of(ruling.decided.label);
        return is_disclosed(ruling) && std::find(classes.begin(), classes.end(),
                                                 schema::ItemClass::kPersonalData) != classes.end();
    });
    if (!goes) {
        return {};
    }
    for (const model::DraftItem& item : draft.items) {
        if (item.label == schema::Label::kDataProtection && item.erased) {
            return fail(Code::kErased,
                        "data-protection, and so until when personal data may be kept");
        }
        if (item.label == schema::Label::kDataProtection && item.present) {
            LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(item.octets));
            const auto& given = std::get<schema::DataProtection>(decoded.value);
            if (given.basis != schema::DataBasis::kUnset && given.destroy_by) {
                return {};
            }
        }
    }
    return fail(Code::kItemMissing,
                "missing: data-protection with a basis and a destroy-by date, for personal data");
}

// Exhibits whose octets go and whose sealed file is there: what opens it goes, and the file itself
// where it fits in.
void add_exhibits(model::ProposalContent& out, const Policy& policy, const model::Draft& draft,
                  std::span<const model::SealedExhibit> exhibits, const model::Addressee& to) {
    std::vector<schema::ViewExhibit>& lines = out.view.view.exhibits;
    std::uint16_t element = 0;
    for (std::size_t i = 0; i < draft.items.size(); ++i) {
        if (draft.items[i].label != schema::Label::kExhibit) {
            continue;
        }
        ++element;
        const auto found = std::find_if(exhibits.begin(), exhibits.end(),
                                        [&](const auto& e) { return e.element == element; });
        if (found == exhibits.end() || !is_disclosed(out.rulings[i]) ||
            !octets_go(policy, draft, to, element)) {
            continue;
        }
        const auto number = static_cast<std::uint16_t>(i + 1);
        lines.push_back(
            {number, found->plain, found->plain_size, found->sealed_digest, found->sealed_size()});
        const BytesView identity = found->identity.view();
        out.exhibits.push_back({number, Bytes(identity.begin(), identity.end()),
                                schema::travel_inside(lines).back() ? found->sealed : Bytes()});
    }
}

// All classes of an item must allow it, so it goes because of each rule that was found.
std::string four_eyes_rule(const model::ProposalContent& content, const Policy& policy,
                           const model::Draft& draft, const model::Addressee& to) {
    std::vector<Finding> found;
    for (const model::Ruling& ruling : content.rulings) {
        if (is_disclosed(ruling)) {
            const auto of_item = findings(policy, draft, to, ruling.decided.label);
            found.insert(found.end(), of_item.begin(), of_item.end());
        }
    }
    if (!content.exhibits.empty()) {
        const auto of_octets = octets_findings(policy, draft, to);
        found.insert(found.end(), of_octets.begin(), of_octets.end());
    }
    const auto asks = std::find_if(found.begin(), found.end(), [](const Finding& finding) {
        return finding.rule != nullptr && finding.rule->four_eyes;
    });
    return asks == found.end() ? std::string() : asks->rule->name;
}

// An upper bound for the parcel's plaintext: its content, and room for cover, proofs, structure and
// padding.
std::size_t parcel_size(const model::ProposalContent& content) {
    constexpr std::size_t kCoverAndProofs = std::size_t{16} * 1024;
    constexpr std::size_t kStructure = 64;  // of each item or exhibit
    std::size_t size = kCoverAndProofs + content.manifest.size() + content.view.text.size();
    for (const schema::NumberedOctets& item : content.items) {
        size += item.octets.size() + kStructure;
    }
    for (const schema::ParcelExhibit& exhibit : content.exhibits) {
        size += exhibit.sealed.size() + kStructure;
    }
    return schema::padme(size);
}

schema::View view_of(const model::Draft& draft, const Desk& to, const ManifestDigest& manifest,
                     const std::vector<model::Ruling>& rulings) {
    schema::View view{.to = to,
                      .manifest = manifest,
                      .tlp = draft.handling.tlp,
                      .pap = draft.handling.pap,
                      .uses = draft.handling.uses,
                      .onward = draft.handling.onward,
                      .until = draft.handling.until,
                      .attribution = draft.handling.attribution,
                      .no_resale = draft.handling.no_resale,
                      .items = {},
                      .exhibits = {}};
    for (const model::Ruling& ruling : rulings) {
        view.items.push_back(outward(ruling));
    }
    return view;
}

}  // namespace

Result<model::Proposal> propose(const Policy& policy, const model::Draft& draft,
                                std::span<const model::SealedExhibit> exhibits,
                                const model::Addressee& to) {
    if (std::find(draft.to.begin(), draft.to.end(), to.desk) == draft.to.end()) {
        return fail(Code::kNoRecipient, to.desk.text() + " is not a recipient of this referral");
    }
    if (const auto missing = missing_items(draft); !missing.empty()) {
        std::string list;
        for (const schema::Label label : missing) {
            list += (list.empty() ? "" : ", ") + std::string(schema::word_of(label));
        }
        return fail(Code::kItemMissing, "missing: " + list);
    }
    if (draft.items.size() > schema::kMaxItems) {
        return fail(Code::kTooLarge, "too many items");
    }
    std::string manifest = model::manifest_text(draft);
    std::vector<model::Ruling> rulings = rule(policy, draft, to);
    const bool wholly_withheld = draft.wholly_from(to.desk) != nullptr;
    if (!wholly_withheld) {
        LAPX_TRY(check_silence(rulings, draft));
        LAPX_TRY(check_personal_data(policy, draft, rulings));
    }
    schema::View view = view_of(draft, to.desk, keys::digest_of<ManifestDigest>(manifest), rulings);
    model::ProposalContent out{.referral = draft.id,
                               .wholly_withheld = wholly_withheld,
                               .act = draft.act,
                               .case_id = draft.case_name().id,
                               .manifest = std::move(manifest),
                               .view = {std::move(view), {}},
                               .digest = {},
                               .four_eyes = {},
                               .rulings = std::move(rulings),
                               .items = {},
                               .exhibits = {}};
    for (std::size_t i = 0; i < draft.items.size(); ++i) {
        if (is_disclosed(out.rulings[i])) {
            out.items.push_back({static_cast<std::uint16_t>(i + 1), draft.items[i].octets});
        }
    }
    add_exhibits(out, policy, draft, exhibits, to);
    out.four_eyes = four_eyes_rule(out, policy, draft, to);
    out.view.text = schema::print_view(out.view.view);
    if (parcel_size(out) > schema::kMaxParcel) {
        return fail(Code::kTooLarge, "more than one parcel holds: withhold or shorten items");
    }
    out.digest = keys::digest_of<ViewDigest>(out.view.text);
    return Maker::proposal(std::move(out));
}

Result<model::Disclosed> release(model::Proposal proposal, const model::Approval& approval) {
    const ViewDigest& digest = proposal.content().digest;
    if (std::find(approval.views.begin(), approval.views.end(), digest) == approval.views.end()) {
        return fail(Code::kApprovalStale, "the approval does not name this view");
    }
    LAPX_TRY(check_approver(proposal, approval.self_approved));
    return Maker::disclosed(std::move(proposal));
}

}  // namespace lapx::disclosure
