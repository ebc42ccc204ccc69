#include "tools/lapx/bundle.hpp"

#include <algorithm>
#include <optional>

#include "daemon/ledger/check.hpp"
#include "schema/base/text.hpp"
#include "schema/codec/items.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::cli {
namespace {

using schema::EntryKind;

// One run over a bundle. Each step needs the ones before it and is left out where those failed:
// their problem is the one to report.
class BundleCheck {
  public:
    explicit BundleCheck(const Files& files) : files_(files) {}

    Verdict run() && {
        check_names();
        const auto sender = party("card");
        const auto recipient = party("peer-card");
        if (sender && recipient) {
            check_cover(*sender, *recipient);
        }
        if (view_ != nullptr) {
            check_manifest();
        }
        if (manifest_) {
            check_items();
        }
        if (cover_) {
            check_sent(*sender);
            check_receipt(*recipient);
        }
        return std::move(verdict_);
    }

  private:
    std::optional<std::string_view> file(const std::string& name) {
        const auto found = files_.find(name);
        if (found == files_.end()) {
            verdict_.bad(name, "the file is missing");
            return std::nullopt;
        }
        return as_text(found->second);
    }

    void check_names() {
        for (const auto& [name, octets] : files_) {
            static constexpr std::string_view kNames[] = {
                "card", "peer-card", "cover", "manifest", "sent.tlog-proof", "receipt.tlog-proof"};
            const bool known =
                std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
                name.starts_with("items/");
            if (!known) {
                verdict_.bad(name, "the file does not belong in a bundle");
            }
        }
    }

    std::optional<Party> party(const std::string& name) {
        const auto text = file(name);
        if (!text) {
            return std::nullopt;
        }
        auto opened = open_card_file(*text);
        if (!opened) {
            verdict_.bad(name, opened.error());
            return std::nullopt;
        }
        verdict_.good(name,
                      opened->card.card.agency.text() + ", safety number " + opened->safety_number);
        return std::move(*opened);
    }

    void check_cover(const Party& sender, const Party& recipient) {
        const auto note = file("cover");
        if (!note) {
            return;
        }
        const auto opened = keys::open_note(*note, sender.card.sign);
        if (!opened) {
            verdict_.bad("cover", opened.error());
            return;
        }
        auto cover = schema::parse_cover(opened->text);
        if (!cover) {
            verdict_.bad("cover", cover.error());
        } else if (cover->from.agency() != sender.card.card.agency) {
            verdict_.bad("cover", "it is from " + cover->from.text() + ", the card is not");
        } else if (cover->to.agency() != recipient.card.card.agency) {
            verdict_.bad("cover", "it is to " + cover->to.text() + ", the peer's card is not");
        } else if (cover->view() == nullptr) {
            verdict_.bad("cover", "it carries no view");
        } else {
            digest_ = keys::digest_of<CoverDigest>(*note);
            cover_ = std::move(*cover);
            view_ = cover_->view();
            verdict_.good("cover", "from " + cover_->from.text() + " to " + cover_->to.text() +
                                       ", signed by " + opened->signers.front() + ", " +
                                       to_string(cover_->created));
        }
    }

    void check_manifest() {
        const auto text = file("manifest");
        if (!text) {
            return;
        }
        auto manifest = schema::parse_manifest(*text);
        if (!manifest) {
            verdict_.bad("manifest", manifest.error());
        } else if (keys::digest_of<ManifestDigest>(*text) != view_->view.manifest) {
            verdict_.bad("manifest", "it is not the one the view names");
        } else if (manifest->items.size() != view_->view.items.size()) {
            verdict_.bad("manifest", "it has another number of items than the view");
        } else {
            verdict_.good("manifest", "referral " + to_string(manifest->id) + ", " +
                                          std::to_string(manifest->items.size()) + " items");
            manifest_ = std::move(*manifest);
        }
    }

    void check_items() {
        const auto& dispositions = view_->view.items;
        std::size_t disclosed = 0;
        std::size_t withheld = 0;
        bool sound = true;
        for (std::size_t i = 0; i < dispositions.size(); ++i) {
            const std::string name = "items/" + std::to_string(i + 1);
            const auto found = files_.find(name);
            if (!std::holds_alternative<schema::Disclosed>(dispositions[i])) {
                withheld += std::holds_alternative<schema::Silent>(dispositions[i]) ? 0 : 1;
                if (found != files_.end()) {
                    verdict_.bad(name, "the view does not disclose this item");
                    sound = false;
                }
                continue;
            }
            ++disclosed;
            sound = check_item(name, found, manifest_->items[i]) && sound;
        }
        for (auto at = files_.lower_bound("items/");
             at != files_.end() && at->first.starts_with("items/"); ++at) {
            const Result<std::uint64_t> number = number_from(at->first.substr(6));
            if (!number || *number == 0 || *number > dispositions.size()) {
                verdict_.bad(at->first, "the manifest has no such item");
                sound = false;
            }
        }
        if (sound) {
            verdict_.good("items", std::to_string(disclosed) + " disclosed, " +
                                       std::to_string(withheld) + " said to be withheld");
        }
    }

    bool check_item(const std::string& name, Files::const_iterator found,
                    const schema::ManifestItem& expected) {
        if (found == files_.end()) {
            verdict_.bad(name, "the view discloses this item, but the file is missing");
            return false;
        }
        if (keys::item_digest(found->second) != expected.digest) {
            verdict_.bad(name, "it is not the item the manifest commits to");
            return false;
        }
        const auto item = schema::decode_item(found->second);
        if (!item || schema::is_absent(item->value) ||
            !schema::value_fits_label(expected.label, item->value)) {
            verdict_.bad(name,
                         "its value is not one of " + std::string(schema::word_of(expected.label)));
            return false;
        }
        return true;
    }

    // The opening of a proof by `party` of an entry of this kind, or nothing.
    std::optional<ledger::CheckedProof> proof(const std::string& name, const Party& party,
                                              EntryKind kind) {
        const auto text = file(name);
        if (!text) {
            return std::nullopt;
        }
        auto proof = ledger::check_proof(*text, party.card.ledger);
        if (!proof) {
            verdict_.bad(name, proof.error());
            return std::nullopt;
        }
        if (proof->opening.entry.kind != kind) {
            verdict_.bad(name, "it proves an entry of another kind");
            return std::nullopt;
        }
        return std::move(*proof);
    }

    static std::string place(const ledger::CheckedProof& proof) {
        return "entry " + std::to_string(proof.index) + " of " + proof.checkpoint.origin + ", " +
               to_string(proof.opening.entry.time);
    }

    void check_sent(const Party& sender) {
        const auto checked = proof("sent.tlog-proof", sender, EntryKind::kSent);
        if (!checked) {
            return;
        }
        const auto record = schema::parse_sent_record(as_text(checked->opening.data));
        if (!record || record->cover != digest_) {
            verdict_.bad("sent.tlog-proof", "it is of another cover");
        } else {
            verdict_.good("sent.tlog-proof", place(*checked));
        }
    }

    void check_receipt(const Party& recipient) {
        const auto checked = proof("receipt.tlog-proof", recipient, EntryKind::kReceived);
        if (!checked) {
            return;
        }
        const auto record = schema::parse_received_record(as_text(checked->opening.data));
        if (!record || record->cover != digest_) {
            verdict_.bad("receipt.tlog-proof", "it is of another cover");
            return;
        }
        const std::string outcome =
            record->refusal ? "refused: " + std::string(to_string(*record->refusal)) : "accepted";
        verdict_.good("receipt.tlog-proof", outcome + ", " + place(*checked));
    }

    const Files& files_;
    Verdict verdict_;
    std::optional<schema::Cover> cover_;
    const schema::ViewText* view_ = nullptr;  // inside cover_
    CoverDigest digest_;
    std::optional<schema::Manifest> manifest_;
};

}  // namespace

void Verdict::bad(std::string name, const Error& error) {
    bad(std::move(name),
        std::string(to_string(error.code)) + (error.context.empty() ? "" : ": " + error.context));
}

bool Verdict::ok() const {
    return std::all_of(checks_.begin(), checks_.end(), [](const Check& c) { return c.ok; });
}

std::vector<std::string> Verdict::problems() const {
    std::vector<std::string> out;
    for (const Check& check : checks_) {
        if (!check.ok) {
            out.push_back(check.name + ": " + check.detail);
        }
    }
    return out;
}

Result<Party> open_card_file(std::string_view text) {
    LAPX_TRY_ASSIGN(const schema::CardFile file, schema::split_card_file(text));
    LAPX_TRY_ASSIGN(keys::OpenedCard card, keys::open_card(file.card));
    LAPX_TRY_ASSIGN(keys::OpenedNotice notice,
                    keys::open_notice(file.notice, card.card.agency, card.sign));
    std::string number = keys::safety_number(card.root);
    return Party{std::move(card), std::move(notice), std::move(number)};
}

Verdict check_bundle(const Files& files) { return BundleCheck(files).run(); }

Verdict check_card_file(std::string_view text) {
    Verdict verdict;
    const auto party = open_card_file(text);
    if (!party) {
        verdict.bad("card", party.error());
        return verdict;
    }
    const schema::Card& card = party->card.card;
    verdict.good("card", card.agency.text() + ", serial " + std::to_string(card.serial) +
                             ", expires " + to_string(card.expires));
    verdict.good("notice", std::to_string(party->notice.notice.desks.size()) + " desks, expires " +
                               to_string(party->notice.notice.expires));
    verdict.good("safety number", party->safety_number);
    return verdict;
}

Verdict check_proof_file(std::string_view proof, std::string_view card_file) {
    Verdict verdict;
    const auto party = open_card_file(card_file);
    if (!party) {
        verdict.bad("card", party.error());
        return verdict;
    }
    verdict.good("card",
                 party->card.card.agency.text() + ", safety number " + party->safety_number);
    const auto checked = ledger::check_proof(proof, party->card.ledger);
    if (!checked) {
        verdict.bad("proof", checked.error());
        return verdict;
    }
    verdict.good("proof", "entry " + std::to_string(checked->index) + ", " +
                              std::string(schema::word_of(checked->opening.entry.kind)) + ", " +
                              to_string(checked->opening.entry.time) + ", in " +
                              checked->checkpoint.origin + " of " +
                              std::to_string(checked->checkpoint.size));
    return verdict;
}

}  // namespace lapx::cli
