// Whose a connection key is. A notice only says so, and anybody can publish the key of another,
// even before its owner uses it: possession decides, once it was shown (protocol.md 8.2).

#include <algorithm>

#include "daemon/contacts/contacts.hpp"

namespace lapx::contacts {
namespace {

bool names(const Contact& contact, const keys::CurvePublicKey& key) {
    return contact.notice && std::find(contact.notice->curve.begin(), contact.notice->curve.end(),
                                       key) != contact.notice->curve.end();
}

}  // namespace

const Contact* Contacts::shown_by(const keys::CurvePublicKey& key) const {
    const auto shown = shown_keys_.find(key);
    const Contact* contact = shown == shown_keys_.end() ? nullptr : find(shown->second);
    return contact != nullptr && names(*contact, key) ? contact : nullptr;
}

bool Contacts::show_key(const Agency& agency, const keys::CurvePublicKey& key) {
    const Contact* contact = find(agency);
    if (contact == nullptr || !names(*contact, key) || shown_by(key) != nullptr) {
        return false;
    }
    // No more are kept than notices name.
    std::erase_if(shown_keys_, [this](const auto& shown) { return !shown_by(shown.first); });
    shown_keys_.insert_or_assign(key, agency);
    return true;
}

Result<void> Contacts::check_connection_key(const Agency& of,
                                            const keys::OpenedNotice& notice) const {
    for (const keys::CurvePublicKey& key : notice.curve) {
        const Contact* owner = shown_by(key);
        if (owner != nullptr && owner->is_trusted() && owner->agency() != of) {
            return fail(Code::kKeyInvalid,
                        "the connection key is that of " + owner->agency().text());
        }
    }
    return {};
}

std::map<keys::CurvePublicKey, Contacts::Claims> Contacts::connection_keys(
    std::optional<Time> now) const {
    std::map<keys::CurvePublicKey, Claims> out;
    for (const auto& [name, contact] : contacts_) {
        const bool shut_out = contact.state == schema::TrustState::kSuspended ||
                              contact.state == schema::TrustState::kRevoked;
        if (!contact.notice || shut_out ||
            (now && !keys::is_in_force(contact.notice->notice, *now))) {
            continue;
        }
        for (const keys::CurvePublicKey& key : contact.notice->curve) {
            out[key].by.push_back(&contact);
        }
    }
    for (auto& [key, claims] : out) {
        const auto trusted = [](const Contact* contact) { return contact->is_trusted(); };
        std::stable_partition(claims.by.begin(), claims.by.end(), trusted);
        const auto owner = std::find(claims.by.begin(), claims.by.end(), shown_by(key));
        if (owner != claims.by.end()) {
            claims.shown = true;
            std::rotate(claims.by.begin(), owner, owner + 1);
        }
    }
    return out;
}

}  // namespace lapx::contacts
