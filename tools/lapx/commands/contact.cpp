#include <CLI/CLI.hpp>

#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

Exit show_contact(Context& context, const json& contact) {
    std::vector<std::string> desks;
    for (const json& desk : contact.value("desks", json::array())) {
        desks.push_back(plain(desk, "id") + "@" + plain(contact, "agency") + "  " +
                        plain(desk, "role"));
    }
    const Exit exit =
        context.done(contact, fields({{"Agency", plain(contact, "agency")},
                                      {"Name", plain(contact, "name")},
                                      {"State", plain(contact, "state")},
                                      {"Card", "serial " + plain(contact, "serial") + ", expires " +
                                                   plain(contact, "expires")},
                                      {"Safety number", plain(contact, "safety_number")},
                                      {"Desks", join(desks, "\n")}}));
    if (plain(contact, "state") == "stranger") {
        context.remark(
            "Next: call them, compare the safety number digit by digit, then: lapx contact "
            "verify " +
            plain(contact, "agency") + " --safety-number \"…\"");
    }
    return exit;
}

// A command of one agency and nothing else.
Run define_step(CLI::App& app, const char* method, const char* step) {
    const auto agency = std::make_shared<std::string>();
    app.add_option("AGENCY", *agency, "e.g. acma.example")->required();
    return [=](Context& context) -> Result<Exit> {
        const std::string path =
            *step == '\0' ? api_path({"contacts", *agency}) : api_path({"contacts", *agency, step});
        LAPX_TRY_ASSIGN(const json contact, context.call(method, path, {}, json::object()));
        return show_contact(context, contact);
    };
}

bool has_topic(const json& contact, const std::string& topic) {
    const json desks = contact.value("desks", json::array());
    return std::any_of(desks.begin(), desks.end(), [&](const json& desk) {
        const json topics = desk.value("topics", json::array());
        return std::find(topics.begin(), topics.end(), topic) != topics.end();
    });
}

}  // namespace

Run define_contact_add(CLI::App& app) {
    const auto file = std::make_shared<std::filesystem::path>();
    app.add_option("FILE", *file,
                   "Their card file, a revocation note, or what another says of them")
        ->required();
    return [file](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const Bytes octets, read_file(*file, 2 * schema::kMaxNote));
        const std::string text(as_text(octets));
        const bool revocation = text.starts_with("lapx/revoke@v1\n");
        const bool vouch = text.starts_with("lapx/vouch@v1\n");
        LAPX_TRY_ASSIGN(const json contact,
                        revocation ? context.post(api_path({"revocations"}), {{"note", text}})
                        : vouch    ? context.post(api_path({"vouchers"}), {{"note", text}})
                                   : context.post(api_path({"contacts"}), {{"card_file", text}}));
        return show_contact(context, contact);
    };
}

Run define_contact_list(CLI::App& app) {
    struct Options {
        std::string sector;
        std::string country;
        std::string topic;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("--sector", options->sector,
                   "enforcement, government, industry, interest-group");
    app.add_option("--country", options->country, "e.g. NL");
    app.add_option("--topic", options->topic, "Agencies with a desk for it, e.g. phishing");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(json list, context.get_list(api_path({"contacts"})));
        json& items = list["items"];
        const auto unwanted = [&](const json& contact) {
            return (!options->sector.empty() && plain(contact, "sector") != options->sector) ||
                   (!options->country.empty() && plain(contact, "country") != options->country) ||
                   (!options->topic.empty() && !has_topic(contact, options->topic));
        };
        items.erase(std::remove_if(items.begin(), items.end(), unwanted), items.end());
        Table table = table_of(items, {{"AGENCY", "agency"},
                                       {"NAME", "name"},
                                       {"COUNTRY", "country"},
                                       {"STATE", "state"},
                                       {"EXPIRES", "expires"},
                                       {"DESKS", ""}});
        for (std::size_t i = 0; i < items.size(); ++i) {
            std::vector<std::string> desks;
            for (const json& desk : items[i].value("desks", json::array())) {
                desks.push_back(plain(desk, "id"));
            }
            table.rows[i].back() = join(desks, ", ");
        }
        return context.done(list, context.table(table));
    };
}

Run define_contact_verify(CLI::App& app) {
    struct Options {
        std::string agency;
        std::string number;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("AGENCY", options->agency, "e.g. acma.example")->required();
    app.add_option("--safety-number", options->number, "As they read it to you")->required();
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json contact,
                        context.post(api_path({"contacts", options->agency, "verify"}),
                                     {{"safety_number", options->number}}));
        return show_contact(context, contact);
    };
}

Run define_contact_vouch(CLI::App& app) {
    struct Options {
        std::string agency;
        std::filesystem::path out;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("AGENCY", options->agency, "Whose safety number you compared")->required();
    app.add_option("-o,--output", options->out, "Write the note here");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json vouch,
                        context.post(api_path({"contacts", options->agency, "vouch"})));
        if (options->out.empty()) {
            return context.done(vouch, plain(vouch, "note"));
        }
        LAPX_TRY(write_file(options->out, as_bytes(plain(vouch, "note"))));
        return context.done(
            vouch, fields({{"Agency", plain(vouch, "agency")}, {"Note", options->out.string()}}));
    };
}

Run define_contact_suspend(CLI::App& app) { return define_step(app, "POST", "suspend"); }

Run define_contact_remove(CLI::App& app) { return define_step(app, "DELETE", ""); }

}  // namespace lapx::cli
