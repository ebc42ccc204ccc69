#include "daemon/exhibit_pulls.hpp"

#include <algorithm>

#include "daemon/exhibit_lines.hpp"
#include "daemon/log/log.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::seconds kPatience{30};        // for the next chunk
constexpr std::chrono::seconds kPullAgainAfter{30};  // after what may pass
constexpr std::size_t kMostBad = 3;  // whole exhibits that were not what they should be
constexpr std::size_t kBegunAtOnce = 16;
// Between an exhibit that came and the next: well below what one peer may ask for.
constexpr std::chrono::milliseconds kNextAfter{25};
constexpr std::uint64_t kAskAt = schema::kMaxChunksInFlight / 2;

}  // namespace

Result<void> ExhibitPulls::want(std::int64_t row, model::SealedExhibit exhibit) {
    switch (exhibit.state) {
        case model::OctetsState::kHere:
            return fail(Code::kWrongState, "its octets are here");
        case model::OctetsState::kWanted:
            troubles_.erase({row, exhibit.element});
            return {};
        case model::OctetsState::kOnRequest:
        case model::OctetsState::kRefused:
            break;
    }
    if (exhibit.plain_size > parts_.config.exhibits.max_size) {
        return fail(Code::kTooLarge, "this node keeps exhibits of up to " +
                                         std::to_string(parts_.config.exhibits.max_size) +
                                         " octets: [exhibits] max_size in config.toml");
    }
    LAPX_TRY(parts_.round.begin());
    exhibit.file = exhibits::Folder::new_name(parts_.random);
    exhibit.state = model::OctetsState::kWanted;
    exhibit.cause.clear();
    LAPX_TRY(parts_.cases.set_octets(row, exhibit));
    troubles_.erase({row, exhibit.element});
    parts_.round.then([this] { loaded_ = false; }, [](const Error&) {});
    return {};
}

Result<void> ExhibitPulls::want_small_ones(std::int64_t row) {
    LAPX_TRY_ASSIGN(auto offered, parts_.cases.exhibits(row, model::OctetsState::kOnRequest));
    std::uint64_t room =
        std::min(parts_.config.exhibits.fetch_up_to, parts_.config.exhibits.max_size);
    for (model::SealedExhibit& exhibit : offered) {
        if (exhibit.plain_size <= room) {
            room -= exhibit.plain_size;
            LAPX_TRY(want(row, std::move(exhibit)));
        }
    }
    return {};
}

void ExhibitPulls::look_again() {
    std::erase_if(active_, [this](const auto& entry) {
        return !entry.second.storing && !is_wanted(entry.second);
    });
    loaded_ = false;
}

bool ExhibitPulls::is_wanted(const Pull& pull) {
    const auto now = parts_.cases.exhibit(pull.row, pull.exhibit.element);
    return now && *now && (*now)->state == model::OctetsState::kWanted &&
           (*now)->file == pull.exhibit.file;
}

void ExhibitPulls::disconnected(const Agency& from) {
    if (const auto found = active_.find(from); found != active_.end()) {
        found->second.asked = found->second.have;
    }
}

Result<void> ExhibitPulls::load() {
    wanted_.clear();
    LAPX_TRY_ASSIGN(const auto all, parts_.cases.exhibits_wanted());
    for (const auto& name : all) {
        wanted_[name.from].push_back(name);
    }
    loaded_ = true;
    return {};
}

void ExhibitPulls::tick() {
    if (!loaded_) {
        if (const auto read = load(); !read) {
            log::error({"exhibits: ", to_string(read.error().code)});
            return;
        }
    }
    go_on();
}

// The first that can be, of each agency of which none is under way.
void ExhibitPulls::begin_some() {
    const loop::Instant now = parts_.monotonic.now();
    std::size_t tried = 0;
    for (const auto& [agency, names] : wanted_) {
        for (auto name = names.begin(); name != names.end() && !active_.contains(agency); ++name) {
            const Key key{name->referral, name->element};
            const auto trouble = troubles_.find(key);
            if (trouble != troubles_.end() && trouble->second.not_before > now) {
                continue;
            }
            if (++tried > kBegunAtOnce) {
                return;
            }
            if (const auto begun = begin(*name); !begun) {
                troubles_[key].not_before = now + kPullAgainAfter;
                troubles_[key].cause = to_string(begun.error().code);
            }
        }
    }
}

void ExhibitPulls::go_on() {
    begin_some();
    const loop::Instant now = parts_.monotonic.now();
    std::vector<Agency> unchecked;
    for (auto& [agency, pull] : active_) {
        const auto found = conversations_.find(agency);
        const bool reached = found != conversations_.end() && found->second.greeted;
        if (pull.writer && now - pull.last > kPatience) {
            pull.asked = pull.have;
        }
        if (reached && pull.writer && pull.asked == pull.have) {
            ask(agency, pull, schema::kMaxChunksInFlight);
        } else if (!pull.writer && !pull.check && !pull.storing) {
            unchecked.push_back(agency);
        }
    }
    for (const Agency& agency : unchecked) {
        check(agency);
    }
}

// Of the message that disclosed it, where it stopped.
Result<void> ExhibitPulls::begin(const cases::Cases::ExhibitName& name) {
    LAPX_TRY_ASSIGN(auto exhibit, parts_.cases.exhibit(name.referral, name.element));
    LAPX_TRY_ASSIGN(const auto messages, parts_.delivery.of_referral(name.referral));
    if (!exhibit || messages.empty()) {
        return fail(Code::kDatabaseBroken, "an exhibit without its message");
    }
    LAPX_TRY_ASSIGN(const auto lines, exhibit_lines(parts_.delivery, parts_.cases,
                                                    messages.front().seq, name.referral));
    const auto line = std::find_if(lines.begin(), lines.end(), [&](const ExhibitLine& one) {
        return one.element == name.element;
    });
    if (line == lines.end()) {
        return fail(Code::kDatabaseBroken, "an exhibit without its line");
    }
    LAPX_TRY_ASSIGN(const std::string text, parts_.cases.manifest(name.referral));
    LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(text));
    Pull pull{.row = name.referral,
              .exhibit = std::move(*exhibit),
              .referral = manifest.id,
              .message = messages.front().id,
              .number = line->line.number,
              .writer = {},
              .check = {}};
    if (!parts_.folder.is_whole(pull.exhibit.file)) {
        const std::uint64_t size = pull.exhibit.sealed_size();
        LAPX_TRY_ASSIGN(exhibits::Writer writer, parts_.folder.write(pull.exhibit.file, size));
        // In whole chunks, and never all of it: with the last one it is finished.
        const std::uint64_t there = std::min(writer.size(), size - 1);
        pull.have = writer.size() > size ? 0 : there - there % schema::kMaxChunk;
        LAPX_TRY(writer.cut(pull.have));
        pull.asked = pull.have;
        pull.writer.emplace(std::move(writer));
    } else {
        LAPX_TRY(parts_.folder.sync());  // who gave it its name may have been cut off
    }
    active_.emplace(name.from, std::move(pull));
    return {};
}

// Never more than the credit is under way.
void ExhibitPulls::ask(const Agency& from, Pull& pull, std::uint64_t credit) {
    const std::uint64_t size = pull.exhibit.sealed_size();
    if (pull.asked >= size) {
        return;
    }
    const schema::ExhibitRequestFrame request{pull.message, pull.number, pull.asked,
                                              static_cast<std::uint8_t>(credit)};
    if (parts_.transport.send(from, schema::encode_frame(request)) !=
        transport::SendResult::kSent) {
        return;
    }
    pull.asked = std::min(size, pull.asked + credit * schema::kMaxChunk);
    pull.last = parts_.monotonic.now();
}

bool ExhibitPulls::take(const Agency& from, const schema::ExhibitChunkFrame& chunk) {
    const auto found = active_.find(from);
    if (found == active_.end() || !found->second.writer || found->second.message != chunk.message ||
        found->second.number != chunk.number) {
        complain_(from, "exhibit chunk dropped: it was not asked for");
        return false;
    }
    Pull& pull = found->second;
    if (chunk.offset != pull.have || chunk.offset >= pull.asked) {
        return false;  // one of a request before a connection broke; or a gap, and it is asked for
                       // again
    }
    const std::uint64_t size = pull.exhibit.sealed_size();
    const std::uint64_t due = std::min<std::uint64_t>(schema::kMaxChunk, size - pull.have);
    if (chunk.octets.size() != due || chunk.last != (pull.have + due == size)) {
        throw_away(from);
        return false;
    }
    if (const auto stored = store(from, pull, chunk.octets); !stored) {
        put_off(from, stored.error());
    }
    return true;
}

Result<void> ExhibitPulls::store(const Agency& from, Pull& pull, const Bytes& octets) {
    LAPX_TRY(pull.writer->write(octets));
    pull.have += octets.size();
    pull.last = parts_.monotonic.now();
    if (pull.have == pull.exhibit.sealed_size()) {
        LAPX_TRY(pull.writer->finish());
        pull.writer.reset();
        check(from);
    } else if (pull.asked - pull.have <= kAskAt * schema::kMaxChunk) {
        ask(from, pull, schema::kMaxChunksInFlight - kAskAt);
    }
    return {};
}

// In slices, the next one after whatever else waits.
void ExhibitPulls::check(const Agency& from) {
    Pull& pull = active_.at(from);
    if (!pull.check) {
        auto source = parts_.folder.read(pull.exhibit.file);
        auto begun = source ? exhibits::Check::begin(std::move(*source), pull.exhibit)
                            : tl::unexpected<Error>(source.error());
        if (!begun) {
            put_off(from, begun.error());
            return;
        }
        pull.check = std::move(*begun);
    }
    checks_[from] = parts_.loop.after(loop::Duration::zero(), [this, from] {
        const auto found = active_.find(from);
        if (found == active_.end() || !found->second.check) {
            return;
        }
        const Result<bool> whole = found->second.check->step();
        if (!whole && whole.error().code == Code::kExhibitMismatch) {
            throw_away(from);
        } else if (!whole) {
            put_off(from, whole.error());
        } else if (*whole) {
            came_whole(from);
        } else {
            check(from);
        }
    });
}

void ExhibitPulls::came_whole(const Agency& from) {
    Pull& pull = active_.at(from);
    if (const auto made = make_whole(from, pull); !made) {
        if (severity(made.error().code) == Severity::kTransient) {
            put_off(from, made.error());  // the node signs nothing just now
        } else {
            parts_.round.fail_with(made.error());
            pull.check.reset();
        }
    }
}

Result<void> ExhibitPulls::make_whole(const Agency& from, Pull& pull) {
    LAPX_TRY(record_hand_over(log_, parts_.exhibits, parts_.clock,
                              {pull.row, pull.referral, pull.exhibit.element, pull.exhibit.plain,
                               exhibits::Event::kCame, from.text()}));
    pull.exhibit.state = model::OctetsState::kHere;
    LAPX_TRY(parts_.cases.set_octets(pull.row, pull.exhibit));
    pull.check.reset();
    pull.storing = true;
    parts_.round.then(
        [this, from, key = key_of(pull)] {
            troubles_.erase(key);
            active_.erase(from);
            std::erase_if(wanted_[from], [&key](const auto& name) {
                return name.referral == key.first && name.element == key.second;
            });
            next_ = parts_.loop.after(kNextAfter, [this] { go_on(); });
        },
        [this, from](const Error&) {
            active_.erase(from);
            loaded_ = false;
        });
    return {};
}

// Something here, or that passes: it is tried again later, from where it stopped; from the start
// where the disk failed.
void ExhibitPulls::put_off(const Agency& from, const Error& error) {
    Pull& pull = active_.at(from);
    if (error.code == Code::kIo) {
        if (pull.writer) {
            static_cast<void>(pull.writer->cut(0));  // the new name may not become durable
        }
        pull.exhibit.file = exhibits::Folder::new_name(parts_.random);
        write_down(pull);
    }
    Trouble& trouble = troubles_[key_of(pull)];
    trouble.not_before = parts_.monotonic.now() + kPullAgainAfter;
    trouble.cause = to_string(error.code);
    log::warn({"an exhibit of ", from.text(), " is put off: ", to_string(error.code)});
    active_.erase(from);
}

// What came was not what the view says: nothing of it is kept, and it is asked for again so often.
void ExhibitPulls::throw_away(const Agency& from) {
    Pull& pull = active_.at(from);
    complain_(from, std::string("exhibit thrown away: ") +
                        std::string(to_string(Code::kExhibitMismatch)));
    Trouble& trouble = troubles_[key_of(pull)];
    trouble.cause = to_string(Code::kExhibitMismatch);
    if (++trouble.bad >= kMostBad) {
        give_up(from, Code::kExhibitMismatch);
        return;
    }
    pull.exhibit.file = exhibits::Folder::new_name(parts_.random);
    write_down(pull);
    active_.erase(from);
}

// In the round. A file that this names no more is removed.
void ExhibitPulls::write_down(const Pull& pull) {
    const auto begun = parts_.round.begin();
    const auto written = begun ? parts_.cases.set_octets(pull.row, pull.exhibit)
                               : tl::unexpected<Error>(begun.error());
    if (!written) {
        parts_.round.fail_with(written.error());
    }
}

bool ExhibitPulls::take_refusal(const Agency& from, const schema::RefusalFrame& refusal) {
    const auto found = active_.find(from);
    if (found == active_.end() || found->second.storing ||
        found->second.message != refusal.message || found->second.number != refusal.exhibit) {
        return false;
    }
    if (refusal.final) {
        complain_(from,
                  std::string("it refused an exhibit: ") + std::string(to_string(refusal.code)));
        give_up(from, refusal.code);
    } else {
        put_off(from, {refusal.code, {}});
    }
    return true;
}

// Until a person asks again.
void ExhibitPulls::give_up(const Agency& from, Code cause) {
    Pull& pull = active_.at(from);
    const Key key = key_of(pull);
    pull.writer.reset();
    pull.check.reset();
    model::SealedExhibit& exhibit = pull.exhibit;
    exhibit.file.clear();
    exhibit.state = model::OctetsState::kRefused;
    exhibit.cause = to_string(cause);
    write_down(pull);
    active_.erase(from);
    troubles_.erase(key);
    wanted_.erase(from);
    parts_.round.then([this] { loaded_ = false; }, [this](const Error&) { loaded_ = false; });
}

ExhibitPulls::Progress ExhibitPulls::progress(std::int64_t row,
                                              const model::SealedExhibit& exhibit) const {
    Progress out{0, exhibit.cause};
    if (exhibit.state != model::OctetsState::kWanted) {
        return out;
    }
    out.octets = parts_.folder.is_whole(exhibit.file) ? exhibit.sealed_size()
                                                      : parts_.folder.part_size(exhibit.file);
    const auto trouble = troubles_.find({row, exhibit.element});
    out.cause = trouble != troubles_.end() ? trouble->second.cause : std::string();
    return out;
}

}  // namespace lapx::daemon
