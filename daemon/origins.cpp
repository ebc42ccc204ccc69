#include "daemon/origins.hpp"

#include <algorithm>

#include "daemon/access.hpp"
#include "keys/note.hpp"

namespace lapx::daemon {
namespace {

template <typename T>
void add_all(std::vector<T>& to, const std::vector<T>& what) {
    to.insert(to.end(), what.begin(), what.end());
}

template <typename T>
void take_out(std::vector<T>& of, const std::vector<T>& what) {
    std::erase_if(
        of, [&](const T& one) { return std::find(what.begin(), what.end(), one) != what.end(); });
}

// The last word counts.
void add_consents(disclosure::Source& source, const std::vector<cases::Moved>& moves) {
    for (const cases::Moved& moved : moves) {
        if (moved.direction != cases::Direction::kIn) {
            continue;
        }
        if (moved.body.move == schema::Move::kConsentGranted) {
            add_all(source.uses, moved.body.uses);
            add_all(source.onward, moved.body.onward);
        } else if (moved.body.move == schema::Move::kConsentRefused) {
            take_out(source.uses, moved.body.uses);
            take_out(source.onward, moved.body.onward);
        }
    }
}

}  // namespace

Result<disclosure::Source> source_of(cases::Cases& cases, cases::Moves& moves,
                                     delivery::Delivery& delivery, const model::Origin& origin) {
    LAPX_TRY_ASSIGN(const auto rows, cases.versions(cases::Direction::kIn, origin.agency, origin.id,
                                                    viewer_of_all()));
    if (rows.empty()) {
        return fail(Code::kUnknownReferral, "what it was made from is not here any more");
    }
    disclosure::Source source{.origin = origin, .handling = {}, .uses = {}, .onward = {}};
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto messages, delivery.of_referral(row.seq));
        if (messages.empty()) {
            return fail(Code::kDatabaseBroken, "a referral without its message");
        }
        LAPX_TRY_ASSIGN(const auto texts, delivery.texts(messages.front().seq));
        LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(texts.cover));
        LAPX_TRY_ASSIGN(const schema::Cover cover, schema::parse_cover(split.text));
        source.handling = model::handling_of(cover.view()->view);
        source.withdrawn = row.act == schema::Act::kWithdraw;
        LAPX_TRY_ASSIGN(const auto said, moves.of(row.seq));
        add_consents(source, said);
    }
    return source;
}

}  // namespace lapx::daemon
