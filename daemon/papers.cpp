#include "daemon/papers.hpp"

#include <algorithm>

#include "keys/directory.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/values.hpp"

namespace lapx::daemon {
namespace {

// Of a life of 75 days; so that peers who are off for a month still hold a notice in force.
constexpr std::chrono::days kRenewBefore{40};
// How far clocks may differ (protocol.md 3.4, 7.4), on both sides.
constexpr std::chrono::minutes kTolerance{20};
// For those who are connected to learn of the new key.
constexpr std::chrono::seconds kLeastCutOver{10};
constexpr std::string_view kSignPrefix = "sign-";

keys::Secret<32> copy_of(const keys::Secret<32>& secret) { return keys::Secret<32>(secret.view()); }

// Under a name that is free: two keys may go at the same second.
Result<void> add_former(keys::Keyring& ring, const std::string& desk, Time until,
                        const keys::Secret<32>& secret) {
    while (ring.get(former_key_name(desk, until)) != nullptr) {
        until += std::chrono::seconds(1);
    }
    return ring.add(former_key_name(desk, until), copy_of(secret));
}

std::string sign_key_name(std::uint64_t number) {
    return std::string(kSignPrefix) + std::to_string(number);
}

// Those that were made before that one; how many.
std::size_t remove_former_sign_keys(keys::Keyring& ring, const schema::KeyName& in_use) {
    std::size_t removed = 0;
    for (const std::string& name : ring.names()) {
        if (!name.starts_with(kSignPrefix)) {
            continue;
        }
        const auto number = number_from(std::string_view(name).substr(kSignPrefix.size()));
        removed += number && *number < in_use.number && ring.remove(name) ? 1U : 0U;
    }
    return removed;
}

void remove_next_curves(keys::Keyring& ring) {
    for (const std::string& name : ring.names()) {
        if (time_of_next_curve(name)) {
            ring.remove(name);
        }
    }
}

}  // namespace

Result<NoticeDigest> Papers::make(schema::Notice notice, Time now) {
    LAPX_TRY_ASSIGN(const keys::OpenedCard card, keys::open_card(self_.card_note));
    return make(std::move(notice), card, now);
}

Result<NoticeDigest> Papers::make(schema::Notice notice, const keys::OpenedCard& card, Time now) {
    ++notice.serial;
    notice.not_before = now;
    notice.expires = now + schema::kMaxNoticeLife;
    notice.endpoints = config_.node.advertise;
    notice.relays = config_.node.relays;
    LAPX_TRY_ASSIGN(const keys::SigningKey sign, signing_key(self_.ring, card.sign.front()));
    std::string note = keys::sign_note(schema::print_notice(notice), card.sign.front().name, sign);
    // What we made must be what everybody else will admit.
    LAPX_TRY_ASSIGN(const keys::OpenedNotice opened,
                    keys::open_notice(note, self_.agency(), card.sign));
    LAPX_TRY(keys_of(self_.ring, notice));
    next_.emplace(Next{std::move(notice), std::move(note), std::nullopt});
    return opened.digest;
}

Result<void> Papers::save(keys::Keyring ring) {
    LAPX_TRY(ring.save_again(home_ / "keys" / "node.keyring", random_));
    self_.ring = std::move(ring);
    return {};
}

std::string Papers::name_of(const keys::Secret<32>& secret) const {
    const std::vector<std::string> names = self_.ring.names();
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
        return *self_.ring.get(name) == secret;
    });
    return found == names.end() ? std::string() : *found;
}

Result<void> Papers::check_free() const {
    if (const auto stored = stuck(); !stored) {
        return fail(Code::kWrongState, "the notice before cannot be stored (" +
                                           std::string(to_string(stored.error().code)) +
                                           "), and is tried again by itself");
    }
    return next_ ? fail(Code::kWrongState, "another notice is on its way: try again in a moment")
                 : Result<void>{};
}

Result<void> Papers::stuck() const {
    return not_stored_ ? tl::unexpected<Error>(*not_stored_) : Result<void>{};
}

Result<NoticeDigest> Papers::renew(Time now) {
    LAPX_TRY(check_free());
    return make(self_.notice, now);
}

Result<NoticeDigest> Papers::rotate_desk(const std::string& desk,
                                         std::optional<std::chrono::seconds> overlap, Time now) {
    LAPX_TRY(check_free());
    schema::Notice notice = self_.notice;
    const auto block = std::find_if(notice.desks.begin(), notice.desks.end(),
                                    [&](const auto& other) { return other.id == desk; });
    if (block == notice.desks.end()) {
        return fail(Code::kUnknownDesk, desk);
    }
    const keys::Secret<32>& former = self_.keys.desks.at(desk).secret();
    const Time until =
        overlap ? now + *overlap : notice.expires + schema::kMaxCoverLife + kTolerance;
    keys::Keyring ring = self_.ring.copy();
    ring.remove(name_of(former));
    ring.remove(desk_key_name(desk));  // one that a change which ended half-way has left
    LAPX_TRY(add_former(ring, desk, until, former));
    LAPX_TRY(ring.add(desk_key_name(desk), keys::Secret<32>::generate(random_)));
    block->recipient = keys::Identity(copy_of(*ring.get(desk_key_name(desk)))).recipient().text();
    LAPX_TRY(save(std::move(ring)));
    return make(std::move(notice), now);
}

Result<NoticeDigest> Papers::rotate_connection(std::optional<std::chrono::seconds> overlap,
                                               Time now) {
    LAPX_TRY(check_free());
    if (self_.notice.curve.size() > 1) {
        return fail(Code::kWrongState, "another connection key is to follow already");
    }
    const Time from = overlap ? now + std::max(*overlap, kLeastCutOver) : self_.notice.expires;
    keys::Keyring ring = self_.ring.copy();
    remove_next_curves(ring);
    LAPX_TRY(ring.add(next_curve_name(from), keys::Secret<32>::generate(random_)));
    schema::Notice notice = self_.notice;
    notice.curve.push_back(keys::curve_public_key(*ring.get(next_curve_name(from))).bytes);
    LAPX_TRY(save(std::move(ring)));
    return make(std::move(notice), now);
}

Result<NoticeDigest> Papers::cut_over(Time now) {
    LAPX_TRY(check_free());
    if (self_.notice.curve.size() < 2) {
        return fail(Code::kWrongState, "no other connection key is to follow");
    }
    schema::Notice notice = self_.notice;
    notice.curve.erase(notice.curve.begin());
    // Those that this notice names are the ones that count, so it is found as at a start.
    LAPX_TRY_ASSIGN(const NoticeKeys named, keys_of(self_.ring, notice));
    keys::Keyring ring = self_.ring.copy();
    remove_next_curves(ring);
    ring.remove("curve");
    LAPX_TRY(ring.add("curve", copy_of(named.curve)));
    LAPX_TRY(save(std::move(ring)));
    return make(std::move(notice), now);
}

// The rest of the node goes on with its log and its own recipient.
Result<void> Papers::check_fits(const keys::OpenedCard& card) const {
    if (card.ledger.front() != self_.ledger_key || card.card.node != self_.card.node) {
        return fail(Code::kKeyInvalid, "the card names another ledger or node key than ours");
    }
    LAPX_TRY(signing_key(self_.ring, card.sign.front()));
    LAPX_TRY(signing_key(self_.ring, card.witness.front()));
    return {};
}

Result<Papers::Renewed> Papers::take_card(std::string_view note,
                                          std::span<const keys::VerifierKey> revoked, Time now) {
    LAPX_TRY(check_free());
    LAPX_TRY_ASSIGN(const keys::OpenedCard held, keys::open_card(self_.card_note));
    auto admission = keys::admit_card(note, &held, revoked, now);
    if (!admission && admission.error().code == Code::kCardFork) {
        return fail(Code::kWrongState, "the card was renewed meanwhile: see lapx card show");
    }
    LAPX_TRY_ASSIGN(keys::CardAdmission admitted, std::move(admission));
    if (admitted.admission == keys::Admission::kSame) {
        return fail(Code::kInvalidArgument, "that card is in force already");
    }
    LAPX_TRY(check_fits(admitted.card));
    const CardDigest digest = admitted.card.digest;
    LAPX_TRY_ASSIGN(const NoticeDigest notice, make(self_.notice, admitted.card, now));
    next_->card.emplace(std::move(admitted.card));
    return Renewed{digest, notice};
}

Result<std::string> Papers::new_sign_key() {
    // No former key had that name: they have lower numbers, also those that are deleted.
    LAPX_TRY_ASSIGN(schema::KeyName next, schema::key_name_from(self_.sign_name));
    do {
        ++next.number;
    } while (self_.ring.get(sign_key_name(next.number)) != nullptr);
    keys::Keyring ring = self_.ring.copy();
    const std::string role = sign_key_name(next.number);
    LAPX_TRY(ring.add(role, keys::Secret<32>::generate(random_)));
    const keys::VerifierKey vkey{schema::key_name_text(next), keys::KeyType::kEd25519,
                                 keys::SigningKey(*ring.get(role)).public_key()};
    LAPX_TRY(save(std::move(ring)));
    return vkey.text();
}

Result<bool> Papers::put_in_force() {
    Result<bool> done = store_next();
    not_stored_ = done ? std::nullopt : std::optional(done.error());
    return done;
}

Result<bool> Papers::store_next() {
    if (!next_) {
        return fail(Code::kInternal, "no notice to put in force");
    }
    LAPX_TRY_ASSIGN(NoticeKeys named, keys_of(self_.ring, next_->notice));
    const std::string& card = next_->card ? next_->card->note : self_.card_note;
    const std::string file = schema::join_card_file({card, next_->note});
    LAPX_TRY(keys::write_private_file(home_ / "card", as_bytes(file)));
    if (next_->card) {
        LAPX_TRY(change_card(*next_->card));
    }
    const bool rekeyed = !(named.curve == self_.keys.curve);
    self_.keys.desks = std::move(named.desks);
    self_.keys.former = std::move(named.former);
    self_.keys.curve = std::move(named.curve);
    self_.notice = std::move(next_->notice);
    self_.notice_note = std::move(next_->note);
    next_.reset();
    return rekeyed;
}

Result<void> Papers::change_card(const keys::OpenedCard& card) {
    LAPX_TRY_ASSIGN(keys::SigningKey sign, signing_key(self_.ring, card.sign.front()));
    LAPX_TRY_ASSIGN(keys::SigningKey witness, signing_key(self_.ring, card.witness.front()));
    self_.card = card.card;
    self_.card_note = card.note;
    self_.root = card.card.root;
    self_.sign_name = card.sign.front().name;
    self_.witness_name = card.witness.front().name;
    self_.keys.sign = std::move(sign);
    self_.keys.witness = std::move(witness);
    return {};
}

Papers::Due Papers::due(Time now) const {
    if (next_) {
        return Due::kNothing;
    }
    if (const auto at = cut_over_at(); at && *at <= now) {
        return Due::kCutOver;
    }
    // One from a clock that was set back since: nobody else takes it before its time.
    const bool early = !keys::is_in_force(self_.notice, now);
    return early || self_.notice.expires - now < kRenewBefore ? Due::kRenewal : Due::kNothing;
}

std::optional<Time> Papers::cut_over_at() const {
    if (self_.notice.curve.size() < 2) {
        return std::nullopt;
    }
    for (const std::string& name : self_.ring.names()) {
        if (const auto at = time_of_next_curve(name)) {
            return at;
        }
    }
    return self_.notice.not_before;  // it was begun: the new key is in the place of the former
}

Result<std::size_t> Papers::delete_former(Time now) {
    LAPX_TRY_ASSIGN(const schema::KeyName in_use, schema::key_name_from(self_.sign_name));
    keys::Keyring ring = self_.ring.copy();
    std::size_t deleted = remove_former_sign_keys(ring, in_use);
    for (const FormerKey& former : self_.keys.former) {
        if (former.until <= now && ring.remove(name_of(former.identity.secret()))) {
            ++deleted;
        }
    }
    if (deleted == 0) {
        return deleted;
    }
    LAPX_TRY(save(std::move(ring)));
    std::erase_if(self_.keys.former, [&](const FormerKey& former) { return former.until <= now; });
    return deleted;
}

}  // namespace lapx::daemon
