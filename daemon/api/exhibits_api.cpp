// The evidence itself, of referrals of ours and of received ones.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/exhibit_lines.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::ptrdiff_t kTakingsOfOne = 8;  // that are being checked, of one operator

// The octets as a client takes them, once they were found to be what they should be.
class TakenOctets final : public control::BodySource {
  public:
    // `check` says each time whether they may still be given out.
    TakenOctets(std::unique_ptr<exhibits::PlainReader> reader, std::function<Result<void>()> check)
        : reader_(std::move(reader)), check_(std::move(check)) {}
    std::uint64_t size() const override { return reader_->size(); }
    Result<std::size_t> read(std::span<char> out) override {
        LAPX_TRY(check_());
        Bytes octets(out.size());
        LAPX_TRY_ASSIGN(const std::size_t count, reader_->read(octets));
        std::copy_n(octets.begin(), count, out.begin());
        return count;
    }

  private:
    std::unique_ptr<exhibits::PlainReader> reader_;
    std::function<Result<void>()> check_;
};

std::string_view state_word(model::OctetsState state) {
    switch (state) {
        case model::OctetsState::kHere:
            return "here";
        case model::OctetsState::kOnRequest:
            return "on-request";
        case model::OctetsState::kWanted:
            return "in-transit";
        case model::OctetsState::kRefused:
            return "unavailable";
    }
    return {};
}

Json custody_json(const std::vector<exhibits::Custody>& custody, std::uint16_t element) {
    Json out = Json::array();
    for (const exhibits::Custody& one : custody) {
        if (one.element == element) {
            out.push_back({{"entry", one.leaf},
                           {"event", exhibits::word_of(one.event)},
                           {"who", one.who},
                           {"at", to_string(one.at)}});
        }
    }
    return out;
}

tl::unexpected<Error> not_here(std::uint64_t number, const cases::Row& row, bool on_request) {
    const std::string text = std::to_string(number);
    return fail(Code::kNotFound, on_request
                                     ? "the octets of exhibit " + text +
                                           " are not here yet; lapx exhibit fetch asks for them"
                                     : "only the description of exhibit " + text +
                                           " is here: ask " + row.agency.text() + " for the rest");
}

}  // namespace

Result<std::vector<Api::DescribedExhibit>> Api::described_exhibits(const cases::Row& row) {
    std::vector<DescribedExhibit> out;
    std::uint16_t element = 0;
    const auto add = [&](std::size_t item, const Bytes& octets) -> Result<void> {
        if (octets.empty()) {
            out.push_back({element, item, std::nullopt});
            return {};
        }
        LAPX_TRY_ASSIGN(schema::DecodedItem decoded, schema::decode_item(octets));
        out.push_back({element, item, std::get<schema::Exhibit>(std::move(decoded.value))});
        return {};
    };
    if (row.direction == cases::Direction::kOut) {
        LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
        for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
            const model::DraftItem& item = value.draft.items[i];
            element += item.label == schema::Label::kExhibit ? 1 : 0;
            if (item.label == schema::Label::kExhibit && item.present) {
                LAPX_TRY(add(i + 1, item.octets));
            }
        }
        return out;
    }
    LAPX_TRY_ASSIGN(const Received got, received(row));
    std::size_t next = 0;
    for (std::size_t i = 0; i < got.manifest.items.size(); ++i) {
        const bool is_exhibit = got.manifest.items[i].label == schema::Label::kExhibit;
        element += is_exhibit ? 1 : 0;
        if (!std::holds_alternative<schema::Disclosed>(got.cover.view()->view.items.at(i))) {
            continue;
        }
        const Bytes& octets = got.items.at(next++);
        if (is_exhibit) {
            LAPX_TRY(add(i + 1, octets));
        }
    }
    return out;
}

Result<Api::KeptExhibit> Api::kept_exhibit(std::int64_t seq, std::uint16_t element) {
    auto kept = parts_.pipeline_parts.cases.exhibit(seq, element);
    if (!kept) {
        return kept.error().code == Code::kErased
                   ? Result<KeptExhibit>(KeptExhibit{std::nullopt, true})
                   : tl::unexpected<Error>(kept.error());
    }
    return KeptExhibit{std::move(*kept), false};
}

// Where the octets are; of those on their way, how many are here and why they wait.
Json Api::octets_json(const cases::Row& row, const KeptExhibit& kept) const {
    if (!kept.exhibit) {
        return {{"state", kept.erased ? "erased" : "withheld"},
                {"octets", 0},
                {"size", nullptr},
                {"cause", ""}};
    }
    const model::SealedExhibit& exhibit = *kept.exhibit;
    auto progress = parts_.pipeline.pulls().progress(row.seq, exhibit);
    if (exhibit.state == model::OctetsState::kHere) {
        progress.octets = exhibit.sealed_size();
    } else if (exhibit.state == model::OctetsState::kWanted && progress.cause.empty()) {
        const auto peer = parts_.pipeline.conversations().find(row.agency);
        const bool reached = peer != parts_.pipeline.conversations().end() && peer->second.greeted;
        progress.cause = reached ? "under-way" : "peer-unreachable";
    }
    return {{"state", state_word(exhibit.state)},
            {"octets", progress.octets},
            {"size", exhibit.sealed_size()},
            {"cause", progress.cause}};
}

// To whom an exhibit of ours goes, and how.
Result<Json> Api::shares_json(const cases::Row& row, const DescribedExhibit& described,
                              const std::vector<exhibits::Custody>& custody) {
    const PipelineParts& node = parts_.pipeline_parts;
    Json out = Json::array();
    LAPX_TRY_ASSIGN(const auto messages, node.delivery.of_referral(row.seq));
    for (const delivery::Message& message : messages) {
        LAPX_TRY_ASSIGN(const auto lines,
                        exhibit_lines(node.delivery, node.cases, message.seq, row.seq));
        const auto line = std::find_if(lines.begin(), lines.end(), [&](const ExhibitLine& one) {
            return one.element == described.element;
        });
        const bool served = std::any_of(custody.begin(), custody.end(), [&](const auto& one) {
            return one.element == described.element && one.event == exhibits::Event::kServed &&
                   one.who == message.peer.text();
        });
        const char* state = line == lines.end()      ? "withheld"
                            : line->inside || served ? "sent"
                                                     : "on-request";
        out.push_back({{"to", desk_of(message)}, {"state", state}});
    }
    return out;
}

Result<Json> Api::exhibits_json(const cases::Row& row) {
    LAPX_TRY_ASSIGN(const auto described, described_exhibits(row));
    Json out = Json::array();
    if (described.empty()) {
        return out;
    }
    LAPX_TRY_ASSIGN(const auto custody, parts_.pipeline_parts.exhibits.custody(row.seq));
    for (const DescribedExhibit& one : described) {
        LAPX_TRY_ASSIGN(const KeptExhibit kept, kept_exhibit(row.seq, one.element));
        Json json = octets_json(row, kept);
        json["exhibit"] = one.element;
        json["item"] = one.item;
        json["here"] = json["state"] == "here";
        json["erased"] = kept.erased;
        json["described"] = one.description.has_value();
        json["custody"] = custody_json(custody, one.element);
        json["to"] = Json::array();
        if (row.direction == cases::Direction::kOut) {
            LAPX_TRY_ASSIGN(json["to"], shares_json(row, one, custody));
        }
        out.push_back(std::move(json));
    }
    return out;
}

Result<Api::DescribedExhibit> Api::named_exhibit(const Request& request, const cases::Row& row) {
    const auto number = number_from(request.path.at(3));
    if (!number) {
        return fail(Code::kInvalidArgument, "an exhibit is named by its number, from 1");
    }
    LAPX_TRY_ASSIGN(auto described, described_exhibits(row));
    const auto one = std::find_if(described.begin(), described.end(),
                                  [&](const auto& d) { return d.element == *number; });
    if (one == described.end()) {
        return fail(Code::kNotFound,
                    "there is no exhibit " + std::to_string(*number) + "; they count from 1");
    }
    return std::move(*one);
}

Result<Json> Api::exhibit(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    LAPX_TRY_ASSIGN(const DescribedExhibit one, named_exhibit(request, row));
    LAPX_TRY_ASSIGN(const KeptExhibit kept, kept_exhibit(row.seq, one.element));
    if (!one.description) {
        return fail(Code::kErased, "the description of this exhibit");
    }
    const Json where = octets_json(row, kept);
    return Json{{"exhibit", one.element},
                {"sha256", to_string(one.description->sha256)},
                {"size", one.description->size},
                {"name", one.description->name},
                {"media_type", one.description->media_type},
                {"state", where["state"]},
                {"cause", where["cause"]}};
}

Result<Json> Api::fetch(const Request& request, const cases::Row& named) {
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    LAPX_TRY_ASSIGN(const DescribedExhibit one, named_exhibit(request, row));
    if (row.direction != cases::Direction::kIn) {
        return fail(Code::kWrongState, "it was laid down here");
    }
    LAPX_TRY(parts_.pipeline.fetch(row, one.element));
    return exhibit(request, named);
}

struct Api::TakingOut {
    control::Pending pending;
    HandOver hand_over;
    std::function<Result<void>()> is_open;
    std::unique_ptr<exhibits::Check> check;
    std::shared_ptr<control::BodySource> octets;
};

Result<std::shared_ptr<Api::TakingOut>> Api::begin_taking_out(const Request& request,
                                                              const cases::Row& named) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    LAPX_TRY_ASSIGN(const DescribedExhibit one, named_exhibit(request, row));
    LAPX_TRY_ASSIGN(auto kept, node.cases.exhibit(row.seq, one.element));
    if (!one.description) {
        return fail(Code::kErased, "the description of this exhibit");
    }
    if (!kept || kept->state != model::OctetsState::kHere) {
        return not_here(one.element, row, kept.has_value());
    }
    if (kept->plain != one.description->sha256) {
        return fail(Code::kDatabaseBroken, "an exhibit is not what was kept");
    }
    HandOver hand_over{row.seq,       row.id, one.element, kept->plain, exhibits::Event::kTakenOut,
                       request.who.id};
    LAPX_TRY_ASSIGN(exhibits::Source checked, source_of(node.folder, *kept));
    LAPX_TRY_ASSIGN(exhibits::Source given, source_of(node.folder, *kept));
    LAPX_TRY_ASSIGN(auto check, exhibits::Check::begin(std::move(checked), *kept));
    LAPX_TRY_ASSIGN(auto reader, exhibits::PlainReader::begin(std::move(given), *kept));
    const auto is_open = [this, hand_over, viewer = viewer_of(request.who)] {
        return check_still_open(hand_over, viewer);
    };
    return std::make_shared<TakingOut>(
        TakingOut{control::Pending(nullptr), std::move(hand_over), is_open, std::move(check),
                  std::make_shared<TakenOctets>(std::move(reader), is_open)});
}

// Since it was asked for it may have been erased, discarded or restricted.
Result<void> Api::check_still_open(const HandOver& of, const cases::Viewer& viewer) {
    cases::Cases& cases = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const auto row, cases.row(of.row, viewer));
    if (!row) {
        return fail(Code::kUnknownReferral);
    }
    LAPX_TRY_ASSIGN(const auto kept, cases.exhibit(of.row, of.element));
    return kept && kept->state == model::OctetsState::kHere && kept->plain == of.plain
               ? Result<void>{}
               : fail(Code::kNotFound, "the octets of this exhibit");
}

// The whole of each, before its first octet leaves: one slice of one of them at a time, in turn.
void Api::check_takings() {
    if (takings_.empty()) {
        return;
    }
    next_check_ = parts_.pipeline_parts.loop.after(loop::Duration::zero(), [this] {
        const std::shared_ptr<TakingOut> it = takings_.front();
        takings_.pop_front();
        const Result<bool> whole = it->check->step();
        if (whole && !*whole) {
            takings_.push_back(it);
        } else if (whole) {
            take_out(it);
        } else if (const auto open = it->is_open(); !open) {
            it->pending.answer(open.error());  // its file is going
        } else {
            it->pending.answer(Error{Code::kDatabaseBroken, "an exhibit is not what was kept"});
        }
        check_takings();
    });
}

void Api::take_out(const std::shared_ptr<TakingOut>& taking) {
    control::Pending recorded([taking](control::Reply reply) {
        if (reply.status == 200) {
            reply.content_type = "application/octet-stream";
            reply.source = taking->octets;
        }
        taking->pending.answer(std::move(reply));
    });
    write(std::move(recorded), [&]() -> Result<Json> {
        const PipelineParts& node = parts_.pipeline_parts;
        LAPX_TRY(taking->is_open());
        LAPX_TRY(record_hand_over(
            [this](schema::EntryKind kind, std::string_view data) {
                return parts_.pipeline.log(kind, data);
            },
            node.exhibits, node.clock, taking->hand_over));
        return Json();
    });
}

void Api::add_exhibit_routes(control::Server& server) {
    const std::set<Role> readers{Role::kClerk, Role::kApprover, Role::kAuditor};
    server.route("GET", "/v1/referrals/{id}/exhibits/{n}", readers, {"version", "as"},
                 read_of([this](const Request& request, const cases::Row& row) {
                     return exhibit(request, row);
                 }));
    server.route("POST", "/v1/referrals/{id}/exhibits/{n}/fetch", {Role::kClerk, Role::kApprover},
                 {"version", "as"},
                 writer_of([this](const Request& request, const cases::Row& row) {
                     return fetch(request, row);
                 }));
    server.route(
        "GET", "/v1/referrals/{id}/exhibits/{n}/octets", readers, {"version", "as"},
        of_referral(
            [this](const Request& request, const cases::Row& row, control::Pending pending) {
                if (std::count_if(takings_.begin(), takings_.end(), [&](const auto& one) {
                        return one->hand_over.who == request.who.id;
                    }) >= kTakingsOfOne) {
                    pending.answer(Error{Code::kQuota, "you take out several exhibits just now"});
                    return;
                }
                auto taking = begin_taking_out(request, row);
                if (!taking) {
                    pending.answer(taking.error());
                    return;
                }
                (*taking)->pending = std::move(pending);
                takings_.push_back(*taking);
                check_takings();
            }));
}

}  // namespace lapx::daemon
