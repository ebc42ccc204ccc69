// Octets that operators bring: uploaded on their own, then named by the draft that they belong to.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "daemon/api/json.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

constexpr std::size_t kMaxUploadsOfADraft = 64;

class Upload final : public control::BodySink {
  public:
    explicit Upload(std::shared_ptr<exhibits::Sealing> sealing) : sealing_(std::move(sealing)) {}
    Result<void> take(std::string_view octets) override {
        return sealing_->write(as_bytes(octets));
    }
    const std::shared_ptr<exhibits::Sealing>& sealing() const { return sealing_; }

  private:
    std::shared_ptr<exhibits::Sealing> sealing_;
};

}  // namespace

// What the node cannot keep is refused before it is sent here.
Result<std::unique_ptr<control::BodySink>> Api::begin_upload(std::uint64_t length) {
    const PipelineParts& node = parts_.pipeline_parts;
    if (const auto why = parts_.pipeline.why_silent()) {
        return tl::unexpected<Error>(*why);
    }
    const std::uint64_t most = node.config.exhibits.max_size;
    if (length == 0 || length > most) {
        return fail(length == 0 ? Code::kInvalidArgument : Code::kTooLarge,
                    "an exhibit may have 1 to " + std::to_string(most) + " octets");
    }
    LAPX_TRY(node.folder.check_room(keys::sealed_size(length)));
    LAPX_TRY_ASSIGN(auto sealing, exhibits::Sealing::begin(node.folder, length, node.random));
    return std::make_unique<Upload>(std::move(sealing));
}

void Api::end_upload(const Request& request, std::unique_ptr<control::BodySink> body,
                     control::Pending pending) {
    const PipelineParts& node = parts_.pipeline_parts;
    const std::shared_ptr<exhibits::Sealing> sealing = static_cast<Upload&>(*body).sealing();
    const auto exhibit = sealing->finish();
    if (!exhibit) {
        pending.answer(exhibit.error());
        return;
    }
    write(
        std::move(pending),
        [&]() -> Result<Json> {
            const std::string id = exhibits::Folder::new_name(node.random);
            LAPX_TRY(node.exhibits.add_upload(id, request.who.id, *exhibit, node.clock.seconds()));
            return Json{{"upload", id},
                        {"size", exhibit->plain_size},
                        {"sha256", to_string(exhibit->plain)}};
        },
        [sealing](Json answer) {
            sealing->keep();
            return answer;
        });
}

Result<Api::SealedMail> Api::seal_mail(const Bytes& plain) {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(std::shared_ptr<exhibits::Sealing> sealing,
                    exhibits::Sealing::begin(node.folder, plain.size(), node.random));
    LAPX_TRY(sealing->write(plain));
    LAPX_TRY_ASSIGN(model::SealedExhibit exhibit, sealing->finish());
    return SealedMail{std::move(exhibit), std::move(sealing)};
}

// `exhibits`: [{"upload", "name", "media_type"}], which come after those that are described among
// `values` already. Nothing is written.
Result<Api::Uploaded> Api::uploads_in(const Request& request, cases::Values& values,
                                      std::vector<model::SealedExhibit>& exhibits) {
    Uploaded out;
    if (!request.body.is_object() || !request.body.contains("exhibits")) {
        return out;
    }
    const Json& list = request.body.at("exhibits");
    if (!list.is_array() || list.size() > kMaxUploadsOfADraft || request.body.contains("unset")) {
        return fail(Code::kInvalidArgument,
                    "`exhibits` must be a list of at most 64 uploads, and not beside `unset`");
    }
    for (const Json& one : list) {
        LAPX_TRY(check_members(one, {"upload", "name", "media_type"}));
        LAPX_TRY_ASSIGN(const std::string id, needed_text(one, "upload"));
        LAPX_TRY_ASSIGN(const std::string name, needed_text(one, "name"));
        LAPX_TRY_ASSIGN(const auto type, text_member(one, "media_type"));
        if (std::find(out.ids.begin(), out.ids.end(), id) != out.ids.end()) {
            return fail(Code::kInvalidArgument, "an upload is used once");
        }
        LAPX_TRY_ASSIGN(model::SealedExhibit exhibit,
                        parts_.pipeline_parts.exhibits.upload(id, request.who.id));
        std::vector<schema::ItemValue>& described = values[schema::Label::kExhibit];
        described.emplace_back(
            description_of(request, exhibit, name, type.value_or("application/octet-stream")));
        exhibit.element = static_cast<std::uint16_t>(described.size());
        // One whose description was taken out has nothing to say any more.
        std::erase_if(exhibits,
                      [&](const auto& before) { return before.element == exhibit.element; });
        out.ids.push_back(id);
        out.elements.push_back(exhibit.element);
        exhibits.push_back(std::move(exhibit));
    }
    return out;
}

schema::Exhibit Api::description_of(const Request& request, const model::SealedExhibit& exhibit,
                                    const std::string& name, const std::string& type) const {
    const PipelineParts& node = parts_.pipeline_parts;
    return {.name = escape(name),
            .media_type = escape(type),
            .size = exhibit.plain_size,
            .sha256 = exhibit.plain,
            .acquired_by = request.who.name,
            .acquired_at = node.clock.seconds(),
            .acquired_where = node.self.agency().text(),
            .acquired_how = "uploaded by an operator",
            .tool = "lapx " LAPX_VERSION,
            .state = schema::ExhibitState::kOnRequest};
}

Result<void> Api::keep_uploads(const Uploaded& uploaded,
                               std::span<const model::SealedExhibit> exhibits, std::int64_t seq) {
    for (const model::SealedExhibit& exhibit : exhibits) {
        const auto end = uploaded.elements.end();
        if (std::find(uploaded.elements.begin(), end, exhibit.element) != end) {
            LAPX_TRY(parts_.pipeline_parts.cases.add_exhibit(seq, exhibit));
        }
    }
    for (const std::string& id : uploaded.ids) {
        LAPX_TRY(parts_.pipeline_parts.exhibits.drop_upload(id));
    }
    return {};
}

void Api::add_upload_routes(control::Server& server) {
    server.route("POST", "/v1/uploads", {Role::kClerk, Role::kFeeder},
                 control::UploadHandler{
                     [this](const Request&, std::uint64_t length) { return begin_upload(length); },
                     [this](const Request& request, std::unique_ptr<control::BodySink> body,
                            control::Pending pending) {
                         end_upload(request, std::move(body), std::move(pending));
                     }});
}

}  // namespace lapx::daemon
